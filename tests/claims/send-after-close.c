#include "claim.h"

int main(void)
{
    CLAIM("After the peer has closed, the first send still succeeds.",
          DOCS "api/winsock2/nf-winsock2-wsasend");
    HANDLE port = new_port();
    SOCKET pair[2];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    closesocket(pair[1]);
    await_arrival(pair[0]); /* of the end */
    int error = start_write(pair[0], "x", 1, &overlapped);
    expect("it has started", error == 0 || error == WSA_IO_PENDING, 1);
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("bytes sent", packet.dwNumberOfBytesTransferred, 1);
    expect("its error", result_of(pair[0], &overlapped), 0);

    /* The peer's system answers with a reset, and a later one fails. */
    Sleep(QUIET);
    memset(&overlapped, 0, sizeof overlapped);
    error = start_write(pair[0], "y", 1, &overlapped);
    if (error == 0 || error == WSA_IO_PENDING) {
        need(take_packet(port, &packet, SOON) == 0, "waiting");
        error = result_of(pair[0], &overlapped);
    }
    expect("the second fails with 10054 or 10053",
           error == WSAECONNRESET || error == WSAECONNABORTED, 1);
    return verdict();
}
