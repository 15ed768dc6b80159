#include "claim.h"

int main(void)
{
    CLAIM("AcceptEx is done when a client has connected if it is to receive 0 "
          "bytes; otherwise only when the client has said something or gone.",
          DOCS "api/mswsock/nf-mswsock-acceptex");
    HANDLE port = new_port();
    static Accept silent, speaking, going;
    OVERLAPPED_ENTRY packet;
    struct sockaddr_in address;
    SOCKET listener = new_listener(&address);
    associate(port, listener, 0);
    start_accept(listener, &silent, 0, ACCEPT_ADDRESS);
    new_client(&address);
    expect("0 bytes, and a silent client", take_packet(port, &packet, SOON), 0);
    start_accept(listener, &speaking, 64, ACCEPT_ADDRESS);
    SOCKET client = new_client(&address);
    expect("64 bytes, and a silent client", take_packet(port, &packet, QUIET),
           WAIT_TIMEOUT);
    send_text(client, "abc");
    expect("64 bytes, and it speaks", take_packet(port, &packet, SOON), 0);
    expect("bytes", packet.dwNumberOfBytesTransferred, 3);
    start_accept(listener, &going, 64, ACCEPT_ADDRESS);
    closesocket(new_client(&address));
    expect("64 bytes, and it goes", take_packet(port, &packet, SOON), 0);
    expect("bytes", packet.dwNumberOfBytesTransferred, 0);
    return verdict();
}
