#include "claim.h"

int main(void)
{
    CLAIM("What the system has taken is delivered even if the socket is closed "
          "at once.",
          DOCS "api/winsock/nf-winsock-closesocket");
    HANDLE port = new_port();
    SOCKET pair[2];
    char arrived[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    int error = start_write(pair[0], "1234", 4, &overlapped);
    need(error == 0 || error == WSA_IO_PENDING, "sending");
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    closesocket(pair[0]);
    expect("bytes at the other end", receive(pair[1], arrived, sizeof arrived),
           4);
    expect("their order", memcmp(arrived, "1234", 4), 0);
    return verdict();
}
