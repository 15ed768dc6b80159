#include "claim.h"

int main(void)
{
    CLAIM("A read of zero bytes ends when there is something to read, or the "
          "end, and takes nothing.",
          DOCS "api/winsock2/nf-winsock2-wsarecv");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8] = {0};
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    expect("WSARecv", start_read(pair[0], buffer, 0, &overlapped),
           WSA_IO_PENDING);
    expect("before any data", take_packet(port, &packet, QUIET), WAIT_TIMEOUT);
    send_text(pair[1], "hello");
    expect("with data", take_packet(port, &packet, SOON), 0);
    expect("bytes", packet.dwNumberOfBytesTransferred, 0);

    memset(&overlapped, 0, sizeof overlapped);
    expect("the next read",
           start_read(pair[0], buffer, sizeof buffer, &overlapped), 0);
    expect("its packet", take_packet(port, &packet, SOON), 0);
    expect("its bytes", packet.dwNumberOfBytesTransferred, 5);

    memset(&overlapped, 0, sizeof overlapped);
    expect("another of none", start_read(pair[0], buffer, 0, &overlapped),
           WSA_IO_PENDING);
    shutdown(pair[1], SD_SEND);
    expect("at the end", take_packet(port, &packet, SOON), 0);
    expect("bytes", packet.dwNumberOfBytesTransferred, 0);
    return verdict();
}
