#include "claim.h"

int main(void)
{
    CLAIM("A read that is finished at once, so that WSARecv returns 0, queues "
          "a packet all the same.",
          DOCS "api/winbase/nf-winbase-setfilecompletionnotificationmodes");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    send_text(pair[1], "hello");
    await_arrival(pair[0]);
    expect("WSARecv", start_read(pair[0], buffer, sizeof buffer, &overlapped),
           0);
    expect("error of the wait", take_packet(port, &packet, QUIET), 0);
    expect("our overlapped", packet.lpOverlapped == &overlapped, 1);
    expect("bytes", packet.dwNumberOfBytesTransferred, 5);
    return verdict();
}
