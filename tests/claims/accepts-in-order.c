#include "claim.h"

int main(void)
{
    CLAIM(
        "Of several accepts in flight on one listener, the first to have been "
        "started gets the first client.",
        DOCS "api/mswsock/nf-mswsock-acceptex");
    note("Microsoft's page doesn't say so; don't build on it.");
    HANDLE port = new_port();
    static Accept accepts[3];
    OVERLAPPED_ENTRY packet;
    struct sockaddr_in address;
    SOCKET listener = new_listener(&address);
    associate(port, listener, 0);
    for (int i = 0; i < 3; i++)
        start_accept(listener, &accepts[i], 0, ACCEPT_ADDRESS);
    for (int i = 0; i < 3; i++) {
        new_client(&address);
        need(take_packet(port, &packet, SOON) == 0, "accepting");
        expect("the accept that ended", (Accept *)packet.lpOverlapped - accepts,
               i);
    }
    return verdict();
}
