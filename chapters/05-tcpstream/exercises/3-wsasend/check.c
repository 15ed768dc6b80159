// wrap: WSASend WSARecv send GetQueuedCompletionStatusEx malloc calloc free
// sizes: TcpStream
/* Keeps a list of what is lent to the system, and lets nothing of it be freed.
   The peer reads when it is told to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "loopback.h"
#include "poll.h"
#include "write.h"

enum { LARGE = 8 << 20, LOANS = 16, PATIENCE = 1500, READ = 90 };

#define SOL_SOCKET 0xFFFF
#define SO_RCVBUF 0x1002

extern const unsigned long long size_of_TcpStream;

void WINAPI WSASetLastError(int iError);
int WINAPI setsockopt(SOCKET, int, int, const char *, int);
__declspec(dllimport) size_t _msize(void *);
void *__real_malloc(size_t);
void *__wrap_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__wrap_calloc(size_t, size_t);
void __real_free(void *);
void __wrap_free(void *);
int WINAPI __real_send(SOCKET, const char *, int, int);
int WINAPI __wrap_send(SOCKET, const char *, int, int);
int WINAPI __real_WSASend(SOCKET, WSABUF *, DWORD, DWORD *, DWORD,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSASend(SOCKET, WSABUF *, DWORD, DWORD *, DWORD,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);

/* What the system has until the packet is out. */
typedef struct Loan {
    OVERLAPPED *overlapped; /* NULL: none */
    const char *data;
    DWORD size;
} Loan;

typedef struct Talk {
    TcpStream *stream;
    SOCKET peer;
} Talk;

static Loan loans[LOANS];
static int blocks;      /* allocated and not freed */
static int freed_early; /* blocks that were lent when they were freed */
static SOCKET waits_in_send;

static Poll the_poll;
static Registrator registrator;
static SOCKET listener;
static char port[8];
static Event list[1];
static Events events = {.list = list, .capacity = 1};
static char *data; /* what is written */
static char *back; /* what the peer has read */

static int lies_in(const void *address, const void *block, size_t size)
{
    return (const char *)address >= (const char *)block &&
           (const char *)address < (const char *)block + size;
}

static void lend(OVERLAPPED *overlapped, const WSABUF *buffer)
{
    char here;
    int i = 0;
    require(overlapped != NULL,
            "WSASend was called without an OVERLAPPED: such a write waits, "
            "like send");
    for (int known = 0; known < LOANS; known++)
        require(loans[known].overlapped != overlapped,
                "an operation was started with the OVERLAPPED of another that "
                "is in flight on this port: whose packet comes first?");
    require((size_t)((char *)overlapped > &here
                         ? (char *)overlapped - &here
                         : &here - (char *)overlapped) > 256 * 1024,
            "the OVERLAPPED lies on the stack, and its function is about to "
            "return: where will the system write the result?");
    while (i < LOANS - 1 && loans[i].overlapped != NULL)
        i++;
    loans[i] = (Loan){overlapped, buffer->buf, buffer->len};
}

static void take_back(const OVERLAPPED *overlapped)
{
    for (int i = 0; i < LOANS; i++)
        if (loans[i].overlapped == overlapped)
            loans[i] = (Loan){0};
}

static int lent(void)
{
    int count = 0;
    for (int i = 0; i < LOANS; i++)
        count += loans[i].overlapped != NULL;
    return count;
}

void *__wrap_malloc(size_t size)
{
    void *block = __real_malloc(size);
    blocks += block != NULL;
    return block;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *block = __real_calloc(count, size);
    blocks += block != NULL;
    return block;
}

void __wrap_free(void *block)
{
    if (block == NULL)
        return;
    blocks--;
    for (int i = 0; i < LOANS; i++)
        if (loans[i].overlapped != NULL &&
            (lies_in(loans[i].overlapped, block, _msize(block)) ||
             lies_in(loans[i].data, block, _msize(block)))) {
            freed_early++;
            return;
        }
    __real_free(block);
}

int WINAPI __wrap_send(SOCKET s, const char *bytes, int size, int flags)
{
    if (waits_in_send != 0 && s != waits_in_send)
        require(
            size < LARGE / 2,
            "send was called with %d bytes for a peer that doesn't read: it "
            "waits, and the whole loop with it",
            size);
    return __real_send(s, bytes, size, flags);
}

int WINAPI __wrap_WSASend(SOCKET s, WSABUF *buffers, DWORD count, DWORD *sent,
                          DWORD flags, WSAOVERLAPPED *overlapped,
                          COMPLETION_ROUTINE routine)
{
    lend(overlapped, buffers);
    int result =
        __real_WSASend(s, buffers, count, sent, flags, overlapped, routine);
    int error = WSAGetLastError();
    if (result != 0 && error != WSA_IO_PENDING)
        take_back(overlapped);
    WSASetLastError(error);
    return result;
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    lend(overlapped, buffers);
    int result =
        __real_WSARecv(s, buffers, count, received, flags, overlapped, routine);
    int error = WSAGetLastError();
    if (result != 0 && error != WSA_IO_PENDING)
        take_back(overlapped);
    WSASetLastError(error);
    return result;
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE the_port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    BOOL succeeded = __real_GetQueuedCompletionStatusEx(
        the_port, entries, capacity, removed, timeout, alertable);
    for (ULONG i = 0; succeeded && i < *removed; i++)
        take_back(entries[i].lpOverlapped);
    return succeeded;
}

static Talk begin_talk(void)
{
    Talk talk = {.stream = __real_calloc(1, size_of_TcpStream)};
    require(talk.stream != NULL &&
                tcp_stream_connect(talk.stream, "127.0.0.1", port) == 0,
            "no connection");
    talk.peer = accept(listener, NULL, NULL);
    require(talk.peer != INVALID_SOCKET, "no connection");
    waits_in_send = talk.peer;
    return talk;
}

static void start_read(Talk *talk)
{
    require(tcp_stream_register(talk->stream, &registrator, READ, READABLE) ==
                0,
            "tcp_stream_register failed");
}

static void nothing_freed_early(void)
{
    require(freed_early == 0,
            "OVERLAPPED or data were freed before the write's packet had been "
            "taken out: they are the system's until then");
}

static void write_some(Talk *talk, Token token, const char *bytes, DWORD size)
{
    char *copy = __real_malloc(size);
    require(copy != NULL, "no memory");
    memcpy(copy, bytes, size);
    DWORD error = tcp_stream_start_write(talk->stream, token, copy, size);
    require(error == 0, "tcp_stream_start_write gave %lu", error);
    nothing_freed_early();
    for (int i = 0; i < LOANS; i++)
        require(
            loans[i].overlapped == NULL || loans[i].size == 0 ||
                !lies_in(loans[i].data, copy, size),
            "WSASend was given the caller's own buffer, and the caller may "
            "reuse it as soon as the call returns: what will be sent then?");
    memset(copy, '#', size);
    __real_free(copy);
}

/* An empty batch may be a closed operation's packet: wait on. */
static Event next_event(void)
{
    unsigned long start = milliseconds();
    do
        require(poll_wait(&the_poll, &events, 100) == 0, "poll_wait failed");
    while (events.count == 0 && milliseconds() - start < PATIENCE);
    nothing_freed_early();
    require(events.count == 1, "no event came in %d ms, though one was due",
            PATIENCE);
    return list[0];
}

/* Waits for one event that is to have this token. */
static Event await(Token token)
{
    Event event = next_event();
    need(event.token == token, "its event comes",
         "the event of token %lu was due; there was one with token %lu",
         (unsigned long)token, (unsigned long)event.token);
    return event;
}
/* The peer reads size bytes. */
static int peer_gets(Talk *talk, const char *expected, int size)
{
    int got = 0, piece = 1;
    for (; got < size && piece > 0; got += piece)
        piece = recv(talk->peer, back + got, size - got, 0);
    return got == size && memcmp(back, expected, (size_t)size) == 0;
}

static void unregistered(Talk *talk)
{
    stage("a write on a stream that was never registered");
    DWORD error = tcp_stream_start_write(talk->stream, 1, "x", 1);
    need(error == ERROR_INVALID_PARAMETER, "it is refused",
         "tcp_stream_start_write gave %lu, not 87, for a stream that was never "
         "registered: its socket has no port, and no packet would ever come",
         error);
}

static void small(Talk *talk)
{
    stage("a write of 5 bytes, while a read is in flight");
    start_read(talk);
    write_some(talk, 1, "hello", 5);
    Event event = await(1);
    expect(event.bytes == 5 && event.error == 0, "it tells what was sent",
           "5 bytes were sent; the event says %lu bytes, error %lu",
           event.bytes, event.error);
    expect(peer_gets(talk, "hello", 5), "the peer gets them",
           "the peer got other bytes than were written");
}

static void large(Talk *talk)
{
    stage("a write of 8 MB to a peer that doesn't read yet");
    unsigned long start = milliseconds();
    write_some(talk, 2, data, LARGE);
    write_some(talk, 3, "second", 6);
    write_some(talk, 4, "third", 5);
    DWORD took = milliseconds() - start;
    expect(took < 1500, "it returns at once",
           "three writes took %lu ms, though they had only to be started",
           took);

    stage("a read that ends while writes are in flight");
    require(send_all(talk->peer, "hi", 2) == 0, "sending failed");
    Event event = await(READ);
    expect(event.bytes == 2 && event.error == 0, "reads go on meanwhile",
           "2 bytes came; the event says %lu bytes, error %lu", event.bytes,
           event.error);
    char text[4];
    DWORD got = 0;
    DWORD error = tcp_stream_read(talk->stream, text, sizeof text, &got);
    expect(error == 0 && got == 2 && memcmp(text, "hi", 2) == 0,
           "and their bytes are read",
           "tcp_stream_read gave error %lu and %lu bytes", error, got);

    stage("8 MB and two more writes: the peer reads");
    need(peer_gets(talk, data, LARGE), "the peer gets all 8 MB, unharmed",
         "the peer got other bytes than were written: to whom did the buffer "
         "belong while it read?");
    expect(peer_gets(talk, "secondthird", 11), "and the next, in order",
           "the writes that were started behind it came out differently");
    for (int i = 0; i < 3; i++) {
        event = next_event();
        DWORD size = event.token == 2 ? LARGE : event.token == 3 ? 6 : 5;
        expect(event.token >= 2 && event.token <= 4 && event.bytes == size &&
                   event.error == 0,
               "its event tells what was sent",
               "token %lu: %lu bytes were sent; its event says %lu bytes, "
               "error %lu",
               (unsigned long)event.token, size, event.bytes, event.error);
    }
}

static void closed_in_flight(Talk *talk)
{
    stage("closing a stream while its write is in flight");
    write_some(talk, 5, data, LARGE);
    DWORD error = tcp_stream_close(talk->stream);
    expect(error == 0, "the stream closes", "tcp_stream_close gave %lu", error);
    Event event = await(5);
    expect(event.error != 0 || event.bytes == LARGE,
           "its event tells that not all was sent",
           "the stream was closed before its write was done, and the event "
           "says %lu bytes, error 0",
           event.bytes);
    close_socket(talk->peer);
    error = tcp_stream_start_write(talk->stream, 6, "x", 1);
    expect(error == WSAENOTSOCK, "a closed stream is closed",
           "writing on a closed stream gave %lu, not 10038", error);
}

static void destroyed_in_flight(void)
{
    stage("destroying the poll while a write is in flight");
    Talk talk = begin_talk();
    start_read(&talk);
    require(send_all(talk.peer, "x", 1) == 0, "sending failed");
    await(READ);
    write_some(&talk, 7, data, LARGE);
    write_some(&talk, 8, data, 100);
    tcp_stream_close(talk.stream);
    DWORD error = poll_destroy(&the_poll);
    need(error == 0, "the poll is destroyed", "poll_destroy gave %lu", error);
    need(lent() == 0 && freed_early == 0, "after all packets have come",
         "poll_destroy has returned with %d packets still to come: it waits "
         "for what counts as lent. Do writes count?",
         lent() + freed_early);
    registrator_release(&registrator);
    expect(blocks == 0, "and nothing is left behind",
           "all is closed, and %d blocks of memory have not been freed%s",
           blocks, blocks < 0 ? " (freed twice?)" : "");
    close_socket(talk.peer);
}

void examine(const Checker *table)
{
    struct sockaddr_in address;
    BEGIN(table);
    blocks = 0;
    require(wsa_startup() == 0 && poll_create(&the_poll) == 0 &&
                poll_registrator(&the_poll, &registrator) == 0 &&
                loopback_listen(&listener, &address) == 0,
            "no poll could be made");
    /* The peers get small buffers: a large write has to wait for them. */
    int size = 64 * 1024;
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, (char *)&size, sizeof size);
    sprintf(port, "%u", ntohs(address.sin_port));
    data = __real_malloc(LARGE);
    back = __real_malloc(LARGE);
    require(data != NULL && back != NULL, "no memory");
    for (int i = 0; i < LARGE; i++)
        data[i] = (char)(i % 251);

    Talk talk = begin_talk();
    unregistered(&talk);
    small(&talk);
    large(&talk);
    start_read(&talk);
    closed_in_flight(&talk);
    destroyed_in_flight();
}
