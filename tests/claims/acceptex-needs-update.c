#include "claim.h"

int main(void)
{
    CLAIM(
        "After AcceptEx, getpeername and shutdown fail on the accepted socket "
        "until SO_UPDATE_ACCEPT_CONTEXT has been set.",
        DOCS "api/mswsock/nf-mswsock-acceptex");
    HANDLE port = new_port();
    static Accept accept;
    OVERLAPPED_ENTRY packet;
    struct sockaddr_in address, client_address, peer;
    int size = sizeof peer;
    SOCKET listener = new_listener(&address);
    associate(port, listener, 0);
    start_accept(listener, &accept, 0, ACCEPT_ADDRESS);
    SOCKET client = new_client(&address);
    need(take_packet(port, &packet, SOON) == 0, "accepting");
    expect("getpeername succeeds",
           getpeername(accept.socket, (struct sockaddr *)&peer, &size) == 0, 0);
    expect("shutdown succeeds", shutdown(accept.socket, SD_SEND) == 0, 0);
    need(setsockopt(accept.socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT,
                    (char *)&listener, sizeof listener) == 0,
         "updating");
    size = sizeof peer;
    need(getsockname(client, (struct sockaddr *)&client_address, &size) == 0,
         "asking the client");
    size = sizeof peer;
    expect("getpeername succeeds afterwards",
           getpeername(accept.socket, (struct sockaddr *)&peer, &size) == 0, 1);
    expect("the peer's port", peer.sin_port, client_address.sin_port);
    return verdict();
}
