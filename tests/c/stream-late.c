// steps: 05
// wrap: WSARecv
/* The event of a read may be handled before tcp_stream_register has returned.
   The start of the read is where a test can step in: what another thread might
   do at that moment, the wrap does. */
#include "peers.h"

int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);

static TcpStream stream;
static void (*act)(void); /* in the middle of the next register */

static void reads(DWORD size, const char *text)
{
    char buffer[8] = {0};
    DWORD count;
    DWORD error = tcp_stream_read(&stream, buffer, size, &count);
    ok(error == 0 && count == strlen(text) && memcmp(buffer, text, count) == 0,
       "a read of %lu gives \"%s\"", size, text);
}

static void read_half(void)
{
    is(next_event().bytes, 8, "the event comes meanwhile");
    reads(4, "abcd");
}

static void read_and_register(void)
{
    next_event();
    reads(8, "ijkl");
    is(await(&stream, 3), 0, "and the next read is started");
}

static void close_it(void)
{
    next_event();
    is(tcp_stream_close(&stream), 0, "and the stream is closed");
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    void (*now)(void) = act;
    int result =
        __real_WSARecv(s, buffers, count, received, flags, overlapped, routine);
    DWORD error = (DWORD)WSAGetLastError();
    void WINAPI SetLastError(DWORD);
    act = NULL;
    if (now != NULL)
        now();
    SetLastError(error);
    return result;
}

/* Registers, with this in the middle of it. */
static void register_and(void (*then)(void))
{
    act = then;
    is(await(&stream, 1), 0, "register succeeds");
}

int main(void)
{
    set_up();
    SOCKET peer = meet(&stream);
    say(peer, "abcdefgh");
    register_and(read_half);
    reads(8, "efgh");
    say(peer, "ijkl");
    register_and(read_and_register);
    say(peer, "mnop");
    is(next_event().token, 3, "whose event is the next");
    reads(4, "mnop");
    say(peer, "q");
    register_and(close_it);
    close_socket(peer);
    tear_down();
    return done_testing();
}
