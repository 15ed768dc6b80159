#include "claim.h"

int main(void)
{
    CLAIM("WSARecvFrom writes the sender's address and its length when a "
          "datagram has come, long after it has returned: both are lent.",
          DOCS "api/winsock2/nf-winsock2-wsarecvfrom");
    WSADATA data;
    HANDLE port = new_port();
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    char buffer[8];
    WSABUF wsabuf = {sizeof buffer, buffer};
    DWORD flags = 0;
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct sockaddr_storage from = {0};
    int size = sizeof address, from_size = sizeof from;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need(WSAStartup(0x0202, &data) == 0, "starting Winsock");
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    need(bind(s, (struct sockaddr *)&address, size) == 0 &&
             getsockname(s, (struct sockaddr *)&address, &size) == 0,
         "binding");
    associate(port, s, 0);
    need(WSARecvFrom(s, &wsabuf, 1, NULL, &flags, (struct sockaddr *)&from,
                     &from_size, &overlapped, NULL) != 0 &&
             WSAGetLastError() == WSA_IO_PENDING,
         "starting a read");
    expect("the family before", from.ss_family, 0);
    need(sendto(s, "hello", 5, 0, (struct sockaddr *)&address, size) == 5,
         "sending");
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("the family after", from.ss_family, AF_INET);
    expect("the length after", from_size, sizeof address);
    expect("the sender's port", ((struct sockaddr_in *)&from)->sin_port,
           address.sin_port);
    return verdict();
}
