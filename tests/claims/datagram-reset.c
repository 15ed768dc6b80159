#include "claim.h"

int main(void)
{
    CLAIM("A datagram sent to a port where nobody listens makes a read of its "
          "sender fail with 10054.",
          DOCS "api/winsock2/nf-winsock2-wsarecvfrom");
    WSADATA data;
    HANDLE port = new_port();
    char buffer[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    struct sockaddr_in address = {.sin_family = AF_INET}, nobody;
    int size = sizeof nobody;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need(WSAStartup(0x0202, &data) == 0, "starting Winsock");
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    SOCKET gone = socket(AF_INET, SOCK_DGRAM, 0);
    need(bind(s, (struct sockaddr *)&address, sizeof address) == 0 &&
             bind(gone, (struct sockaddr *)&address, sizeof address) == 0 &&
             getsockname(gone, (struct sockaddr *)&nobody, &size) == 0,
         "binding");
    closesocket(gone);
    associate(port, s, 0);
    need(sendto(s, "hello", 5, 0, (struct sockaddr *)&nobody, size) == 5,
         "sending");
    int started = start_read(s, buffer, sizeof buffer, &overlapped);
    if (started != 0 && started != WSA_IO_PENDING)
        expect("error of the read", started, WSAECONNRESET);
    else if (take_packet(port, &packet, SOON) != 0) {
        note("A read is in flight, and nothing ends it.");
        expect("packets", 0, 1);
    } else
        expect("error of the read", result_of(s, &overlapped), WSAECONNRESET);
    return verdict();
}
