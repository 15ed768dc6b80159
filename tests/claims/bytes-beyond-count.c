#include "claim.h"

int main(void)
{
    CLAIM("A read leaves the buffer beyond the bytes it counts as it was.",
          DOCS "api/winsock2/nf-winsock2-wsarecv");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[1024];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    int changed = 0;
    memset(buffer, '.', sizeof buffer);
    connect_pair(pair);
    associate(port, pair[0], 0);
    start_read(pair[0], buffer, sizeof buffer, &overlapped);
    send_text(pair[1], "hello");
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("bytes", packet.dwNumberOfBytesTransferred, 5);
    for (size_t i = 5; i < sizeof buffer; i++)
        changed += buffer[i] != '.';
    expect("changed beyond them", changed, 0);
    return verdict();
}
