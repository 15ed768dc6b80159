#include "claim.h"

int main(void)
{
    CLAIM(
        "A send that a reset breaks off ends with error 10054, and counts less "
        "than all its bytes.",
        DOCS "api/winsock2/nf-winsock2-wsasend");
    note("Microsoft's page doesn't say what a failed send counts.");
    HANDLE port = new_port();
    SOCKET pair[2];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    expect("WSASend", start_write(pair[0], much('A'), MUCH, &overlapped),
           WSA_IO_PENDING);
    reset_connection(pair[1]);
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    DWORD bytes = packet.dwNumberOfBytesTransferred;
    note("Here it counts %s.", bytes > 0 ? "what the system had taken" : "0");
    expect("less than all", bytes < MUCH, 1);
    expect("its error", result_of(pair[0], &overlapped), WSAECONNRESET);
    return verdict();
}
