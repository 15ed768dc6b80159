#include "claim.h"

int main(void)
{
    CLAIM("WSARecv on a quiet socket fails with error 997, and the read has "
          "started.",
          DOCS "api/winsock2/nf-winsock2-wsarecv");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    expect("error of WSARecv",
           start_read(pair[0], buffer, sizeof buffer, &overlapped), 997);
    send_text(pair[1], "hello");
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("bytes", packet.dwNumberOfBytesTransferred, 5);
    return verdict();
}
