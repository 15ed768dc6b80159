#include "claim.h"

/* Starts a read with a WSABUF that is gone, overwritten, when we return. */
static void start_and_forget(SOCKET s, char *buffer, ULONG size,
                             WSAOVERLAPPED *overlapped)
{
    DWORD flags = 0;
    WSABUF *wsabuf = malloc(sizeof *wsabuf);
    need(wsabuf != NULL, "allocating");
    wsabuf->buf = buffer;
    wsabuf->len = size;
    int result = WSARecv(s, wsabuf, 1, NULL, &flags, overlapped, NULL);
    expect("read in flight", result != 0 && WSAGetLastError() == WSA_IO_PENDING,
           1);
    memset(wsabuf, 0xEE, sizeof *wsabuf);
    free(wsabuf);
}

int main(void)
{
    CLAIM("The WSABUF may be gone when WSARecv has returned; only the buffer "
          "it points at stays lent.",
          DOCS "api/winsock2/nf-winsock2-wsarecv");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8] = "";
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    start_and_forget(pair[0], buffer, sizeof buffer, &overlapped);
    send_text(pair[1], "hello");
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("bytes", packet.dwNumberOfBytesTransferred, 5);
    expect("the text is there", memcmp(buffer, "hello", 5) == 0, 1);
    return verdict();
}
