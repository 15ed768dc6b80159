#include "claim.h"

int main(void)
{
    CLAIM(
        "A socket made by socket, without any flag, can have overlapped reads.",
        DOCS "api/winsock2/nf-winsock2-socket");
    HANDLE port = new_port();
    SOCKET pair[2]; /* made by socket and accept */
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    for (int i = 0; i < 2; i++) {
        char buffer[8];
        WSAOVERLAPPED overlapped = {0};
        associate(port, pair[i], 0);
        /* A socket that is not overlapped would wait here for data. */
        expect("starting a read",
               start_read(pair[i], buffer, sizeof buffer, &overlapped),
               WSA_IO_PENDING);
        send_text(pair[1 - i], "hello");
        need(take_packet(port, &packet, SOON) == 0, "waiting");
        expect("bytes", packet.dwNumberOfBytesTransferred, 5);
    }
    return verdict();
}
