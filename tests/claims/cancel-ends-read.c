#include "claim.h"

int main(void)
{
    CLAIM("CancelIoEx ends a read in flight: a packet comes, with error 995.",
          DOCS "fileio/cancelioex-func");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    start_read(pair[0], buffer, sizeof buffer, &overlapped);
    expect("CancelIoEx", CancelIoEx((HANDLE)pair[0], &overlapped) != 0, 1);
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("our overlapped", packet.lpOverlapped == &overlapped, 1);
    expect("error of the read", result_of(pair[0], &overlapped), 995);
    return verdict();
}
