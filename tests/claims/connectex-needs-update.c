#include "claim.h"

#include <mswsock.h>

int main(void)
{
    CLAIM("After ConnectEx, getpeername and shutdown fail until "
          "SO_UPDATE_CONNECT_CONTEXT has been set.",
          DOCS "api/mswsock/nc-mswsock-lpfn_connectex");
    WSADATA data;
    HANDLE port = new_port();
    LPFN_CONNECTEX connect_ex;
    GUID id = WSAID_CONNECTEX;
    DWORD bytes;
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    struct sockaddr_in any = {.sin_family = AF_INET}, address = any, peer;
    int size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need(WSAStartup(0x0202, &data) == 0, "starting Winsock");
    SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    need(bind(listener, (struct sockaddr *)&address, size) == 0 &&
             listen(listener, 1) == 0 &&
             getsockname(listener, (struct sockaddr *)&address, &size) == 0,
         "listening");
    associate(port, s, 0);
    need(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id,
                  &connect_ex, sizeof connect_ex, &bytes, NULL, NULL) == 0,
         "finding ConnectEx");
    need(bind(s, (struct sockaddr *)&any, sizeof any) == 0, "binding");
    need(connect_ex(s, (struct sockaddr *)&address, size, NULL, 0, NULL,
                    &overlapped) ||
             WSAGetLastError() == WSA_IO_PENDING,
         "ConnectEx");
    need(take_packet(port, &packet, SOON) == 0 && overlapped.Internal == 0,
         "connecting");
    size = sizeof peer;
    expect("getpeername succeeds",
           getpeername(s, (struct sockaddr *)&peer, &size) == 0, 0);
    expect("shutdown succeeds", shutdown(s, SD_SEND) == 0, 0);
    need(setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0) == 0,
         "updating");
    size = sizeof peer;
    expect("getpeername succeeds afterwards",
           getpeername(s, (struct sockaddr *)&peer, &size) == 0, 1);
    return verdict();
}
