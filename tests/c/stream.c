// steps: 05+
// wrap: WSARecv send
/* What tcp_stream_register and tcp_stream_read promise, one by one. */
#include "peers.h"

/* WSARecv, which fails with this error unless it is 0. */
static DWORD failure;
void WINAPI WSASetLastError(int iError);
int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD buffer_count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    if (failure == 0)
        return __real_WSARecv(s, buffers, buffer_count, received, flags,
                              overlapped, routine);
    WSASetLastError((int)failure);
    return -1;
}

/* send, which takes only a part, as Winsock lets it. */
enum { PART = 1000 };
int WINAPI __real_send(SOCKET, const char *, int, int);
int WINAPI __wrap_send(SOCKET s, const char *data, int size, int flags)
{
    return __real_send(s, data, size < PART ? size : PART, flags);
}

static char buffer[4096];
static DWORD count;

static DWORD read_some(TcpStream *stream, DWORD size)
{
    memset(buffer, '#', sizeof buffer);
    count = 99;
    return tcp_stream_read(stream, buffer, size, &count);
}

/* Holds if a read gives this text and touches nothing behind it. */
static int reads(TcpStream *stream, DWORD size, const char *text)
{
    return read_some(stream, size) == 0 && count == strlen(text) &&
           memcmp(buffer, text, count) == 0 && buffer[count] == '#';
}

static int would_block(TcpStream *stream)
{
    return read_some(stream, sizeof buffer) == WSAEWOULDBLOCK && count == 0 &&
           buffer[0] == '#';
}

static void a_life(void)
{
    TcpStream stream;
    SOCKET peer = meet(&stream);
    ok(would_block(&stream), "would-block before the first register");
    is(await(&stream, 7), 0, "a stream is registered");
    ok(would_block(&stream), "would-block while the read is in flight");
    is(await(&stream, 7), WSAEALREADY, "a second register is told so");
    say(peer, "hello, world");
    Event event = next_event();
    is(event.token, 7, "the event has the token");
    is(event.bytes, 12, "and the byte count");
    is(event.error, 0, "and no error");
    is(read_some(&stream, 0), ERROR_INVALID_PARAMETER, "size 0 is refused");
    is(count, 0, "and nothing is read");
    ok(reads(&stream, 5, "hello"), "a small buffer gets the first bytes");
    is(await(&stream, 8), ERROR_MORE_DATA, "register while bytes wait");
    ok(silence(), "and no read was started");
    ok(reads(&stream, 2, ", "), "a small buffer gets the bytes after them");
    ok(reads(&stream, 99, "world"), "a large one the rest, and no more");
    ok(would_block(&stream), "would-block after all bytes");
    ok(would_block(&stream), "and again");

    is(await(&stream, 9), 0, "a stream is registered a second time");
    say(peer, "bye");
    event = next_event();
    is(event.token, 9, "the event has the new token");
    ok(reads(&stream, 99, "bye"), "the new bytes come from their beginning");

    is(await(&stream, 10), 0, "a third time");
    close_socket(peer);
    event = next_event();
    is(event.bytes, 0, "end of stream is an event of no bytes");
    is(event.error, 0, "and no error");
    for (int i = 1; i <= 3; i++)
        ok(reads(&stream, 99, ""), "end of stream reads 0, time %d", i);
    is(await(&stream, 11), 0, "a stream at its end can be registered");
    event = next_event();
    is(event.bytes + event.error, 0, "and is at its end again");
    ok(reads(&stream, 99, ""), "and reads 0 again");
    is(tcp_stream_close(&stream), 0, "it is closed");
}

static void every_size(void)
{
    static const DWORD sizes[] = {1, 7, 1023, 1024, 1025, 4096};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        enum { TOTAL = 5000 };
        char sent[TOTAL];
        TcpStream stream;
        SOCKET peer = meet(&stream);
        unsigned long long place = 0;
        size_t announced = 0;
        int right = 1;
        DWORD error = 0;
        fill(sent, TOTAL, i * 1000);
        must("sending", send_all(peer, sent, TOTAL));
        while (place < TOTAL && right) {
            must("registering", await(&stream, i));
            announced += next_event().bytes;
            while ((error = read_some(&stream, sizes[i])) == 0 && right) {
                right = count > 0 && count <= sizes[i] &&
                        first_wrong(buffer, count, i * 1000 + place) == count;
                place += count;
            }
            right = right && error == WSAEWOULDBLOCK && place == announced;
        }
        ok(right && place == TOTAL, "%d bytes into a buffer of %lu", TOTAL,
           sizes[i]);
        close_socket(peer);
        tcp_stream_close(&stream);
    }
}

#if STEP == 5
static void writes_all(void)
{
    char sent[PART * 3 + 1], got[sizeof sent];
    TcpStream stream;
    SOCKET peer = meet(&stream);
    int size = 0, piece = 1;
    fill(sent, sizeof sent, 0);
    is(tcp_stream_write(&stream, sent, sizeof sent), 0, "a write succeeds");
    is(tcp_stream_write(&stream, sent, 0), 0, "one of nothing, too");
    tcp_stream_close(&stream);
    while (piece > 0 && size < (int)sizeof got) {
        piece = recv(peer, got + size, (int)sizeof got - size, 0);
        size += piece > 0 ? piece : 0;
    }
    is((unsigned)size, sizeof sent, "all is sent, part by part");
    is(first_wrong(got, (size_t)size, 0), sizeof sent, "in order");
    close_socket(peer);
}

#endif

static void closed(void)
{
    TcpStream stream;
    SOCKET peer = meet(&stream);
    is(tcp_stream_close(&stream), 0, "a stream without a read is closed");
    is(tcp_stream_close(&stream), WSAENOTSOCK, "a closed stream: close");
    is(await(&stream, 1), WSAENOTSOCK, "a closed stream: register");
    is(read_some(&stream, 9), WSAENOTSOCK, "a closed stream: read");
    is(count, 0, "a closed stream: nothing is read");
    is(write_bytes(&stream, "x", 1), WSAENOTSOCK, "a closed stream: write");
    is((unsigned)recv(peer, buffer, 1, 0), 0, "the peer sees the end");
    close_socket(peer);
}

#if STEP == 5
static void refused(void)
{
    TcpStream stream;
    SOCKET peer = meet(&stream);
    say(peer, "x");
    is(tcp_stream_register(&stream, &registrator, 1, WRITABLE),
       ERROR_NOT_SUPPORTED, "WRITABLE is refused");
    is(tcp_stream_register(&stream, &registrator, 1, READABLE | WRITABLE),
       ERROR_NOT_SUPPORTED, "also together with READABLE");
    is(tcp_stream_register(&stream, &registrator, 1, 0), ERROR_NOT_SUPPORTED,
       "and so is nothing at all");
    ok(silence(), "a refused register starts no read");
    is(await(&stream, 2), 0, "the stream is as good as before");
    is(next_event().token, 2, "its event comes");
    ok(reads(&stream, 9, "x"), "with the byte that was sent");
    close_socket(peer);
    tcp_stream_close(&stream);
}
#endif

/* A reset that was there before the read, as WSARecv itself reports it. */
static void register_fails(void)
{
    TcpStream stream;
    SOCKET peer = meet(&stream);
    is(await(&stream, 1), 0, "a first read");
    say(peer, "abc");
    next_event();
    ok(reads(&stream, 9, "abc"), "brings its bytes");
    failure = WSAECONNRESET;
    is(await(&stream, 2), WSAECONNRESET, "register reports WSARecv's error");
    failure = 0;
    ok(silence(), "and no event comes");
    for (int i = 1; i <= 2; i++) {
        is(read_some(&stream, 9), WSAECONNRESET, "the reader has it, time %d",
           i);
        is(count, 0, "and no bytes");
    }
    is(await(&stream, 3), 0, "an error that has passed can be tried again");
    say(peer, "def");
    is(next_event().token, 3, "the next event comes");
    ok(reads(&stream, 9, "def"), "with the next bytes, from their beginning");
    close_socket(peer);
    is(tcp_stream_close(&stream), 0, "and the stream is closed");
}

int main(void)
{
    set_up();
    a_life();
    every_size();
#if STEP == 5
    writes_all();
    refused();
#endif
    closed();
    register_fails();
    tear_down();
    return done_testing();
}
