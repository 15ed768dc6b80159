#include "claim.h"

int main(void)
{
    CLAIM("A cancelled read takes no data along: what comes later goes to the "
          "next read.",
          DOCS "fileio/cancelioex-func");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8] = "";
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    start_read(pair[0], buffer, sizeof buffer, &overlapped);
    CancelIoEx((HANDLE)pair[0], &overlapped);
    CancelIoEx((HANDLE)pair[0], &overlapped); /* twice makes no second packet */
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("bytes of the cancelled read", packet.dwNumberOfBytesTransferred, 0);
    expect("error of a wait for another packet",
           take_packet(port, &packet, QUIET), WAIT_TIMEOUT);
    send_text(pair[1], "hello");
    overlapped = (WSAOVERLAPPED){0};
    start_read(pair[0], buffer, sizeof buffer, &overlapped);
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("bytes of the next", packet.dwNumberOfBytesTransferred, 5);
    expect("they are those that were sent", memcmp(buffer, "hello", 5), 0);
    return verdict();
}
