#include "claim.h"

int main(void)
{
    CLAIM(
        "While a send is in flight, a plain send on a non-blocking socket does "
        "not overtake it: it fails with error 10035.",
        DOCS "api/winsock2/nf-winsock2-send");
    HANDLE port = new_port();
    SOCKET pair[2];
    u_long non_blocking = 1;
    WSAOVERLAPPED overlapped = {0};
    connect_pair(pair);
    associate(port, pair[0], 0);
    need(ioctlsocket(pair[0], FIONBIO, &non_blocking) == 0,
         "making it non-blocking");
    expect("WSASend", start_write(pair[0], much('A'), MUCH, &overlapped),
           WSA_IO_PENDING);
    int sent = send(pair[0], "B", 1, 0);
    expect("send", sent < 0 ? WSAGetLastError() : 0, WSAEWOULDBLOCK);
    return verdict();
}
