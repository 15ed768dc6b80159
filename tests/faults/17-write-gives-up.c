/* connect makes the socket non-blocking, which overlapped reads don't need. A
   write then fails when the peer is slow, and write_all with it, halfway. */
#include "original.h"

enum { SIZE = 64 << 20, PIECE = 1 << 16, NONBLOCKING = (int)0x8004667E };

static unsigned WINAPI read_all(void *peer)
{
    static char buffer[1 << 16];
    Sleep(QUIET); /* a slow peer */
    while (recv((SOCKET)peer, buffer, sizeof buffer, 0) > 0)
        ;
    return 0;
}

static void original(const char *data)
{
    ULONG on = 1;
    int sent = 0, written = 1;
    original_open();
    ioctlsocket(stream.inner, NONBLOCKING, &on);
    for (; sent < SIZE && written > 0; sent += written)
        written = send(stream.inner, data + sent, PIECE, 0);
    int error = WSAGetLastError();
    tell(written < 0 && error == WSAEWOULDBLOCK,
         "original: writing 64 MiB to a slow peer, piece by piece, ends early "
         "with error %d",
         error);
}

static void ours(const char *data)
{
    Ours ours;
    HANDLE thread;
    ours_open(&ours);
    need(start_thread(&thread, read_all, (void *)ours.peer),
         "starting a thread");
    DWORD error = tcp_stream_write(&ours.stream, data, SIZE);
    tell(error == 0,
         "ours:     tcp_stream_write waits and sends all: error "
         "%lu",
         error);
    need(tcp_stream_close(&ours.stream), "closing");
    need(join_thread(thread), "joining the thread");
    ours_close(&ours);
}

int main(void)
{
    char *data = calloc(1, SIZE);
    need(data == NULL, "allocating");
    original(data);
    ours(data);
    return told();
}
