#include "claim.h"

int main(void)
{
    CLAIM(
        "A datagram of 65,507 bytes can be sent over IPv4; one of 65,508 fails "
        "WSASendTo with error 10040, and no packet comes.",
        DOCS "api/winsock2/nf-winsock2-wsasendto");
    static char data[65508];
    WSADATA startup;
    HANDLE port = new_port();
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    WSABUF wsabuf = {sizeof data - 1, data};
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need(WSAStartup(0x0202, &startup) == 0, "starting Winsock");
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    need(bind(s, (struct sockaddr *)&address, size) == 0 &&
             getsockname(s, (struct sockaddr *)&address, &size) == 0,
         "binding");
    associate(port, s, 0);
    need(WSASendTo(s, &wsabuf, 1, NULL, 0, (struct sockaddr *)&address, size,
                   &overlapped, NULL) == 0 ||
             WSAGetLastError() == WSA_IO_PENDING,
         "sending the longest");
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("bytes of the longest", packet.dwNumberOfBytesTransferred, 65507);
    wsabuf.len++;
    memset(&overlapped, 0, sizeof overlapped);
    int error = WSASendTo(s, &wsabuf, 1, NULL, 0, (struct sockaddr *)&address,
                          size, &overlapped, NULL) == 0
                    ? 0
                    : WSAGetLastError();
    expect("WSASendTo of one more", error, WSAEMSGSIZE);
    expect("error of the wait", take_packet(port, &packet, QUIET),
           WAIT_TIMEOUT);
    return verdict();
}
