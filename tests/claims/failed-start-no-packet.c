#include "claim.h"

int main(void)
{
    CLAIM("When WSARecv on a stream fails with anything but 997, no packet "
          "comes.",
          DOCS "api/winsock2/nf-winsock2-wsarecv");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);

    /* Not connected. */
    SOCKET lonely = socket(AF_INET, SOCK_STREAM, 0);
    associate(port, lonely, 0);
    expect("WSARecv without a connection",
           start_read(lonely, buffer, sizeof buffer, &overlapped), WSAENOTCONN);
    expect("a packet", take_packet(port, &packet, QUIET) == 0, 0);

    /* Already broken. */
    associate(port, pair[0], 0);
    reset_connection(pair[1]);
    await_arrival(pair[0]);
    int error = start_read(pair[0], buffer, sizeof buffer, &overlapped);
    if (error == 0 || error == WSA_IO_PENDING)
        expect("a packet for the started read",
               take_packet(port, &packet, SOON) == 0, 1);
    else
        expect("a packet after a reset", take_packet(port, &packet, QUIET) == 0,
               0);
    return verdict();
}
