#include "claim.h"

int main(void)
{
    CLAIM("A read of no bytes takes a datagram away: error 10040, and the next "
          "read gets the next one.",
          DOCS "api/winsock2/nf-winsock2-wsarecvfrom");
    WSADATA data;
    HANDLE port = new_port();
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    char buffer[8] = "";
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need(WSAStartup(0x0202, &data) == 0, "starting Winsock");
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    need(bind(s, (struct sockaddr *)&address, size) == 0 &&
             getsockname(s, (struct sockaddr *)&address, &size) == 0,
         "binding");
    associate(port, s, 0);
    int started = start_read(s, buffer, 0, &overlapped);
    expect("WSARecv without a datagram", started, WSA_IO_PENDING);
    need(sendto(s, "one", 3, 0, (struct sockaddr *)&address, size) == 3 &&
             sendto(s, "two", 3, 0, (struct sockaddr *)&address, size) == 3,
         "sending");
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("its error", result_of(s, &overlapped), WSAEMSGSIZE);
    need(recv(s, buffer, sizeof buffer, 0) == 3, "reading");
    expect("the next one is the second", strcmp(buffer, "two"), 0);
    return verdict();
}
