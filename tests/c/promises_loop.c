// steps: 04-05
// guard: yes
// wrap: PostQueuedCompletionStatus WSAGetOverlappedResult
/* What a loop promises: close_loop loses nothing that had completed; whatever
   is called in a wrong order is answered by an error, and hangs nobody. */
#include <string.h>

#include "guard.h"
#include "streams.h"

BOOL WINAPI __real_PostQueuedCompletionStatus(HANDLE, DWORD, ULONG_PTR,
                                              OVERLAPPED *);
BOOL WINAPI __wrap_PostQueuedCompletionStatus(HANDLE, DWORD, ULONG_PTR,
                                              OVERLAPPED *);

static DWORD pause_after_post; /* milliseconds */

BOOL WINAPI __wrap_PostQueuedCompletionStatus(HANDLE port, DWORD bytes,
                                              ULONG_PTR key,
                                              OVERLAPPED *overlapped)
{
    BOOL succeeded =
        __real_PostQueuedCompletionStatus(port, bytes, key, overlapped);
    if (pause_after_post > 0)
        Sleep(pause_after_post);
    return succeeded;
}

BOOL WINAPI __real_WSAGetOverlappedResult(SOCKET, WSAOVERLAPPED *, DWORD *,
                                          BOOL, DWORD *);
BOOL WINAPI __wrap_WSAGetOverlappedResult(SOCKET, WSAOVERLAPPED *, DWORD *,
                                          BOOL, DWORD *);

static DWORD pause_in_result;
static atomic_bool in_result; /* the polling thread asks how a read ended */

BOOL WINAPI __wrap_WSAGetOverlappedResult(SOCKET s, WSAOVERLAPPED *overlapped,
                                          DWORD *bytes, BOOL wait, DWORD *flags)
{
    in_result = TRUE;
    Sleep(pause_in_result);
    return __real_WSAGetOverlappedResult(s, overlapped, bytes, wait, flags);
}

unsigned long long WINAPI GetTickCount64(void);

enum { STREAMS = 20, MOST = 100, JOIN_MS = 5000 };

static Poll poll;
static Registrator registrator;
static Stream streams[STREAMS];
static SOCKET peers[STREAMS];
static Event list[MOST];
static Events events = {.list = list, .capacity = MOST};

static void open_loop(void)
{
    if (poll_create(&poll) != 0 || poll_registrator(&poll, &registrator) != 0)
        give_up("cannot open a loop");
}

static void open_stream(int i)
{
    SOCKET pair[2];
    connected(pair);
    peers[i] = pair[1];
    if (stream_open(&streams[i], pair[0]) != 0)
        give_up("cannot open a stream");
}

static DWORD begin(int i)
{
    return stream_start(&streams[i], &registrator, (Token)i);
}

static void close_stream(int i)
{
    stream_close(&streams[i]);
    close_socket(peers[i]);
}

static void end_loop(void)
{
    is(poll_destroy(&poll), 0, "the poll is destroyed");
    is(registrator_release(&registrator), 0, "the registrator given up");
}

static void complete(int i)
{
    send_all(peers[i], "hello", 5);
    if (!packet_queued(streams[i].operation))
        give_up("a packet does not come");
}

/* Counts how often each event is handed out until the loop's end. */
static void count_to_the_end(ULONG capacity, int *each)
{
    DWORD error;
    Events few = {.list = list, .capacity = capacity};
    /* An empty batch is what the packet of a closed stream leaves. */
    int empty = 0;
    while ((error = poll_wait(&poll, &few, JOIN_MS)) == 0 && empty < 2) {
        empty += few.count == 0;
        for (ULONG i = 0; i < few.count; i++)
            each[list[i].token]++;
    }
    is(error, ERROR_ABANDONED_WAIT_0, "then comes the end");
    is(few.count, 0, "without an event");
}

/* Some reads have ended, one has been closed with its packet queued, others go
   on; then the loop is closed. */
static void loses_nothing(ULONG capacity, int completed)
{
    int each[STREAMS] = {0}, once = 0;
    open_loop();
    for (int i = 0; i < STREAMS; i++) {
        open_stream(i);
        begin(i);
    }
    for (int i = 0; i <= completed; i++)
        complete(i);
    close_stream(completed);
    is(registrator_close_loop(&registrator), 0, "close_loop");
    count_to_the_end(capacity, each);
    for (int i = 0; i < completed; i++)
        once += each[i] == 1;
    is((unsigned)once, (unsigned)completed,
       "%d events, capacity %lu: each is handed out once", completed, capacity);
    is((unsigned)each[completed], 0, "the closed stream's is not");
    for (int i = 0; i < STREAMS; i++)
        if (i != completed)
            close_stream(i);
    end_loop();
}

/* Event and close share a batch, time and again. */
static void loses_nothing_in_many_rounds(void)
{
    enum { ROUNDS = 300 };
    int handed_out = 0, ended = 0;
    for (int i = 0; i < ROUNDS; i++) {
        Event one;
        Events narrow = {.list = &one, .capacity = 1};
        Events *into = i % 2 ? &narrow : &events;
        open_loop();
        open_stream(1);
        begin(1);
        complete(1);
        registrator_close_loop(&registrator);
        handed_out += poll_wait(&poll, into, JOIN_MS) == 0 && into->count == 1;
        ended += poll_wait(&poll, into, JOIN_MS) == ERROR_ABANDONED_WAIT_0;
        close_stream(1);
        poll_destroy(&poll);
        registrator_release(&registrator);
    }
    is((unsigned)handed_out, ROUNDS, "the event comes first, %d times", ROUNDS);
    is((unsigned)ended, ROUNDS, "then the end");
}

static void after_close_loop(void)
{
    open_loop();
    open_stream(0);
    open_stream(1);
    begin(0);
    is(registrator_close_loop(&registrator), 0, "close_loop succeeds");
    is(registrator_close_loop(&registrator), ERROR_ABANDONED_WAIT_0,
       "a second close_loop does not");
    is(begin(1), ERROR_ABANDONED_WAIT_0, "nor does register after it");
    unsigned long long start = GetTickCount64();
    for (int i = 0; i < 3; i++) {
        events.count = 7;
        is(poll_wait(&poll, &events, JOIN_MS), ERROR_ABANDONED_WAIT_0,
           "poll_wait %d reports the end", i + 1);
        is(events.count, 0, "and hands nothing out");
    }
    ok(GetTickCount64() - start < JOIN_MS, "all three at once");
    is(poll_destroy(&poll), ERROR_BUSY, "a stream is open: not destroyed");
    close_stream(0);
    close_stream(1);
    is(poll_destroy(&poll), 0, "none is open: destroyed");
    is(poll_destroy(&poll), ERROR_ABANDONED_WAIT_0, "only once");
    is(poll_wait(&poll, &events, JOIN_MS), ERROR_ABANDONED_WAIT_0,
       "waiting in a destroyed poll is refused");
    Registrator late;
    is(poll_registrator(&poll, &late), ERROR_ABANDONED_WAIT_0,
       "so is a new registrator");
    is(registrator_release(&registrator), 0, "the old one is given up");
    is(registrator_release(&registrator), ERROR_ABANDONED_WAIT_0, "only once");
    is(registrator_close_loop(&registrator), ERROR_ABANDONED_WAIT_0,
       "and closes no loop any more");
}

static void after_the_poll(void)
{
    open_loop();
    open_stream(0);
    is(poll_destroy(&poll), 0, "the poll goes first");
    is(begin(0), ERROR_ABANDONED_WAIT_0, "register says that it is gone");
    is(registrator_close_loop(&registrator), ERROR_ABANDONED_WAIT_0,
       "so does close_loop");
    is(registrator_release(&registrator), 0, "the registrator goes last");
    is(begin(0), ERROR_ABANDONED_WAIT_0, "register without one is refused");
    close_stream(0);
}

static DWORD end_seen;
static atomic_int told;

static unsigned WINAPI wait_to_the_end(void *unused)
{
    Event one;
    Events narrow = {.list = &one, .capacity = 1};
    (void)unused;
    while ((end_seen = poll_wait(&poll, &narrow, INFINITE)) == 0)
        told += (int)narrow.count;
    return 0;
}

static HANDLE start_waiter(void)
{
    HANDLE thread;
    if (start_thread(&thread, wait_to_the_end, NULL) != 0)
        give_up("no thread");
    for (int i = 0; i < 1000 && !poll.busy; i++)
        Sleep(1);
    return thread;
}

static void join_waiter(HANDLE thread)
{
    if (!ok(WaitForSingleObject(thread, JOIN_MS) == 0, "the waiter is woken"))
        give_up("it would wait for ever");
    is(end_seen, ERROR_ABANDONED_WAIT_0, "and told of the end");
    close_handle(thread);
}

static void while_another_waits(void)
{
    open_loop();
    HANDLE thread = start_waiter();
    events.count = 3;
    is(poll_wait(&poll, &events, 0), ERROR_BUSY, "a second waiter is refused");
    is(events.count, 3, "and the array is not wiped: it may be the first's");
    is(poll_destroy(&poll), ERROR_BUSY, "so is destroying");
    open_stream(0);
    is(begin(0), 0, "registering is not: nothing has been closed by that");
    is(registrator_close_loop(&registrator), 0, "nor is closing the loop");
    join_waiter(thread);
    close_stream(0);
    end_loop();
}

/* A refused poll_destroy must leave a way to wake the next waiter. */
static void waiting_after_a_refused_destroy(void)
{
    open_loop();
    open_stream(0);
    begin(0);
    is(poll_destroy(&poll), ERROR_BUSY, "a stream is open: not destroyed");
    HANDLE thread = start_waiter();
    close_stream(0);
    registrator_close_loop(&registrator);
    join_waiter(thread);
    end_loop();
}

/* The waiter may be told of the end before close_loop has returned. */
static unsigned WINAPI wait_and_destroy(void *unused)
{
    wait_to_the_end(unused);
    return poll_destroy(&poll);
}

static void closing_is_told_once(void)
{
    HANDLE thread;
    open_loop();
    start_thread(&thread, wait_and_destroy, NULL);
    pause_after_post = 200;
    is(registrator_close_loop(&registrator), 0,
       "close_loop succeeds even if the poll is gone by then");
    pause_after_post = 0;
    is(join_thread(thread), 0, "the waiter has ended");
    is(registrator_release(&registrator), 0, "all is given up");
}

/* The packet has been taken out, its event is being made. */
static HANDLE stop_in_result(void)
{
    open_loop();
    open_stream(0);
    begin(0);
    in_result = FALSE;
    pause_in_result = 300;
    told = 0;
    HANDLE thread = start_waiter();
    reset(peers[0]);
    for (int i = 0; i < 1000 && !in_result; i++)
        Sleep(1);
    return thread;
}

static void end_in_result(HANDLE thread)
{
    pause_in_result = 0;
    is(registrator_close_loop(&registrator), 0, "the loop is closed");
    join_waiter(thread);
}

static void while_an_event_is_made(void)
{
    HANDLE thread = stop_in_result();
    is(begin(0), WSAEALREADY, "no read starts while an event is made");
    end_in_result(thread);
    is((unsigned)told, 1, "that event is handed out");
    is(stream_close(&streams[0]), 0, "the stream is closed");
    end_loop();

    thread = stop_in_result();
    is(stream_close(&streams[0]), 0, "closing while an event is made");
    end_in_result(thread);
    is((unsigned)told, 0, "no event tells of the closed stream");
    end_loop();
}

static void interests(void)
{
    open_loop();
    open_stream(0);
    Operation *operation = streams[0].operation;
    is(registrator_register(&registrator, operation, 1, WRITABLE),
       ERROR_NOT_SUPPORTED, "WRITABLE is refused");
    is(registrator_register(&registrator, operation, 1,
                            (Interests)(READABLE | WRITABLE)),
       ERROR_NOT_SUPPORTED, "also beside READABLE");
    is(registrator_register(&registrator, operation, 1, (Interests)0),
       ERROR_NOT_SUPPORTED, "so is nothing at all");
    is(begin(0), 0, "and none of that has started a read");
    close_stream(0);
    end_loop();
}

static void the_wrong_loop(void)
{
    Poll other;
    Registrator others;
    open_loop();
    open_stream(0);
    begin(0);
    complete(0);
    poll_wait(&poll, &events, JOIN_MS);
    poll_create(&other);
    poll_registrator(&other, &others);
    is(registrator_register(&others, streams[0].operation, 1, READABLE),
       ERROR_INVALID_PARAMETER, "another loop refuses the stream");
    is(poll_destroy(&other), 0, "and is not held open by it");
    registrator_release(&others);
    Events none = {.list = list, .capacity = 0};
    is(poll_wait(&poll, &none, INFINITE), ERROR_INVALID_PARAMETER,
       "waiting without capacity is an error");
    close_stream(0);
    end_loop();
}

static void unread_bytes(void)
{
#if STEP >= 5
    char text[8];
    DWORD count;
    open_loop();
    open_stream(0);
    begin(0);
    is(begin(0), WSAEALREADY, "one read at a time");
    complete(0);
    is(begin(0), WSAEALREADY, "also while its packet is in the port");
    poll_wait(&poll, &events, JOIN_MS);
    is(begin(0), ERROR_MORE_DATA, "no read while bytes are unread");
    tcp_stream_read(&streams[0], text, 4, &count);
    is(begin(0), ERROR_MORE_DATA, "nor while one byte is");
    is(tcp_stream_read(&streams[0], text + 4, 4, &count), 0, "reading");
    ok(count == 1 && memcmp(text, "hello", 5) == 0, "has lost nothing");
    is(begin(0), 0, "then a read starts");
    is(tcp_stream_close(&streams[0]), 0, "the stream is closed");
    is(tcp_stream_close(&streams[0]), WSAENOTSOCK, "only once");
    is(begin(0), WSAENOTSOCK, "and not registered any more");
    close_socket(peers[0]);
    end_loop();
#endif
}

int main(void)
{
    guard_end_unchecked(); /* the listener stays open */
    if (wsa_startup() != 0)
        bail("no Winsock");
    int live = guard_living();
    after_close_loop();
    loses_nothing(1, 5);
    loses_nothing(3, 10);
    loses_nothing(MOST, 19);
    loses_nothing_in_many_rounds();
    after_the_poll();
    while_another_waits();
    waiting_after_a_refused_destroy();
    closing_is_told_once();
    while_an_event_is_made();
    interests();
    the_wrong_loop();
    unread_bytes();
    is((unsigned)guard_living() - (unsigned)live, 0, "nothing is left");
    return done_testing();
}
