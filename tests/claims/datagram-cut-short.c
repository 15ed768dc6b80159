#include "claim.h"

int main(void)
{
    CLAIM("A datagram longer than the buffer fails WSARecv with error 10040, "
          "and queues a packet all the same.",
          DOCS "api/winsock2/nf-winsock2-wsarecv");
    note("Microsoft's page names the error, not the packet.");
    HANDLE port = new_port();
    WSADATA data;
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof address;
    char buffer[4];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    need(WSAStartup(MAKEWORD(2, 2), &data) == 0, "WSAStartup");
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need(bind(s, (struct sockaddr *)&address, size) == 0 &&
             getsockname(s, (struct sockaddr *)&address, &size) == 0 &&
             sendto(s, "too long", 8, 0, (struct sockaddr *)&address, size) ==
                 8,
         "sending a datagram");
    await_arrival(s);
    associate(port, s, 0);
    expect("WSARecv", start_read(s, buffer, sizeof buffer, &overlapped),
           WSAEMSGSIZE);
    expect("a packet", take_packet(port, &packet, SOON) == 0, 1);
    expect("it is the read's", packet.lpOverlapped == &overlapped, 1);
    expect("its bytes", packet.dwNumberOfBytesTransferred, sizeof buffer);
    expect("its error", result_of(s, &overlapped), WSAEMSGSIZE);
    expect("another packet", take_packet(port, &packet, QUIET) == 0, 0);
    return verdict();
}
