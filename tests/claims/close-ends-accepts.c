#include "claim.h"

int main(void)
{
    CLAIM("Closing a listener ends the accepts in flight on it: a packet comes "
          "for each, with an error.",
          DOCS "api/winsock/nf-winsock-closesocket");
    HANDLE port = new_port();
    static Accept accepts[3];
    OVERLAPPED_ENTRY packet;
    struct sockaddr_in address;
    SOCKET listener = new_listener(&address);
    associate(port, listener, 0);
    for (int i = 0; i < 3; i++)
        start_accept(listener, &accepts[i], 0, ACCEPT_ADDRESS);
    closesocket(listener);
    for (int i = 0; i < 3; i++) {
        expect("the wait", take_packet(port, &packet, SOON), 0);
        expect("it failed", packet.Internal != 0, 1);
    }
    return verdict();
}
