#include "claim.h"

int main(void)
{
    CLAIM(
        "After shutdown, WSASend fails with error 10058, and no packet comes.",
        DOCS "api/winsock2/nf-winsock2-wsasend");
    HANDLE port = new_port();
    SOCKET pair[2];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    need(shutdown(pair[0], SD_SEND) == 0, "shutting down");
    expect("WSASend", start_write(pair[0], "on", 2, &overlapped), WSAESHUTDOWN);
    expect("a packet", take_packet(port, &packet, QUIET) == 0, 0);
    return verdict();
}
