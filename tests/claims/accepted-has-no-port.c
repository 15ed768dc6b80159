#include "claim.h"

int main(void)
{
    CLAIM("An accepted socket has not its listener's port, but none, until it "
          "is associated.",
          DOCS "fileio/createiocompletionport");
    HANDLE port = new_port(), other = new_port();
    static Accept accept;
    OVERLAPPED_ENTRY packet;
    WSAOVERLAPPED overlapped = {0};
    char buffer[8];
    struct sockaddr_in address;
    SOCKET listener = new_listener(&address);
    associate(port, listener, 0);
    start_accept(listener, &accept, 0, ACCEPT_ADDRESS);
    SOCKET client = new_client(&address);
    need(take_packet(port, &packet, SOON) == 0, "accepting");
    start_read(accept.socket, buffer, sizeof buffer, &overlapped);
    send_text(client, "abc");
    expect("a packet of the read", take_packet(port, &packet, QUIET),
           WAIT_TIMEOUT);
    expect("association with another port succeeds",
           CreateIoCompletionPort((HANDLE)accept.socket, other, 0, 0) != NULL,
           1);
    return verdict();
}
