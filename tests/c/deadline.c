// steps: 08+
// wrap: AcquireSRWLockExclusive GetQueuedCompletionStatusEx getaddrinfo
// wrap: PostQueuedCompletionStatus
/* What deadlines promise: kept, moved, taken back, and what comes in time. */
#include "peers.h"

#include "deadline.h"

enum { BIG = 16 * 1024 * 1024, NOT_SENT = 1450 };

DWORD WINAPI GetCurrentThreadId(void);
void WINAPI SetLastError(DWORD error);
BOOL WINAPI __real_PostQueuedCompletionStatus(HANDLE, DWORD, ULONG_PTR,
                                              OVERLAPPED *);
void WINAPI __real_AcquireSRWLockExclusive(SRWLOCK *);
BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
int WINAPI __real_getaddrinfo(const char *, const char *,
                              const struct addrinfo *, struct addrinfo **);

/* What a test has done just before the lock of a source is taken. */
static SRWLOCK *watched;
static void (*before_lock)(void);

void WINAPI __wrap_AcquireSRWLockExclusive(SRWLOCK *lock)
{
    if (lock == watched && before_lock != NULL)
        before_lock();
    __real_AcquireSRWLockExclusive(lock);
}

static int early; /* waits end early */
static int waits;

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE from,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    waits++;
    if (early && timeout != INFINITE && timeout > 3)
        timeout -= timeout / 4 + 1;
    return __real_GetQueuedCompletionStatusEx(from, entries, capacity, removed,
                                              timeout, alertable);
}

static atomic_int posts;
static atomic_int posts_fail;

BOOL WINAPI __wrap_PostQueuedCompletionStatus(HANDLE to, DWORD bytes,
                                              ULONG_PTR key,
                                              OVERLAPPED *overlapped)
{
    posts++;
    if (!posts_fail)
        return __real_PostQueuedCompletionStatus(to, bytes, key, overlapped);
    SetLastError(NOT_SENT);
    return FALSE;
}

/* A lookup of this name takes until it is let go. */
static const char slow_name[] = "slow.test";
static atomic_bool let_go;

int WINAPI __wrap_getaddrinfo(const char *host, const char *service,
                              const struct addrinfo *hints,
                              struct addrinfo **result)
{
    if (host == NULL || strcmp(host, slow_name) != 0 || hints->ai_flags != 0)
        return __real_getaddrinfo(host, service, hints, result);
    while (!let_go)
        Sleep(1);
    return __real_getaddrinfo("127.0.0.1", service, hints, result);
}

static DWORD set(TcpStream *stream, Interests interests, DWORD timeout)
{
    return tcp_stream_set_deadline(stream, interests, timeout);
}

/* A stream that has its port, so that it can be given a deadline. */
static SOCKET ready(TcpStream *stream)
{
    SOCKET peer = meet(stream);
    must("registering", tcp_stream_register(stream, &registrator, 1, WRITABLE));
    must("becoming writable", next_event().error);
    return peer;
}

static void end(TcpStream *stream, SOCKET peer)
{
    close_socket(peer);
    is(tcp_stream_close(stream), 0, "and the stream is closed");
    is(poll.loop->selector.timers.count, 0, "no timer is left");
}

static int lent(void)
{
    return poll.loop->selector.lent;
}

static void refusals(void)
{
    TcpStream stream, none = {0};
    SOCKET peer = meet(&stream);
    is(set(&stream, READABLE, 5), WSAENOTCONN, "no deadline without a loop");
    is(tcp_stream_set_idle(&stream, 5), WSAENOTCONN, "nor for idleness");
    is(set(&stream, 0, 5), ERROR_INVALID_PARAMETER, "nor for nothing");
    is(set(&stream, NOTIFIED, 5), ERROR_INVALID_PARAMETER, "nor for others");
    is(set(&none, READABLE, 5), WSAENOTSOCK, "nor for a closed stream");
    is(tcp_stream_set_idle(&none, 5), WSAENOTSOCK, "nor its idleness");
    end(&stream, peer);
}

static void a_read_too_late(void)
{
    enum { TIMEOUT = 50 };
    TcpStream stream;
    char text[8];
    DWORD count;
    SOCKET peer = ready(&stream);
    must("registering", await(&stream, 5));
    unsigned long long start = now_ms();
    is(set(&stream, READABLE, TIMEOUT), 0, "a deadline for a read in flight");
    Event event = next_event();
    ok(event.token == 5 && event.ready == READABLE &&
           event.error == WSAETIMEDOUT,
       "ends it with 10060, not 995: %lu", event.error);
    ok(now_ms() - start >= TIMEOUT, "not before its time");
    is(tcp_stream_read(&stream, text, sizeof text, &count), WSAETIMEDOUT,
       "reading says the same");
    is(await(&stream, 6), WSAETIMEDOUT, "and so does another try");
    is((unsigned)lent(), 0, "nothing is in flight");
    ok(silence(), "it is told once");
    is(set(&stream, READABLE, INFINITE), 0, "the deadline is lifted");
    is(await(&stream, 7), 0, "then it can be read again");
    say(peer, "hello");
    is(next_event().bytes, 5, "and all that comes is there");
    is(tcp_stream_write(&stream, "x", 1, &count), 0,
       "writing was not concerned");
    end(&stream, peer);
}

static void in_the_past(void)
{
    TcpStream stream;
    SOCKET peer = ready(&stream);
    say(peer, "hello");
    is(set(&stream, READABLE, 0), 0, "a deadline that is over");
    is(await(&stream, 2), WSAETIMEDOUT, "what waits already comes too late");
    is((unsigned)lent(), 0, "nothing is started");
    is(set(&stream, READABLE, INFINITE), 0, "lifted,");
    is(await(&stream, 3), 0, "a read");
    is(next_event().bytes, 5, "gets it whole");
    end(&stream, peer);
}

/* The packet is in the port already when the time comes. */
static void bytes_win(void)
{
    TcpStream stream;
    char text[8];
    DWORD count;
    SOCKET peer = ready(&stream);
    must("registering", await(&stream, 4));
    say(peer, "hello");
    let_it_finish(&stream);
    is(set(&stream, READABLE, 0), 0, "bytes are there when the time comes");
    Sleep(5);
    Event event = next_event();
    ok(event.error == 0 && event.bytes == 5, "they are told");
    is(tcp_stream_read(&stream, text, sizeof text, &count), 0, "and read");
    is(await(&stream, 4), WSAETIMEDOUT, "the next are too late");
    ok(silence(), "all is told once");
    end(&stream, peer);
}

static TcpStream *subject;

static void lift(void)
{
    before_lock = NULL;
    must("lifting", set(subject, READABLE | WRITABLE, INFINITE));
}

/* Lifted when it has been taken out of the heap but not acted upon. */
static void lifted_in_the_last_moment(void)
{
    TcpStream stream;
    SOCKET peer = ready(&stream);
    must("registering", await(&stream, 4));
    must("setting", set(&stream, READABLE, 1));
    subject = &stream;
    watched = &stream.connection->source.lock;
    before_lock = lift;
    Sleep(5);
    ok(silence() && before_lock == NULL,
       "a deadline lifted in the last moment does nothing");
    say(peer, "hello");
    is(next_event().bytes, 5, "the read goes on");
    is(await(&stream, 4), ERROR_MORE_DATA, "and the stream");
    end(&stream, peer);
}

static int passes;

static void lift_at_the_packet(void)
{
    if (++passes == 2)
        lift();
}

/* Lifted between the cancel and its packet. */
static void lifted_too_late(void)
{
    TcpStream stream;
    SOCKET peer = ready(&stream);
    must("registering", await(&stream, 4));
    must("setting", set(&stream, READABLE, 1));
    subject = &stream;
    passes = 0;
    watched = &stream.connection->source.lock;
    before_lock = lift_at_the_packet;
    is(next_event().error, WSAETIMEDOUT,
       "lifted after its cancel, it is still the deadline that ended the read");
    is((unsigned)passes, 2, "of which the packet was on its way");
    is(await(&stream, 4), 0, "and there can be another");
    end(&stream, peer);
}

static atomic_int stage;
static DWORD closer;

/* The loop has taken the timer out; then the other thread comes as far as its
   second lock; then the loop goes on. */
static void meet_the_closer(void)
{
    static int locks;
    if (GetCurrentThreadId() != closer) {
        if (stage == 0) {
            stage = 1;
            while (stage == 1)
                Sleep(0);
        }
        return;
    }
    if (++locks == 2) {
        stage = 2;
        while (stage == 2)
            Sleep(0);
    }
}

static unsigned WINAPI close_it(void *stream)
{
    closer = GetCurrentThreadId();
    while (stage == 0)
        Sleep(0);
    tcp_stream_close(stream);
    return 0;
}

static void closed_in_the_last_moment(void)
{
    TcpStream stream;
    HANDLE thread;
    Event event;
    Events events = {.list = &event, .capacity = 1};
    SOCKET peer = ready(&stream);
    must("setting", tcp_stream_set_idle(&stream, 1));
    watched = &stream.connection->source.lock;
    must("a thread", start_thread(&thread, close_it, &stream));
    while (closer == 0)
        Sleep(0);
    before_lock = meet_the_closer;
    Sleep(5);
    must("polling", poll_wait(&poll, &events, 0));
    stage = 3;
    must("joining", join_thread(thread));
    before_lock = NULL;
    is(poll.loop->selector.timers.count, 0,
       "a stream closed in the last moment leaves no timer");
    is((unsigned)stage, 3, "which was being handled");
    close_socket(peer);
}

static void moved(void)
{
    TcpStream stream;
    Event event;
    Events events = {.list = &event, .capacity = 1};
    SOCKET peer = ready(&stream);
    must("registering", await(&stream, 3));
    must("setting", set(&stream, READABLE, 30));
    must("setting", set(&stream, READABLE, 1000000));
    must("polling", poll_wait(&poll, &events, 60));
    is(events.count, 0, "moved to later, it does not come at the old time");
    must("setting", set(&stream, READABLE, 30));
    is(next_event().error, WSAETIMEDOUT, "moved to sooner, it comes");
    end(&stream, peer);
}

static void in_their_order(void)
{
    static const DWORD timeouts[] = {60, 20, 40};
    TcpStream streams[3];
    SOCKET peers[3];
    for (Token i = 0; i < 3; i++) {
        peers[i] = ready(&streams[i]);
        must("registering", await(&streams[i], i));
    }
    for (int i = 0; i < 3; i++)
        must("setting", set(&streams[i], READABLE, timeouts[i]));
    Token first = next_event().token, second = next_event().token;
    ok(first == 1 && second == 2 && next_event().token == 0,
       "three deadlines come in their order");
    ok(silence(), "each once");
    for (int i = 0; i < 3; i++) {
        close_socket(peers[i]);
        tcp_stream_close(&streams[i]);
    }
}

/* A wait that ends early is waited for again, and so is the caller's own. */
static void early_waits(void)
{
    enum { TIMEOUT = 80 };
    TcpStream stream;
    Event event;
    Events events = {.list = &event, .capacity = 1};
    SOCKET peer = ready(&stream);
    early = 1;
    waits = 0;
    unsigned long long start = now_ms();
    must("polling", poll_wait(&poll, &events, TIMEOUT));
    ok(events.count == 0 && now_ms() - start >= TIMEOUT && waits > 1,
       "%d waits that end early make one whole", waits);
    must("registering", await(&stream, 3));
    start = now_ms();
    must("setting", set(&stream, READABLE, TIMEOUT));
    is(next_event().error, WSAETIMEDOUT, "a deadline");
    ok(now_ms() - start >= TIMEOUT, "is not early either");
    ok(waits < 100, "and nothing spins: %d waits", waits);
    early = 0;
    end(&stream, peer);
}

/* A timer that has nothing to tell does not cut the caller's wait short. */
static void quiet_timers(void)
{
    TcpStream stream;
    Event event;
    Events events = {.list = &event, .capacity = 1};
    SOCKET peer = ready(&stream);
    must("setting", set(&stream, READABLE, 20));
    unsigned long long start = now_ms();
    must("polling", poll_wait(&poll, &events, 60));
    ok(events.count == 0 && now_ms() - start >= 60,
       "a deadline of nothing in flight is not told");
    is(poll.loop->selector.timers.count, 0, "but has passed");
    is(await(&stream, 1), WSAETIMEDOUT, "and holds");
    end(&stream, peer);
}

static char big[BIG];

/* More than the system takes: a send is in flight from here on. */
static void stuff(TcpStream *stream)
{
    DWORD count;
    must("setting the mark", tcp_stream_set_mark(stream, BIG));
    must("writing", tcp_stream_write(stream, big, BIG, &count));
}

static void a_write_too_late(void)
{
    TcpStream stream;
    DWORD count;
    char text[8];
    SOCKET peer = ready(&stream);
    stuff(&stream);
    say(peer, "hello");
    must("registering", await(&stream, 2));
    is(next_event().bytes, 5, "bytes come");
    must("registering",
         tcp_stream_register(&stream, &registrator, 9, WRITABLE));
    is(set(&stream, WRITABLE, 30), 0, "a deadline for a send in flight");
    Event event = next_event();
    ok(event.token == 9 && event.ready == WRITABLE &&
           event.error == WSAETIMEDOUT,
       "ends it with 10060");
    is(tcp_stream_unsent(&stream, &count), 0, "what was not sent");
    is(count, 0, "is given up");
    is(set(&stream, WRITABLE, INFINITE), 0, "lifting the deadline");
    is(tcp_stream_write(&stream, "x", 1, &count), WSAETIMEDOUT,
       "does not mend a stream that was cut off");
    is(tcp_stream_read(&stream, text, sizeof text, &count), 0,
       "what had come can be read");
    is((unsigned)lent(), 0, "nothing is in flight");
    end(&stream, peer);
}

/* The send in flight is in time, but there is more to send. */
static void the_rest_is_late(void)
{
    TcpStream stream;
    DWORD count;
#if STEP >= 9
    economy.skip = FALSE; /* else both are sent at once */
#endif
    SOCKET peer = ready(&stream);
#if STEP >= 9
    economy.skip = TRUE;
#endif
    must("writing", tcp_stream_write(&stream, "in time", 7, &count));
    must("writing", tcp_stream_write(&stream, "late", 4, &count));
    must("registering",
         tcp_stream_register(&stream, &registrator, 9, WRITABLE));
    must("setting", set(&stream, WRITABLE, 0));
    is(next_event().error, WSAETIMEDOUT, "a send in time, and more to send");
    is(tcp_stream_unsent(&stream, &count), 0, "which");
    is(count, 0, "is given up");
    is((unsigned)lent(), 0, "and not in flight behind the deadline's back");
    char got[16];
    is((unsigned)recv(peer, got, sizeof got, 0), 7, "the peer has the first");
    end(&stream, peer);
}

static void only_one_way(void)
{
    TcpStream stream;
    SOCKET peer = ready(&stream);
    static char piece[65536];
    must("registering", await(&stream, 2));
    stuff(&stream);
    must("registering",
         tcp_stream_register(&stream, &registrator, 3, WRITABLE));
    must("setting", set(&stream, READABLE, 20));
    Event event = next_event();
    ok(event.token == 2 && event.error == WSAETIMEDOUT,
       "a deadline for reading ends the read");
    ok(silence(), "and not the send");
    Events events = {.list = &event, .capacity = 1};
    do {
        must("draining",
             recv(peer, piece, sizeof piece, 0) > 0 ? 0 : WSAECONNRESET);
        must("polling", poll_wait(&poll, &events, 0));
    } while (events.count == 0);
    ok(event.token == 3 && event.error == 0, "which goes on to its end");
    end(&stream, peer);
}

static void idle(void)
{
    enum { TIMEOUT = 200 };
    TcpStream stream;
    char text[8];
    DWORD count;
    SOCKET peer = ready(&stream);
    is(tcp_stream_set_idle(&stream, TIMEOUT), 0, "a limit to idleness");
    unsigned long long start = now_ms();
    must("registering", await(&stream, 2));
    for (int i = 0; i < 6; i++) {
        Sleep(TIMEOUT / 4);
        say(peer, "x");
        must("a byte in time", next_event().error);
        must("reading", tcp_stream_read(&stream, text, 1, &count));
        must("registering", await(&stream, 2));
    }
    ok(now_ms() - start >= TIMEOUT, "bytes now and then keep it open");
    start = now_ms();
    Event event = next_event();
    ok(event.ready == READABLE && event.error == WSAETIMEDOUT,
       "none for long end it");
    ok(now_ms() - start + 60 >= TIMEOUT, "not before its time");
    is(tcp_stream_write(&stream, "x", 1, &count), WSAETIMEDOUT, "both ways");
    end(&stream, peer);
}

static void closed_before(void)
{
    TcpStream stream;
    SOCKET peer = ready(&stream);
    must("registering", await(&stream, 2));
    must("setting", set(&stream, READABLE | WRITABLE, 20));
    must("setting", tcp_stream_set_idle(&stream, 20));
    is(poll.loop->selector.timers.count, 3, "three timers");
    is(tcp_stream_close(&stream), 0, "a stream closed before its deadlines");
    is(poll.loop->selector.timers.count, 0, "takes them with it");
    ok(silence(), "nothing is told");
    is((unsigned)lent(), 0, "nothing is left");
    char byte;
    is((unsigned)recv(peer, &byte, 1, 0), 0, "its peer sees the end");
    close_socket(peer);
}

static unsigned WINAPI start_read(void *stream)
{
    must("registering", await(stream, 8));
    return 0;
}

static unsigned WINAPI set_later(void *stream)
{
    Sleep(30);
    return set(stream, READABLE, 1);
}

static void threads(void)
{
    TcpStream stream;
    HANDLE thread;
    SOCKET peer = ready(&stream);
    must("a thread", start_thread(&thread, start_read, &stream));
    must("joining", join_thread(thread));
    must("a thread", start_thread(&thread, set_later, &stream));
    /* This waits without a timeout that would do. */
    Event event;
    Events events = {.list = &event, .capacity = 1};
    must("polling", poll_wait(&poll, &events, INFINITE));
    ok(events.count == 1 && event.token == 8 && event.error == WSAETIMEDOUT,
       "set by one thread, for a read of a second, told to a third");
    must("joining", join_thread(thread));
    posts = 0;
    for (DWORD i = 0; i < 1000; i++)
        must("setting", set(&stream, READABLE, 100000 - i));
    is((unsigned)posts, 0, "while nobody waits, setting one posts nothing");
    end(&stream, peer);
}

static atomic_uint result;

static unsigned WINAPI set_in_vain(void *stream)
{
    Sleep(30);
    posts_fail = 1;
    result = set(stream, READABLE, 1);
    posts_fail = 0;
    must("waking", registrator_notify(&registrator, 3));
    return 0;
}

static void nudge_refused(void)
{
    TcpStream stream;
    HANDLE thread;
    SOCKET peer = ready(&stream);
    must("a thread", start_thread(&thread, set_in_vain, &stream));
    Event event;
    Events events = {.list = &event, .capacity = 1};
    must("polling", poll_wait(&poll, &events, INFINITE));
    must("joining", join_thread(thread));
    is(result, NOT_SENT, "a deadline that can't be made known says so");
    ok(silence(), "and is set");
    is(await(&stream, 1), WSAETIMEDOUT, "all the same");
    end(&stream, peer);
}

/* A connection that stays to be made: Linux keeps the second client of a full
   backlog waiting; a network for documentation does so for Windows. */
static SOCKET full_listener(const char **host, char to[6])
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = htonl(0x7F000001)};
    int size = sizeof address;
    SOCKET s, first;
    *host = "192.0.2.1";
    snprintf(to, 6, "9");
    must("a socket", open_socket(AF_INET, &s));
    if (GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") ==
        NULL)
        return s;
    *host = "127.0.0.1";
    must("binding", (DWORD)bind(s, (struct sockaddr *)&address, size));
    must("listening", (DWORD)listen(s, 0));
    must("asking", (DWORD)getsockname(s, (struct sockaddr *)&address, &size));
    snprintf(to, 6, "%u", ntohs(address.sin_port));
    must("a socket", open_socket(AF_INET, &first));
    must("connecting",
         (DWORD)connect(first, (struct sockaddr *)&address, size));
    return s;
}

static void a_connect_too_late(void)
{
    TcpStream stream;
    const char *host;
    char to[6];
    DWORD count;
    SOCKET s = full_listener(&host, to);
    must("connecting", tcp_stream_connect(&stream, &registrator, 7, host, to));
    is(tcp_stream_write(&stream, "x", 1, &count), 0, "written ahead");
    is(set(&stream, WRITABLE, 50), 0, "a deadline for connecting");
    Event event = next_event();
    ok(event.token == 7 && event.ready == WRITABLE &&
           event.error == WSAETIMEDOUT,
       "ends it with 10060: %lu", event.error);
    is(tcp_stream_unsent(&stream, &count), 0, "what was written ahead");
    is(count, 0, "is given up");
    is(tcp_stream_write(&stream, "x", 1, &count), WSAETIMEDOUT,
       "writing says why");
    ok(silence(), "it is told once");
    is((unsigned)lent(), 0, "nothing is in flight");
    is(tcp_stream_close(&stream), 0, "and the stream is closed");
    close_socket(s);
}

static void a_lookup_too_late(void)
{
    TcpStream stream;
    DWORD count;
    let_go = FALSE;
    must("connecting",
         tcp_stream_connect(&stream, &registrator, 7, slow_name, port));
    must("setting", set(&stream, WRITABLE, 20));
    Event event = next_event();
    ok(event.token == 7 && event.error == WSAETIMEDOUT,
       "a deadline comes while the name is still looked up");
    is(await(&stream, 1), WSAENOTCONN, "there is nothing to read from");
    is(tcp_stream_write(&stream, "x", 1, &count), WSAETIMEDOUT,
       "nor to write to");
    is((unsigned)lent(), 1, "the lookup goes on");
    must("lifting", set(&stream, WRITABLE, INFINITE));
    let_go = TRUE;
    ok(silence(), "and is of no use to anybody");
    is((unsigned)lent(), 0, "when it ends");
    is(await(&stream, 1), WSAENOTCONN, "still nothing to read from");
    is(tcp_stream_close(&stream), 0, "and the stream is closed");
}

/* The answer waits in the port when the time comes. */
static void a_lookup_just_too_late(void)
{
    TcpStream stream;
    let_go = TRUE;
    posts = 0;
    must("connecting",
         tcp_stream_connect(&stream, &registrator, 7, slow_name, port));
    while (posts == 0)
        Sleep(1);
    Sleep(20);
    must("setting", set(&stream, WRITABLE, 0));
    is(next_event().error, WSAETIMEDOUT,
       "a name found too late is no connection");
    is(tcp_stream_close(&stream), 0, "and the stream is closed");
}

static void nothing_to_cancel(void)
{
    static OVERLAPPED overlapped;
    TcpStream stream;
    SOCKET peer = ready(&stream);
    is(cancel_operation(socket_of(&stream), &overlapped), 0,
       "cancelling what is not in flight is no error");
    end(&stream, peer);
}

int main(void)
{
    set_up();
    refusals();
    a_read_too_late();
    in_the_past();
    bytes_win();
    lifted_in_the_last_moment();
    lifted_too_late();
    closed_in_the_last_moment();
    moved();
    in_their_order();
    early_waits();
    quiet_timers();
    a_write_too_late();
    the_rest_is_late();
    only_one_way();
    idle();
    closed_before();
    threads();
    nudge_refused();
    a_connect_too_late();
    a_lookup_too_late();
    a_lookup_just_too_late();
    nothing_to_cancel();
    tear_down();
    return done_testing();
}
