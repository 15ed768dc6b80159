#include "claim.h"

int main(void)
{
    CLAIM("Two sends in flight on one socket leave, and complete, in the order "
          "in "
          "which they were started.",
          DOCS "api/winsock2/nf-winsock2-wsasend");
    HANDLE port = new_port();
    SOCKET pair[2];
    WSAOVERLAPPED first = {0}, second = {0};
    OVERLAPPED_ENTRY packet;
    char *data = much('A'), *arrived = much(0);
    connect_pair(pair);
    associate(port, pair[0], 0);
    expect("the first WSASend", start_write(pair[0], data, MUCH, &first),
           WSA_IO_PENDING);
    int error = start_write(pair[0], "BBB", 3, &second);
    expect("the second has started", error == 0 || error == WSA_IO_PENDING, 1);
    expect("bytes of the first", receive(pair[1], arrived, MUCH), MUCH);
    expect("the first is whole", memcmp(data, arrived, MUCH), 0);
    expect("bytes of the second", receive(pair[1], arrived, 3), 3);
    expect("the second is whole", memcmp(arrived, "BBB", 3), 0);
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("the first packet is the first's", packet.lpOverlapped == &first, 1);
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("the second is the second's", packet.lpOverlapped == &second, 1);
    return verdict();
}
