#include "claim.h"

int main(void)
{
    CLAIM(
        "shutdown behind a send in flight takes nothing from it: the peer gets "
        "all its bytes, then the end.",
        DOCS "api/winsock/nf-winsock-shutdown");
    HANDLE port = new_port();
    SOCKET pair[2];
    char more[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    char *data = much('A');
    connect_pair(pair);
    associate(port, pair[0], 0);
    expect("WSASend", start_write(pair[0], data, MUCH, &overlapped),
           WSA_IO_PENDING);
    expect("shutdown", shutdown(pair[0], SD_SEND), 0);
    expect("bytes at the other end", receive(pair[1], data, MUCH), MUCH);
    expect("then the end", recv(pair[1], more, sizeof more, 0), 0);
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("bytes sent", packet.dwNumberOfBytesTransferred, MUCH);
    return verdict();
}
