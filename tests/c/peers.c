// steps: 05+
// wrap: closesocket
/* Peers that misbehave, are slow, or are not there. */
#include "peers.h"

/* closesocket, which leaves a last error of its own, as any call may. */
void WINAPI WSASetLastError(int iError);
int WINAPI __real_closesocket(SOCKET);
int WINAPI __wrap_closesocket(SOCKET s)
{
    int result = __real_closesocket(s);
    WSASetLastError(ERROR_INVALID_PARAMETER);
    return result;
}

static char buffer[4096];
static DWORD count;

static DWORD read_some(TcpStream *stream)
{
    count = 99;
    return tcp_stream_read(stream, buffer, sizeof buffer, &count);
}

/* The reset is there before the read: whether register tells or the event is
   the system's choice; the reader must hear it in both cases. */
static void reset_before(void)
{
    TcpStream stream;
    reset(meet(&stream));
    Sleep(A_WHILE);
    DWORD error = await(&stream, 1);
    if (error == 0) {
        Event event = next_event();
        is(event.token, 1, "reset before a read: an event comes");
        is(event.bytes, 0, "of no bytes");
        error = event.error;
    } else {
        ok(silence(), "reset before a read: register fails, no event comes");
    }
    is_reset(error, "it is reported as a reset");
    is_reset(read_some(&stream), "and the reader gets 10054");
    is_reset(read_some(&stream), "and again");
    is(count, 0, "and no bytes");
    is(tcp_stream_close(&stream), 0, "and the stream is closed");
}

static void reset_during(void)
{
    TcpStream stream;
    SOCKET peer = meet(&stream);
    must("registering", await(&stream, 2));
    reset(peer);
    Event event = next_event();
    is(event.token, 2, "reset during a read: the event comes");
    is(event.error, WSAECONNRESET, "with the error");
    is(event.bytes, 0, "and no bytes");
    for (int i = 1; i <= 3; i++)
        is(read_some(&stream), WSAECONNRESET, "the reader, time %d", i);
    is(tcp_stream_close(&stream), 0, "and the stream is closed");
}

/* Bytes that were taken out before the reset stay readable. Those behind them
   Windows may drop, so none are sent. */
static void reset_after(void)
{
    TcpStream stream;
    SOCKET peer = meet(&stream);
    must("registering", await(&stream, 3));
    say(peer, "last words");
    is(next_event().bytes, 10, "reset after a read: the bytes come");
    reset(peer);
    Sleep(A_WHILE);
    is(read_some(&stream), 0, "and can be read");
    ok(count == 10 && memcmp(buffer, "last words", 10) == 0, "as sent");
    is(read_some(&stream), WSAEWOULDBLOCK, "nothing is known of more");
    DWORD error = await(&stream, 3);
    if (error == 0)
        error = next_event().error;
    is_reset(error, "until the next register");
    is_reset(read_some(&stream), "the reader gets 10054");
    is(tcp_stream_close(&stream), 0, "and the stream is closed");
}

static void half_close(void)
{
    TcpStream stream;
    SOCKET peer = meet(&stream);
    say(peer, "over to you");
    shutdown(peer, SD_SEND);
    must("registering", await(&stream, 4));
    is(next_event().bytes, 11, "half-close: the bytes before it come");
    is(read_some(&stream), 0, "and can be read");
    is(count, 11, "all of them");
    must("registering", await(&stream, 4));
    Event event = next_event();
    is(event.bytes + event.error, 0, "then the end");
    is(read_some(&stream), 0, "end of stream");
    is(count, 0, "reads 0");
    is(write_bytes(&stream, "thanks", 6), 0, "we can still write");
    is((unsigned)recv(peer, buffer, 99, 0), 6, "and the peer gets it");
    close_socket(peer);
    is(tcp_stream_close(&stream), 0, "and the stream is closed");
}

static void one_byte_at_a_time(void)
{
    enum { BYTES = 500 };
    TcpStream stream;
    SOCKET peer = meet(&stream);
    int right = 0;
    for (int i = 0; i < BYTES; i++) {
        char byte = (char)content((unsigned)i);
        must("registering", await(&stream, 5));
        must("sending", send_all(peer, &byte, 1));
        right += next_event().bytes == 1 && read_some(&stream) == 0 &&
                 count == 1 && buffer[0] == byte &&
                 read_some(&stream) == WSAEWOULDBLOCK;
    }
    is((unsigned)right, BYTES, "one byte at a time");
    close_socket(peer);
    tcp_stream_close(&stream);
}

static void nobody_there(void)
{
    TcpStream stream;
    SOCKET s;
    struct sockaddr_in address;
    char closed_port[6];
    must("listening", loopback_listen(&s, &address));
    snprintf(closed_port, sizeof closed_port, "%u", ntohs(address.sin_port));
    close_socket(s);
    is(connect_stream(&stream, "127.0.0.1", closed_port), WSAECONNREFUSED,
       "a port that nobody listens on");
    is(tcp_stream_close(&stream), WSAENOTSOCK, "leaves no stream");
    is(connect_stream(&stream, "no-such-host.invalid", port), WSAHOST_NOT_FOUND,
       "a name that does not resolve");
    is(tcp_stream_close(&stream), WSAENOTSOCK, "leaves no stream");
    is(connect_stream(&stream, "127.0.0.1", "no-such-service"), 10109,
       "a port that is no number and no service");
    is(tcp_stream_close(&stream), WSAENOTSOCK, "leaves no stream");
    is(connect_stream(&stream, "localhost", port), 0, "a name resolves");
    close_socket(accept(listener, NULL, NULL));
    is(tcp_stream_close(&stream), 0, "and its stream is closed");
}

static void closed_with_its_packet_queued(void)
{
    TcpStream gone, other;
    SOCKET peer = meet(&gone), other_peer = meet(&other);
    must("registering", await(&gone, 6));
    say(peer, "too late");
    let_it_finish(&gone);
    is(tcp_stream_close(&gone), 0, "a stream closes with its packet queued");
    must("registering", await(&other, 7));
    say(other_peer, "x");
    is(next_event().token, 7, "its event never comes, the next one does");
    ok(silence(), "and nothing else");
    close_socket(peer);
    close_socket(other_peer);
    tcp_stream_close(&other);
}

/* A batch is a copy: what it tells stays true when its streams are gone. */
static void closed_after_its_event(void)
{
    TcpStream stream;
    SOCKET peer = meet(&stream);
    must("registering", await(&stream, 8));
    say(peer, "x");
    Event event = next_event();
    tcp_stream_close(&stream);
    ok(event.token == 8 && event.bytes == 1 && event.error == 0,
       "an event outlives its stream");
    close_socket(peer);
}

typedef struct SlowReader {
    SOCKET socket;
    size_t wrong;
    size_t total;
} SlowReader;

static unsigned WINAPI read_slowly(void *argument)
{
    SlowReader *reader = argument;
    static char piece[32 * 1024];
    int got;
    while ((got = recv(reader->socket, piece, sizeof piece, 0)) > 0) {
        reader->wrong +=
            first_wrong(piece, (size_t)got, reader->total) != (size_t)got;
        reader->total += (size_t)got;
        Sleep(5);
    }
    return 0;
}

static void slow_reader(void)
{
    enum { SIZE = 1024 * 1024 };
    static char data[SIZE];
    int small = 16 * 1024;
    TcpStream stream;
    SlowReader reader = {.socket = meet(&stream)};
    HANDLE thread;
    setsockopt(reader.socket, SOL_SOCKET, SO_RCVBUF, (char *)&small,
               sizeof small);
    setsockopt(socket_of(&stream), SOL_SOCKET, SO_SNDBUF, (char *)&small,
               sizeof small);
    fill(data, SIZE, 0);
    must("registering", await(&stream, 9));
    must("starting a thread", start_thread(&thread, read_slowly, &reader));
    is(write_bytes(&stream, data, SIZE), 0,
       "1 MiB to a slow reader, with a read in flight");
#if STEP >= 6
    is(tcp_stream_shutdown(&stream), 0, "then the end");
    must("registering",
         tcp_stream_register(&stream, &registrator, 9, WRITABLE));
    is(next_event().error, 0, "all of it is sent");
#endif
    is(tcp_stream_close(&stream), 0, "and close at once");
    must("joining", join_thread(thread));
    is(reader.total, SIZE, "the peer gets all of it");
    is(reader.wrong, 0, "as it was sent");
    close_socket(reader.socket);
}

static void write_to_nobody(void)
{
    static char data[64 * 1024];
    TcpStream stream;
    reset(meet(&stream));
    Sleep(A_WHILE);
    DWORD error = 0;
    for (int i = 0; i < 100 && error == 0; i++)
        error = write_bytes(&stream, data, sizeof data);
    ok(error == WSAECONNRESET || error == 10053, "writing after a reset fails");
    is(tcp_stream_close(&stream), 0, "and the stream is closed");
}

/* Ends the loop, so it comes last. */
static void close_loop_in_the_same_batch(void)
{
    Event list[8];
    Events events = {.list = list, .capacity = 8};
    TcpStream streams[2];
    SOCKET peers[2];
    unsigned tokens = 0;
    for (int i = 0; i < 2; i++) {
        peers[i] = meet(&streams[i]);
        must("registering", await(&streams[i], 1u << i));
        say(peers[i], "x");
        let_it_finish(&streams[i]);
    }
    is(registrator_close_loop(&registrator), 0, "the loop is closed");
    DWORD error;
    while ((error = poll_wait(&poll, &events, PATIENCE)) == 0)
        for (ULONG i = 0; i < events.count; i++)
            tokens += list[i].token;
    is(tokens, 3, "events before it are handed out, each once");
    is(error, ERROR_ABANDONED_WAIT_0, "then the loop is at its end");
    is(poll_wait(&poll, &events, INFINITE), ERROR_ABANDONED_WAIT_0,
       "and stays there");
    is(events.count, 0, "without events");
    is(registrator_close_loop(&registrator), ERROR_ABANDONED_WAIT_0,
       "a second close_loop is told so");
    for (int i = 0; i < 2; i++) {
        is(read_some(&streams[i]), 0, "stream %d can be read", i);
        is(count, 1, "its byte is there");
        is(await(&streams[i], 1), ERROR_ABANDONED_WAIT_0, "but not registered");
        is(read_some(&streams[i]), WSAEWOULDBLOCK, "and is as it was");
        close_socket(peers[i]);
    }
    is(poll_destroy(&poll), ERROR_BUSY, "open streams hold the poll");
    for (int i = 0; i < 2; i++)
        is(tcp_stream_close(&streams[i]), 0, "stream %d closes", i);
}

int main(void)
{
    set_up();
    reset_before();
    reset_during();
    reset_after();
    half_close();
    one_byte_at_a_time();
    nobody_there();
    closed_with_its_packet_queued();
    closed_after_its_event();
    slow_reader();
    write_to_nobody();
    close_loop_in_the_same_batch();
    tear_down();
    return done_testing();
}
