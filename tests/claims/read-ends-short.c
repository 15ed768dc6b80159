#include "claim.h"

int main(void)
{
    CLAIM("A read ends as soon as some bytes have come; it does not wait until "
          "the buffer is full.",
          DOCS "api/winsock2/nf-winsock2-wsarecv");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[1024];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    start_read(pair[0], buffer, sizeof buffer, &overlapped);
    send_text(pair[1], "x");
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("bytes", packet.dwNumberOfBytesTransferred, 1);
    return verdict();
}
