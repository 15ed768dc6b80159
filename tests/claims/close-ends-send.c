#include "claim.h"

enum { VERY_MUCH = 64 * 1024 * 1024 };

/* Starts a send that doesn't end, since nobody reads at the other side. Those
   before it end at once: the system keeps a copy of what they send. */
static void start_send(HANDLE port, SOCKET s, char *data,
                       WSAOVERLAPPED *overlapped)
{
    WSABUF wsabuf = {VERY_MUCH, data};
    OVERLAPPED_ENTRY packet;
    while (WSASend(s, &wsabuf, 1, NULL, 0, overlapped, NULL) == 0)
        need(take_packet(port, &packet, SOON) == 0, "a send that has ended");
    need(WSAGetLastError() == WSA_IO_PENDING, "starting a send");
}

int main(void)
{
    CLAIM("Closing a socket ends its send in flight: a packet comes.",
          DOCS "api/winsock/nf-winsock-closesocket");
    HANDLE port = new_port();
    SOCKET pair[2], other[2];
    WSAOVERLAPPED overlapped = {0}, cancelled = {0};
    OVERLAPPED_ENTRY packet;
    char *data = calloc(1, VERY_MUCH);
    need(data != NULL, "allocating");

    connect_pair(other);
    associate(port, other[0], 0);
    start_send(port, other[0], data, &cancelled);
    need(CancelIoEx((HANDLE)other[0], &cancelled), "cancelling");
    closesocket(other[0]);
    DWORD error = take_packet(port, &packet, SOON);
    note("Cancelled before the socket is closed: %s.",
         error == 0 && packet.lpOverlapped == &cancelled ? "a packet comes"
                                                         : "no packet");

    connect_pair(pair);
    associate(port, pair[0], 0);
    start_send(port, pair[0], data, &overlapped);
    closesocket(pair[0]);
    error = take_packet(port, &packet, SOON);
    expect("error of the wait", error, 0);
    if (error == 0)
        expect("our overlapped", packet.lpOverlapped == &overlapped, 1);
    return verdict();
}
