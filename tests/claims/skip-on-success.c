#include "claim.h"

int main(void)
{
    CLAIM("With FILE_SKIP_COMPLETION_PORT_ON_SUCCESS, a read that is finished "
          "at once queues no packet.",
          DOCS "api/winbase/nf-winbase-setfilecompletionnotificationmodes");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    need(SetFileCompletionNotificationModes(
             (HANDLE)pair[0], FILE_SKIP_COMPLETION_PORT_ON_SUCCESS),
         "setting the mode");

    send_text(pair[1], "hello");
    await_arrival(pair[0]);
    expect("WSARecv with data there",
           start_read(pair[0], buffer, sizeof buffer, &overlapped), 0);
    expect("error of the wait", take_packet(port, &packet, QUIET),
           WAIT_TIMEOUT);

    /* A read that has to wait for its data still queues one. */
    memset(&overlapped, 0, sizeof overlapped);
    expect("WSARecv without data",
           start_read(pair[0], buffer, sizeof buffer, &overlapped),
           WSA_IO_PENDING);
    send_text(pair[1], "again");
    expect("error of the second wait", take_packet(port, &packet, SOON), 0);
    return verdict();
}
