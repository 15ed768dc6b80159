#include "claim.h"

int main(void)
{
    CLAIM("FILE_SKIP_COMPLETION_PORT_ON_SUCCESS can't be taken back: setting "
          "the mode to 0 leaves it as it is.",
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
    need(SetFileCompletionNotificationModes((HANDLE)pair[0], 0),
         "setting it to 0");
    send_text(pair[1], "hello");
    await_arrival(pair[0]);
    expect("WSARecv with data there",
           start_read(pair[0], buffer, sizeof buffer, &overlapped), 0);
    expect("error of the wait", take_packet(port, &packet, QUIET),
           WAIT_TIMEOUT);
    return verdict();
}
