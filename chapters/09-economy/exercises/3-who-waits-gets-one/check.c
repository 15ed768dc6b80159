// wrap: SetFileCompletionNotificationModes GetQueuedCompletionStatusEx
// sizes: TcpStream
/* Streams for which bytes have come, and too few buffers. */
#include <stdlib.h>
#include <string.h>

#include "ends.h"

enum { STREAMS = 6, CAPACITY = 8, ARRIVING = 4, PATIENCE = 300, LEND = 40 };

extern const unsigned long long size_of_TcpStream;

WRAPPED(SetFileCompletionNotificationModes);
WRAPPED(GetQueuedCompletionStatusEx);
void WINAPI SetLastError(DWORD dwErrCode);

static BOOL skipping = TRUE;
static volatile int looks; /* at the port */

BOOL WINAPI __wrap_SetFileCompletionNotificationModes(HANDLE handle,
                                                      unsigned char flags)
{
    if (skipping)
        return __real_SetFileCompletionNotificationModes(handle, flags);
    SetLastError(ERROR_NOT_SUPPORTED);
    return FALSE;
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE from,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    looks++;
    return __real_GetQueuedCompletionStatusEx(from, entries, capacity, removed,
                                              timeout, alertable);
}

static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};
static TcpStream *streams[STREAMS];
static SOCKET far_ends[STREAMS];

static void begin(int count, ULONG limit)
{
    economy.buffers = limit;
    economy.lend_ms = 0;
    for (int i = 0; i < count; i++) {
        streams[i] = calloc(1, size_of_TcpStream);
        far_ends[i] = new_stream(streams[i]);
    }
}

static void look_at(Poll *poll, DWORD timeout)
{
    DWORD error = poll_wait(poll, &events, timeout);
    require(error == 0, "poll_wait gave error %lu", error);
    if (buffers.taken > economy.buffers)
        need(0, "no more are taken than there may be",
             "%lu buffers are taken, and %lu may be", buffers.taken,
             economy.buffers);
    for (ULONG i = 0; i < events.count; i++)
        if (list[i].error == WSAENOBUFS)
            need(0, "nobody is sent away",
                 "the event of stream %d came with error 10055. What is the "
                 "program to do, but ask again, and be told again?",
                 (int)list[i].token);
}

static void look(DWORD timeout)
{
    look_at(&the_poll, timeout);
}

/* A close needs some turns. */
static void settle(void)
{
    for (int i = 0; i < 6; i++) {
        look(1);
        if (events.count > 0)
            need(0, "no event comes for nothing",
                 "stream %d had an event, with error %lu and %lu bytes, and "
                 "nobody had given it a buffer, or it is closed",
                 (int)list[0].token, list[0].error, list[0].bytes);
    }
}

static void close_stream(int which)
{
    if (streams[which] != NULL)
        tcp_stream_close(streams[which]);
    streams[which] = NULL;
}

static void end(int count)
{
    for (int i = 0; i < count; i++)
        close_stream(i);
    settle();
    for (int i = 0; i < count; i++)
        close_socket(far_ends[i]);
    need(buffers.taken == 0, "no buffer is lost",
         "all streams are closed, and %lu buffers are still taken: who was the "
         "last to have them?",
         buffers.taken);
}

static void ask_with(Registrator *with, int which)
{
    DWORD error =
        tcp_stream_register(streams[which], with, (Token)which, READABLE);
    need(error == 0, "a stream can be registered",
         "registering stream %d gave error %lu", which, error);
}

static void ask(int which)
{
    ask_with(&registrator, which);
}

static void send_to(int which)
{
    say(far_ends[which], "hello", 5);
    pause_ms(ARRIVING);
}

/* The stream's event comes, and nobody else's. */
static void is_served(int which, const char *why)
{
    for (int i = 0; i < 6; i++) {
        look(PATIENCE / 6);
        if (events.count > 0)
            break;
    }
    need(events.count > 0, "who waits is served",
         "%s, and stream %d, for which bytes had come, had no event in %d ms: "
         "who tells it that there is a buffer?",
         why, which, PATIENCE);
    need(events.count == 1 && (int)list[0].token == which,
         "it is the one whose turn it is",
         "%s, it was stream %d's turn, and stream %d had an event%s", why,
         which, (int)list[0].token,
         (int)list[0].token == which ? ", and another as well" : "");
    need(list[0].error == 0 && list[0].bytes == 5, "with its bytes",
         "%s, and the event of stream %d had error %lu and %lu bytes", why,
         which, list[0].error, list[0].bytes);
}

static void read_all(int which)
{
    char text[8];
    DWORD count;
    DWORD error = tcp_stream_read(streams[which], text, sizeof text, &count);
    need(error == 0 && count == 5 && memcmp(text, "hello", 5) == 0,
         "the bytes can be read",
         "reading stream %d gave error %lu and %lu bytes", which, error, count);
}

/* Streams 0 to held - 1 hold all buffers, and so many others wait. */
static void crowd(int held, int count)
{
    begin(count, (ULONG)held);
    for (int i = 0; i < count; i++)
        ask(i);
    look(0);
    for (int i = 0; i < count; i++) {
        send_to(i);
        if (i < held)
            is_served(i, "a buffer was free");
        else
            settle();
    }
}

static void check_order(void)
{
    stage("two buffers, five streams");
    crowd(2, 5);
    DWORD error = tcp_stream_register(streams[3], &registrator, 3, READABLE);
    look(1);
    looks = 0;
    look(30);
    need(looks < 10, "waiting is sleeping",
         "nothing happened for 30 ms while three streams waited for a buffer, "
         "and the port was asked %d times",
         looks);
    need(error == WSAEALREADY, "waiting is being in flight",
         "a stream that waits for a buffer was registered again, which gave "
         "error %lu",
         error);
    read_all(0);
    is_served(2, "stream 0 was read");
    settle();
    read_all(2);
    is_served(3, "stream 2 was read");
    close_stream(1);
    is_served(4, "stream 1 was closed with its bytes unread");
    read_all(3);
    read_all(4);
    need(buffers.taken == 0, "all are given back",
         "all streams were read, and %lu buffers are taken", buffers.taken);
    end(5);
}

static void check_queue(void)
{
    stage("one that is always ready");
    crowd(1, 3);
    for (int round = 0; round < 2; round++) {
        send_to(0);
        read_all(0);
        ask(0); /* before the loop has had a turn */
        is_served(1, "stream 0 was read, and had more");
        send_to(1);
        read_all(1);
        ask(1);
        is_served(2, "stream 1 was read, and had more");
        send_to(2);
        read_all(2);
        ask(2);
        is_served(0, "stream 2 was read, and had more");
    }
    end(3);
}

static void check_idle(void)
{
    stage("a buffer that is lent to an idle stream");
    begin(2, 1);
    economy.lend_ms = LEND;
    ask(0);
    economy.lend_ms = 0;
    ask(1);
    economy.lend_ms = LEND;
    look(0);
    send_to(1);
    is_served(1, "stream 0 was idle for longer than economy.lend_ms");
    read_all(1);
    economy.lend_ms = 0;
    end(2);
}

static void check_closing(void)
{
    stage("one that waits is closed");
    crowd(1, 4);
    ULONG before = connections.taken;
    close_stream(1);
    settle();
    need(connections.taken == before - 1, "nothing of it stays behind",
         "a stream was closed while it waited for a buffer, and its connection "
         "is still there: what refers to it?");
    read_all(0);
    is_served(2, "stream 1 was closed while it waited, stream 0 was read");
    stage("one that was just served is closed");
    read_all(2);
    close_stream(3); /* the buffer is on its way to it */
    settle();
    need(buffers.taken == 0, "its buffer comes back",
         "a stream was closed when a buffer had been given back and its turn "
         "had not come; %lu buffers are taken",
         buffers.taken);
    end(4);
    stage("one that was just served is closed, and another waits");
    crowd(1, 3);
    read_all(0);
    close_stream(1);
    is_served(2, "stream 1 had been next, and was closed");
    end(3);
}

static void check_deadline(void)
{
    stage("a deadline passes while a stream waits");
    crowd(1, 3);
    DWORD error = tcp_stream_set_deadline(streams[1], READABLE, 30);
    require(error == 0, "tcp_stream_set_deadline gave error %lu", error);
    for (int i = 0; i < 8; i++) {
        look(PATIENCE / 8);
        if (events.count > 0)
            break;
    }
    need(events.count == 1 && list[0].token == 1 &&
             list[0].error == WSAETIMEDOUT,
         "its event comes",
         "stream 1 waited for a buffer when its deadline of 30 ms passed, and "
         "in %d ms there were %lu events, with error %lu",
         PATIENCE, events.count, list[0].error);
    read_all(0);
    is_served(2, "stream 1 had given up, stream 0 was read");
    read_all(2);
    error = tcp_stream_set_deadline(streams[1], READABLE, INFINITE);
    require(error == 0, "tcp_stream_set_deadline gave error %lu", error);
    ask(1);
    is_served(1, "it was asked for anew, with another deadline");
    read_all(1);
    end(3);
}

static Poll second_poll;
static Registrator second;
static volatile BOOL served_there;
static volatile DWORD waiting_there;

static void wait_there(void *unused)
{
    Event there[CAPACITY];
    Events batch = {.list = there, .capacity = CAPACITY};
    (void)unused;
    waiting_there = TRUE;
    if (poll_wait(&second_poll, &batch, 1500) == 0)
        served_there = batch.count == 1 && there[0].token == 1 &&
                       there[0].error == 0 && there[0].bytes == 5;
    waiting_there = FALSE;
}

static void check_two_loops(void)
{
    stage("two loops");
    require(poll_create(&second_poll) == 0 &&
                poll_registrator(&second_poll, &second) == 0,
            "no second poll could be made");
    begin(2, 1);
    ask(0);
    ask_with(&second, 1);
    send_to(0);
    is_served(0, "a buffer was free");
    send_to(1);
    look_at(&second_poll, 20);
    need(events.count == 0, "it waits", "stream 1 had an event with error %lu",
         list[0].error);
    in_thread(wait_there, NULL);
    wait_until(waiting_there, 200);
    pause_ms(30);
    read_all(0);
    look(0);
    need(events.count == 0, "the other loop has nothing to say",
         "a stream of another loop had its event in the loop of whoever gave "
         "the buffer back");
    wait_until(!waiting_there, 700);
    need(served_there, "its own loop wakes up",
         "a buffer was given back in one loop, a stream waited for it in "
         "another that was asleep, and in 700 ms it had no event");
    read_all(1);
    close_stream(1);
    look_at(&second_poll, 5);
    require(poll_destroy(&second_poll) == 0, "the second poll can't be closed");
    registrator_release(&second);
    end(2);
}

void examine(const Checker *table)
{
    BEGIN(table);
    open_poll();
    open_listener();
    check_order();
    check_queue();
    check_idle();
    check_closing();
    check_deadline();
    check_two_loops();
    stage("sockets that skip nothing");
    skipping = FALSE;
    check_order();
    stage("the end");
    DWORD error = poll_destroy(&the_poll);
    expect(error == 0, "the loop can be destroyed",
           "all streams are closed, and poll_destroy gave %lu", error);
}
