#include "claim.h"

int main(void)
{
    CLAIM("A send of 16 MiB to a peer that does not read stays in flight, and "
          "its "
          "packet counts all of it.",
          DOCS "api/winsock2/nf-winsock2-wsasend");
    HANDLE port = new_port();
    SOCKET pair[2];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    char *data = much('A');
    connect_pair(pair);
    associate(port, pair[0], 0);
    expect("WSASend", start_write(pair[0], data, MUCH, &overlapped),
           WSA_IO_PENDING);
    expect("a packet while nobody reads",
           take_packet(port, &packet, QUIET) == 0, 0);
    expect("bytes at the other end", receive(pair[1], data, MUCH), MUCH);
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("bytes sent", packet.dwNumberOfBytesTransferred, MUCH);
    expect("another packet", take_packet(port, &packet, QUIET) == 0, 0);
    return verdict();
}
