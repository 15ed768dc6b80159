#include "claim.h"

int main(void)
{
    CLAIM(
        "A read that ends with 0 bytes and no error is the end of the stream.",
        DOCS "api/winsock2/nf-winsock2-wsarecv");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8];
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    shutdown(pair[1], SD_SEND);
    /* The end stays the end: a second read meets it again. */
    for (int i = 0; i < 2; i++) {
        WSAOVERLAPPED overlapped = {0};
        start_read(pair[0], buffer, sizeof buffer, &overlapped);
        need(take_packet(port, &packet, SOON) == 0, "waiting");
        expect("bytes", packet.dwNumberOfBytesTransferred, 0);
        expect("error", result_of(pair[0], &overlapped), 0);
    }
    return verdict();
}
