// wrap: getsockopt SetFileCompletionNotificationModes WSARecv GetQueuedCompletionStatusEx
// sizes: TcpStream
/* Streams on plain sockets and on those of a layer, in one loop; and counts the
   packets that come out of the port. */
#include <stdio.h>
#include <string.h>

#include "ends.h"
#include "layer.h"

enum { CAPACITY = 4, PIECES = 3, PATIENCE = 250, ARRIVING = 5, TOKEN = 7 };

extern const unsigned long long size_of_TcpStream;

WRAPPED(WSARecv);
WRAPPED(GetQueuedCompletionStatusEx);

static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};
static int packets, done_at_once;

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count, DWORD *bytes,
                          DWORD *flags, WSAOVERLAPPED *overlapped,
                          COMPLETION_ROUTINE routine)
{
    int result =
        __real_WSARecv(s, buffers, count, bytes, flags, overlapped, routine);
    done_at_once += result == 0;
    return result;
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE from,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    BOOL any = __real_GetQueuedCompletionStatusEx(from, entries, capacity,
                                                  removed, timeout, alertable);
    for (ULONG i = 0; any && i < *removed; i++)
        packets += entries[i].lpOverlapped != NULL;
    return any;
}

typedef struct Ends {
    const char *name;
    Layer layer;
    TcpStream *stream;
    SOCKET far_end;
} Ends;

static void look(DWORD timeout)
{
    DWORD error = poll_wait(&the_poll, &events, timeout);
    require(error == 0, "poll_wait gave error %lu", error);
}

static void ask_for(Ends *ends, Interests interests)
{
    DWORD error =
        tcp_stream_register(ends->stream, &registrator, TOKEN, interests);
    if (error != 0)
        need(0, "the stream can be registered",
             "%s could not be registered: error %lu%s", ends->name, error,
             error == WSAEALREADY ? ", though its last event had come: which "
                                    "of the two is right?"
                                  : "");
}

static Ends begin(const char *name, Layer layer)
{
    Ends ends = {name, layer, calloc(1, size_of_TcpStream), INVALID_SOCKET};
    layer_next = layer;
    ends.far_end = new_stream(ends.stream);
    ask_for(&ends, WRITABLE);
    layer_next = LAYER_UNKNOWN;
    look(PATIENCE);
    require(events.count == 1, "there was no event of WRITABLE");
    return ends;
}

static void end(Ends *ends)
{
    tcp_stream_close(ends->stream);
    close_socket(ends->far_end);
    look(0);
    look(0);
}

/* Its bytes are there before the read is started. */
static void read_piece(Ends *ends, const char *after)
{
    char text[8] = {0};
    DWORD count = 0;
    packets = done_at_once = 0;
    say(ends->far_end, "hello", 5);
    pause_ms(ARRIVING);
    ask_for(ends, READABLE);
    require(done_at_once == 1, "5 bytes were there, and WSARecv didn't say so");
    look(PATIENCE);
    if (events.count == 0 && packets == 0)
        need(0, "what is done at once is told",
             "5 bytes were there when %s was read, WSARecv returned 0, and in "
             "%d ms there was neither a packet nor an event%s. This socket "
             "skips: who said that it doesn't?",
             ends->name, PATIENCE, after);
    need(events.count == 1 && list[0].error == 0 && list[0].bytes == 5,
         "with its bytes, and once",
         "%s was read once, and there were %lu events, with error %lu and %lu "
         "bytes in the first%s. Who told of it besides the packet?",
         ends->name, events.count, list[0].error, list[0].bytes, after);
    DWORD error = tcp_stream_read(ends->stream, text, sizeof text, &count);
    need(error == 0 && count == 5 && strcmp(text, "hello") == 0,
         "and they can be read",
         "an event of %s said 5 bytes, and reading them gave error %lu and %lu "
         "bytes",
         ends->name, error, count);
    if (ends->layer == LAYER_NONE)
        need(packets == 0, "without a packet",
             "a read of %s was done at once, and %d packets came out of the "
             "port: that is the trip which the mode was to save",
             ends->name, packets);
}

/* And then one that has to wait. */
static void read_later(Ends *ends)
{
    ask_for(ends, READABLE);
    look(ARRIVING);
    need(events.count == 0, "a read that waits is not told of",
         "nothing was sent to %s and a read of it was started, and there was "
         "an event with error %lu and %lu bytes: of which read was that "
         "packet?",
         ends->name, list[0].error, list[0].bytes);
    say(ends->far_end, "later", 5);
    look(PATIENCE);
    char text[8];
    DWORD count = 0;
    need(events.count == 1 && list[0].bytes == 5 &&
             tcp_stream_read(ends->stream, text, sizeof text, &count) == 0,
         "until its bytes come",
         "5 bytes came to %s while a read waited: %lu events, error %lu",
         ends->name, events.count, list[0].error);
}

static void read_all(Ends *ends, const char *after)
{
    for (int i = 0; i < PIECES; i++) {
        read_piece(ends, after);
        read_later(ends);
    }
}

static void two_in_a_loop(const char *name, Ends first, Ends second)
{
    stage("%s", name);
    Ends *both[2] = {&first, &second};
    for (int i = 0; i < 4; i++)
        read_all(both[i % 2], i == 0 ? "; another socket had come since" : "");
    end(&first);
    end(&second);
}

/* A stream that we connect gets its socket later. */
static void connected(const char *name, Layer layer)
{
    stage("tcp_stream_connect, %s", name);
    char port[8];
    Ends ends = {name, layer, calloc(1, size_of_TcpStream), INVALID_SOCKET};
    snprintf(port, sizeof port, "%u", ntohs(listening.sin_port));
    layer_next = layer;
    require(tcp_stream_connect(ends.stream, &registrator, TOKEN, "127.0.0.1",
                               port) == 0,
            "a stream can't connect");
    for (int i = 0; i < 10; i++) {
        look(PATIENCE);
        if (events.count > 0)
            break;
    }
    require(events.count == 1 && list[0].error == 0, "a stream can't connect");
    layer_next = LAYER_UNKNOWN;
    ends.far_end = accept(listener, NULL, NULL);
    read_all(&ends, "");
    end(&ends);
}

void examine(const Checker *table)
{
    BEGIN(table);
    open_poll();
    open_listener();
    Ends plain = begin("a plain stream", LAYER_NONE);
    two_in_a_loop("a plain socket, then one of a layer", plain,
                  begin("a stream of a layer", LAYER_COVERS));
    Ends layered = begin("a stream of a layer", LAYER_COVERS);
    events.capacity = 1; /* packets wait in the port for the next turn */
    two_in_a_loop("a socket of a layer, then a plain one", layered,
                  begin("a plain stream", LAYER_NONE));
    events.capacity = CAPACITY;
    Ends refuses = begin("a stream that refuses the mode", LAYER_REFUSES);
    two_in_a_loop("a socket that refuses the mode", refuses,
                  begin("a plain stream", LAYER_NONE));
    connected("a plain stream", LAYER_NONE);
    connected("a stream of a layer", LAYER_COVERS);
    stage("the end");
    DWORD error = poll_destroy(&the_poll);
    expect(error == 0, "the loop can be destroyed",
           "all streams are closed, and poll_destroy gave %lu", error);
}
