#include "claim.h"

int main(void)
{
    CLAIM(
        "A datagram of no bytes ends a read with 0 bytes and no error, and is "
        "no end: the next one comes.",
        DOCS "api/winsock2/nf-winsock2-wsarecvfrom");
    WSADATA data;
    HANDLE port = new_port();
    char buffer[8];
    OVERLAPPED_ENTRY packet;
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need(WSAStartup(0x0202, &data) == 0, "starting Winsock");
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    need(bind(s, (struct sockaddr *)&address, size) == 0 &&
             getsockname(s, (struct sockaddr *)&address, &size) == 0,
         "binding");
    associate(port, s, 0);
    for (int bytes = 0; bytes < 2; bytes++) {
        WSAOVERLAPPED overlapped = {0};
        int started = start_read(s, buffer, sizeof buffer, &overlapped);
        need(started == 0 || started == WSA_IO_PENDING, "starting a read");
        need(sendto(s, "x", bytes, 0, (struct sockaddr *)&address, size) ==
                 bytes,
             "sending");
        need(take_packet(port, &packet, SOON) == 0, "waiting");
        expect("error of the read", result_of(s, &overlapped), 0);
        expect("bytes", packet.dwNumberOfBytesTransferred, bytes);
    }
    return verdict();
}
