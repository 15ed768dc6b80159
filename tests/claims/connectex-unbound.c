#include "claim.h"

int main(void)
{
    CLAIM("ConnectEx on a socket that is not bound fails with error 10022, and "
          "no packet comes.",
          DOCS "api/mswsock/nc-mswsock-lpfn_connectex");
    HANDLE port = new_port();
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    struct sockaddr_in address;
    new_listener(&address);
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    associate(port, s, 0);
    expect("ConnectEx", start_connect(s, &address, &overlapped), WSAEINVAL);
    expect("the wait", take_packet(port, &packet, QUIET), WAIT_TIMEOUT);
    bind_to_any(s);
    expect("ConnectEx once bound", start_connect(s, &address, &overlapped),
           WSA_IO_PENDING);
    expect("its wait", take_packet(port, &packet, SOON), 0);
    return verdict();
}
