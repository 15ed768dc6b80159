#include "claim.h"

int main(void)
{
    CLAIM("ConnectEx on a socket that is connected fails with error 10056, and "
          "no packet comes.",
          DOCS "api/mswsock/nc-mswsock-lpfn_connectex");
    HANDLE port = new_port();
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    struct sockaddr_in address;
    new_listener(&address);
    SOCKET s = new_client(&address);
    associate(port, s, 0);
    expect("ConnectEx", start_connect(s, &address, &overlapped), WSAEISCONN);
    expect("the wait", take_packet(port, &packet, QUIET), WAIT_TIMEOUT);
    return verdict();
}
