#include "claim.h"

int main(void)
{
    CLAIM(
        "When the peer resets, the read in flight and the send in flight both "
        "end: two packets, each with error 10054.",
        DOCS "api/winsock2/nf-winsock2-wsasend");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED reading = {0}, writing = {0};
    OVERLAPPED_ENTRY one, other;
    connect_pair(pair);
    associate(port, pair[0], 0);
    expect("WSARecv", start_read(pair[0], buffer, sizeof buffer, &reading),
           WSA_IO_PENDING);
    expect("WSASend", start_write(pair[0], much('A'), MUCH, &writing),
           WSA_IO_PENDING);
    reset_connection(pair[1]);
    expect("error of the first wait", take_packet(port, &one, SOON), 0);
    expect("error of the second wait", take_packet(port, &other, SOON), 0);
    expect("two different packets", one.lpOverlapped != other.lpOverlapped, 1);
    expect("error of the read", result_of(pair[0], &reading), WSAECONNRESET);
    expect("error of the send", result_of(pair[0], &writing), WSAECONNRESET);
    return verdict();
}
