#include "claim.h"

int main(void)
{
    CLAIM("After ConnectEx, getpeername and shutdown fail until "
          "SO_UPDATE_CONNECT_CONTEXT has been set.",
          DOCS "api/mswsock/nc-mswsock-lpfn_connectex");
    HANDLE port = new_port();
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    struct sockaddr_in address, peer;
    int size = sizeof peer;
    new_listener(&address);
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    associate(port, s, 0);
    bind_to_any(s);
    int error = start_connect(s, &address, &overlapped);
    need(error == 0 || error == WSA_IO_PENDING, "ConnectEx");
    need(take_packet(port, &packet, SOON) == 0 && overlapped.Internal == 0,
         "connecting");
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
