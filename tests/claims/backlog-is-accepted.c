#include "claim.h"

int main(void)
{
    CLAIM("Clients that connected before an AcceptEx was started wait in the "
          "backlog, and it finds them.",
          DOCS "api/winsock2/nf-winsock2-listen");
    HANDLE port = new_port();
    static Accept accepts[2];
    OVERLAPPED_ENTRY packet;
    struct sockaddr_in address;
    SOCKET listener = new_listener(&address);
    associate(port, listener, 0);
    for (int i = 0; i < 2; i++)
        new_client(&address);
    expect("before", take_packet(port, &packet, QUIET), WAIT_TIMEOUT);
    for (int i = 0; i < 2; i++) {
        int error = start_accept(listener, &accepts[i], 0, ACCEPT_ADDRESS);
        expect("started", error == 0 || error == WSA_IO_PENDING, 1);
        expect("after", take_packet(port, &packet, SOON), 0);
    }
    return verdict();
}
