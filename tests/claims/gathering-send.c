#include "claim.h"

int main(void)
{
    CLAIM("A send of several buffers is one operation: one packet counts all "
          "their bytes.",
          DOCS "api/winsock2/nf-winsock2-wsasend");
    HANDLE port = new_port();
    SOCKET pair[2];
    char arrived[8];
    WSABUF parts[3] = {{2, "ab"}, {0, ""}, {3, "cde"}};
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    int result = WSASend(pair[0], parts, 3, NULL, 0, &overlapped, NULL);
    need(result == 0 || WSAGetLastError() == WSA_IO_PENDING, "sending");
    /* Like the parts of a read, they may go; what they point at stays lent. */
    memset(parts, 0, sizeof parts);
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("bytes sent", packet.dwNumberOfBytesTransferred, 5);
    expect("another packet", take_packet(port, &packet, QUIET) == 0, 0);
    expect("bytes at the other end", receive(pair[1], arrived, 5), 5);
    expect("their order", memcmp(arrived, "abcde", 5), 0);
    return verdict();
}
