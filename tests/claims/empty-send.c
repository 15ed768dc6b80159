#include "claim.h"

int main(void)
{
    CLAIM("A send of no bytes succeeds, and queues a packet that counts 0.",
          DOCS "api/winsock2/nf-winsock2-wsasend");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    int error = start_write(pair[0], "", 0, &overlapped);
    expect("it has started", error == 0 || error == WSA_IO_PENDING, 1);
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("its packet", packet.lpOverlapped == &overlapped, 1);
    expect("its bytes", packet.dwNumberOfBytesTransferred, 0);
    expect("its error", result_of(pair[0], &overlapped), 0);
    /* The peer hears nothing of it: no end of the stream. */
    send_text(pair[0], "on");
    expect("bytes at the other end", receive(pair[1], buffer, 2), 2);
    return verdict();
}
