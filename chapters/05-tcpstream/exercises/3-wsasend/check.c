// wrap: WSASend WSARecv send GetQueuedCompletionStatusEx malloc calloc free
// wrap: CancelIoEx WSAGetOverlappedResult
// sizes: TcpStream
/* Keeps a list of what is lent to the system, and lets nothing of it be freed.
   The peer reads when it is told to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "talk.h"
#include "write.h"

enum {
    LARGE = 8 << 20,
    LOANS = 16,
    A_MOMENT = 40,
    A_WHILE = 300,
    PATIENCE = 1500,
    READ = 90
};

#define WSAENOBUFS 10055

#define SOL_SOCKET 0xFFFF
#define SO_RCVBUF 0x1002

extern const unsigned long long size_of_TcpStream;

void WINAPI WSASetLastError(int iError);
__declspec(dllimport) size_t _msize(void *);
void *__real_malloc(size_t);
void *__wrap_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__wrap_calloc(size_t, size_t);
void __real_free(void *);
void __wrap_free(void *);
WRAPPED(send);
WRAPPED(WSASend);
WRAPPED(WSARecv);
WRAPPED(GetQueuedCompletionStatusEx);
WRAPPED(CancelIoEx);
WRAPPED(WSAGetOverlappedResult);

/* What the system has until the packet is out. */
typedef struct Loan {
    OVERLAPPED *overlapped; /* NULL: none */
    const char *data;
    DWORD size;
    BOOL written;
} Loan;

typedef struct Talk {
    TcpStream *stream;
    SOCKET peer;
} Talk;

static Loan loans[LOANS];
static int blocks;      /* allocated and not freed */
static int freed_early; /* blocks that were lent when they were freed */
static SOCKET waits_in_send;
static DWORD fails_with;  /* how the next WSASend fails, or 0 */
static int allocations;   /* since fails_at was set */
static int fails_at;      /* the allocation that fails, or 0 */
static DWORD transferred; /* by the last write, says its packet */
static SOCKET reading;    /* the last WSARecv's */
static OVERLAPPED *reads_into;

/* Another thread polls, while the student's call is busy. */
static BOOL overtakes; /* it does in WSASend or CancelIoEx, */
static int leaves;     /* until so many are lent */
static volatile int polling;
static Event early[LOANS]; /* what it got */
static int early_count;
static TcpStream *closes; /* closed while a read's result is asked for */
static volatile int closing;
static DWORD close_error;

static Event list[1];
static Events events = {.list = list, .capacity = 1};
static char *data; /* what is written */
static char *back; /* what the peer has read */

static int lies_in(const void *address, const void *block, size_t size)
{
    return (const char *)address >= (const char *)block &&
           (const char *)address < (const char *)block + size;
}

static void lend(OVERLAPPED *overlapped, const WSABUF *buffer, BOOL written)
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
    loans[i] = (Loan){overlapped, buffer->buf, buffer->len, written};
}

static void take_back(const OVERLAPPED *overlapped)
{
    for (int i = 0; i < LOANS; i++)
        if (loans[i].overlapped == overlapped)
            loans[i] = (Loan){0};
}

static void note_bytes(const OVERLAPPED_ENTRY *packet)
{
    for (int i = 0; i < LOANS; i++)
        if (loans[i].overlapped == packet->lpOverlapped && loans[i].written)
            transferred = packet->dwNumberOfBytesTransferred;
}

static int lent(void)
{
    int count = 0;
    for (int i = 0; i < LOANS; i++)
        count += loans[i].overlapped != NULL;
    return count;
}

static void take_out(void *unused)
{
    Event one[1];
    Events got = {.list = one, .capacity = 1};
    unsigned long start = milliseconds();
    (void)unused;
    while (lent() > leaves && milliseconds() - start < A_WHILE)
        if (poll_wait(&the_poll, &got, A_MOMENT) == 0 && got.count == 1 &&
            early_count < LOANS)
            early[early_count++] = one[0];
    polling = 0;
}

static void wait_while(const volatile int *busy, unsigned long patience)
{
    wait_until(!*busy, patience);
}

/* The other thread may have to wait for the caller: then only until the
   student's call is back. */
static void overtake(void)
{
    polling = 1;
    in_thread(take_out, NULL);
    wait_while(&polling, 2 * A_WHILE);
}

static void close_it(void *stream)
{
    close_error = tcp_stream_close(stream);
    closing = 0;
}

void *__wrap_malloc(size_t size)
{
    if (fails_at != 0 && ++allocations == fails_at)
        return NULL;
    void *block = __real_malloc(size);
    blocks += block != NULL;
    return block;
}

void *__wrap_calloc(size_t count, size_t size)
{
    if (fails_at != 0 && ++allocations == fails_at)
        return NULL;
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
    if (fails_with != 0) {
        WSASetLastError((int)fails_with);
        return -1;
    }
    lend(overlapped, buffers, TRUE);
    int result =
        __real_WSASend(s, buffers, count, sent, flags, overlapped, routine);
    int error = WSAGetLastError();
    if (result != 0 && error != WSA_IO_PENDING)
        take_back(overlapped);
    else if (overtakes)
        overtake();
    WSASetLastError(error);
    return result;
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    lend(overlapped, buffers, FALSE);
    reading = s;
    reads_into = overlapped;
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
    for (ULONG i = 0; succeeded && i < *removed; i++) {
        note_bytes(&entries[i]);
        take_back(entries[i].lpOverlapped);
    }
    return succeeded;
}

BOOL WINAPI __wrap_CancelIoEx(HANDLE handle, OVERLAPPED *overlapped)
{
    BOOL succeeded = __real_CancelIoEx(handle, overlapped);
    int error = WSAGetLastError();
    if (overtakes)
        overtake();
    WSASetLastError(error);
    return succeeded;
}

BOOL WINAPI __wrap_WSAGetOverlappedResult(SOCKET s, WSAOVERLAPPED *overlapped,
                                          DWORD *bytes, BOOL wait, DWORD *flags)
{
    BOOL succeeded =
        __real_WSAGetOverlappedResult(s, overlapped, bytes, wait, flags);
    int error = WSAGetLastError();
    TcpStream *stream = closes;
    closes = NULL;
    if (stream != NULL) {
        closing = 1;
        in_thread(close_it, stream);
        wait_while(&closing, A_WHILE);
    }
    WSASetLastError(error);
    return succeeded;
}

static Talk begin_talk(void)
{
    Talk talk = {.stream = __real_calloc(1, size_of_TcpStream)};
    talk.peer = connect_stream(talk.stream);
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
    wait_while(&polling, PATIENCE);
    if (early_count > 0) {
        list[0] = early[0];
        memmove(early, early + 1, (size_t)--early_count * sizeof *early);
        return list[0];
    }
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

static void empty(Talk *talk)
{
    stage("a write of 0 bytes");
    write_some(talk, 14, "", 0);
    Event event = await(14);
    expect(event.bytes == 0 && event.error == 0, "it tells that all was sent",
           "0 bytes were to be sent; the event says %lu bytes, error %lu",
           event.bytes, event.error);
}

static void overtaken(Talk *talk)
{
    stage("a write whose packet another thread takes out before WSASend has "
          "returned");
    overtakes = TRUE;
    leaves = lent();
    write_some(talk, 10, "quick", 5);
    overtakes = FALSE;
    Event event = next_event();
    need(event.token == 10 && event.bytes == 5 && event.error == 0,
         "a packet may overtake the call",
         "5 bytes were written with token 10, and their packet was taken out "
         "before WSASend had returned. Its event says token %lu, %lu bytes, "
         "error %lu: what was written into the block only after the call?",
         (unsigned long)event.token, event.bytes, event.error);
    expect(peer_gets(talk, "quick", 5), "the peer gets its bytes",
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
    overtakes = TRUE;
    leaves = 0;
    DWORD error = tcp_stream_close(talk->stream);
    overtakes = FALSE;
    expect(error == 0, "the stream closes", "tcp_stream_close gave %lu", error);
    wait_while(&polling, PATIENCE);
    for (int i = 0; i < early_count; i++)
        need(early[i].token != READ, "its read has no event any more",
             "while tcp_stream_close cancelled what was in flight, another "
             "thread polled and got an event of the stream's read, with error "
             "%lu. operation_close promises that there is none: in which state "
             "did that thread find the operation?",
             early[i].error);
    Event event = await(5);
    expect(event.bytes == transferred, "it tells how many bytes were sent",
           "the write was ended by tcp_stream_close. Its packet says that %lu "
           "bytes had been sent, its event says %lu",
           transferred, event.bytes);
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

/* The read fails, and the poll asks why. Meanwhile the stream is closed. */
static void closed_in_landing(void)
{
    stage("closing a stream while the poll asks how its read ended, and its "
          "write is in flight");
    Talk talk = begin_talk();
    start_read(&talk);
    OVERLAPPED *read = reads_into;
    write_some(&talk, 11, data, LARGE);
    closes = talk.stream;
    require(__real_CancelIoEx((HANDLE)reading, read), "the read wasn't ended");
    require(poll_wait(&the_poll, &events, PATIENCE) == 0, "poll_wait failed");
    if (closes != NULL) { /* nobody has asked */
        closes = NULL;
        close_error = tcp_stream_close(talk.stream);
    }
    wait_while(&closing, PATIENCE);
    expect(!closing && close_error == 0, "the stream closes",
           "tcp_stream_close gave %lu", close_error);
    unsigned long start = milliseconds();
    while ((events.count == 0 || list[0].token == READ) &&
           milliseconds() - start < PATIENCE)
        require(poll_wait(&the_poll, &events, 100) == 0, "poll_wait failed");
    need(events.count == 1 && list[0].token == 11, "its write has its event",
         "a polling thread asked WSAGetOverlappedResult how the stream's read "
         "had ended, and meanwhile the stream was closed. %d ms later the "
         "write of 8 MB has no event: who closes the socket in this case, and "
         "who ends its writes?",
         PATIENCE);
    close_socket(talk.peer);
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

/* Each of the allocations that a write makes fails once. */
static void without_memory(Talk *talk)
{
    BOOL failed = TRUE;
    for (int i = 1; failed && i < LOANS; i++) {
        stage("a write for which malloc finds no memory");
        allocations = 0;
        fails_at = i;
        DWORD error = tcp_stream_start_write(talk->stream, 12, "x", 1);
        fails_at = 0;
        failed = allocations >= i;
        if (failed)
            need(error == ERROR_NOT_ENOUGH_MEMORY, "no memory gives 8",
                 "malloc gave NULL, and tcp_stream_start_write gave %lu, not 8",
                 error);
        else
            await(12);
    }
}

static void refused(void)
{
    stage("a write that WSASend refuses");
    open_poll();
    Talk talk = begin_talk();
    start_read(&talk);
    require(send_all(talk.peer, "x", 1) == 0, "sending failed");
    await(READ);
    fails_with = WSAENOBUFS;
    DWORD error = tcp_stream_start_write(talk.stream, 13, "x", 1);
    fails_with = 0;
    expect(error == WSAENOBUFS, "its error comes back",
           "WSASend failed with 10055, and tcp_stream_start_write gave %lu",
           error);
    require(poll_wait(&the_poll, &events, A_MOMENT) == 0, "poll_wait failed");
    expect(events.count == 0, "it has no event",
           "WSASend failed, so no packet comes; yet there was an event");
    without_memory(&talk);
    tcp_stream_close(talk.stream);
    close_socket(talk.peer);
    stage("destroying the poll, which waits for what is lent (and does a write "
          "that was refused still count as lent?)");
    error = poll_destroy(&the_poll);
    expect(error == 0, "the poll is destroyed", "poll_destroy gave %lu", error);
    registrator_release(&registrator);
    expect(blocks == 0, "nothing of a refused write is left",
           "one write was refused by WSASend and others by malloc. All is "
           "closed, and %d blocks of memory have not been freed: who frees the "
           "block of a write whose packet never comes?",
           blocks);
}

void examine(const Checker *table)
{
    BEGIN(table);
    blocks = 0;
    open_listener();
    open_poll();
    /* The peers get small buffers: a large write has to wait for them. */
    int size = 64 * 1024;
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, (char *)&size, sizeof size);
    data = __real_malloc(LARGE);
    back = __real_malloc(LARGE);
    require(data != NULL && back != NULL, "no memory");
    for (int i = 0; i < LARGE; i++)
        data[i] = (char)(i % 251);

    Talk talk = begin_talk();
    unregistered(&talk);
    small(&talk);
    empty(&talk);
    overtaken(&talk);
    large(&talk);
    start_read(&talk);
    closed_in_flight(&talk);
    closed_in_landing();
    destroyed_in_flight();
    refused();
}
