#include "claim.h"

int main(void)
{
    CLAIM("A blocking send works on a socket that has a read in flight.",
          DOCS "api/winsock2/nf-winsock2-send");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8], answer[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    expect("starting a read",
           start_read(pair[0], buffer, sizeof buffer, &overlapped),
           WSA_IO_PENDING);
    expect("bytes sent", send(pair[0], "ping", 4, 0), 4);
    expect("bytes at the other end", recv(pair[1], answer, sizeof answer, 0),
           4);
    expect("a packet for the send", take_packet(port, &packet, QUIET) == 0, 0);
    send_text(pair[1], "hello");
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("bytes read", packet.dwNumberOfBytesTransferred, 5);
    return verdict();
}
