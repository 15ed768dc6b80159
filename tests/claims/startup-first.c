#include "claim.h"

int main(void)
{
    CLAIM("Before WSAStartup, socket fails with error 10093.",
          DOCS "api/winsock2/nf-winsock2-wsastartup");
    WSADATA data;
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    int error = WSAGetLastError();
    expect("a socket", s != INVALID_SOCKET, 0);
    expect("error", error, WSANOTINITIALISED);
    need(WSAStartup(0x0202, &data) == 0, "starting Winsock");
    expect("a socket after WSAStartup",
           socket(AF_INET, SOCK_STREAM, 0) != INVALID_SOCKET, 1);
    return verdict();
}
