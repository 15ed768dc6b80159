#include "claim.h"

int main(void)
{
    CLAIM(
        "A read that had its data before it was cancelled ends with the data, "
        "and no error.",
        DOCS "fileio/cancelioex-func");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8] = "";
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    start_read(pair[0], buffer, sizeof buffer, &overlapped);
    send_text(pair[1], "hello");
    Sleep(QUIET); /* the packet is in the port now */
    CancelIoEx((HANDLE)pair[0], &overlapped);
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("bytes", packet.dwNumberOfBytesTransferred, 5);
    expect("error", result_of(pair[0], &overlapped), 0);
    expect("error of a wait for another packet",
           take_packet(port, &packet, QUIET), WAIT_TIMEOUT);
    return verdict();
}
