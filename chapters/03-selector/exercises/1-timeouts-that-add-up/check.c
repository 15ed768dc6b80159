// wrap: GetQueuedCompletionStatusEx GetTickCount GetTickCount64
// sizes: Selector
/* Stands between selector_select and the port: while the call waits, things
   happen at set times, in the same thread. */
#include <stdlib.h>

#include "check.h"
#include "selector.h"
#include "streams.h"

enum {
    CAPACITY = 4,
    TOKEN = 5,
    HAPPENINGS = 10,
    AWAKE = 4,         /* so often a wait may ask the port for nothing */
    BROKEN = 5,        /* ERROR_ACCESS_DENIED */
    IN_FLIGHT = 0x103, /* STATUS_PENDING */
    A_DAY = 24 * 3600 * 1000
};
#define A_MONTH (30 * (DWORD)A_DAY)

extern const unsigned long long size_of_Selector;

DWORD WINAPI GetCurrentThreadId(void);
void WINAPI SetLastError(DWORD dwErrCode);
DWORD WINAPI GetTickCount(void);
WRAPPED(GetTickCount);
WRAPPED(GetTickCount64);
WRAPPED(GetQueuedCompletionStatusEx);

/* What is to happen so long after the start: a stream of ours is closed, or a
   peer speaks. */
typedef struct Happening {
    DWORD time;
    Operation *closed;
    SOCKET speaks;
} Happening;

static Happening happenings[HAPPENINGS];
static int planned, happened;
static HANDLE selectors_port;
static int in_flight; /* reads whose packet nobody has taken out */
static unsigned long start;
static DWORD given;          /* the timeout of selector_select */
static DWORD first, largest; /* of the timeouts the port was asked with */
static DWORD later;          /* the largest but for the first */
static DWORD finite;         /* the last that was neither 0 nor INFINITE */
static int calls;
static DWORD oversleep; /* the next wait that finds a packet takes so much
                           longer */
static DWORD broken;    /* the error that the port gives */
static BOOL closing;

/* The clock of this thread is so much ahead. That of the thread that watches
   the check is not. */
static ULONGLONG ahead;
static DWORD this_thread;

ULONGLONG WINAPI __wrap_GetTickCount64(void)
{
    return __real_GetTickCount64() +
           (GetCurrentThreadId() == this_thread ? ahead : 0);
}

DWORD WINAPI __wrap_GetTickCount(void)
{
    return (DWORD)__wrap_GetTickCount64();
}

static DWORD gone(void)
{
    return milliseconds() - start;
}

static void let_happen(void)
{
    while (happened < planned && happenings[happened].time <= gone()) {
        Happening *now = &happenings[happened++];
        if (now->closed != NULL)
            operation_close(now->closed);
        else
            send_all(now->speaks, "hello", 5);
    }
}

static DWORD until_next(void)
{
    DWORD now = gone();
    if (happened == planned)
        return INFINITE;
    return happenings[happened].time > now ? happenings[happened].time - now
                                           : 0;
}

static void note(DWORD timeout)
{
    if (calls++ == 0)
        first = timeout;
    else if (timeout > later)
        later = timeout;
    if (timeout > largest)
        largest = timeout;
    if (timeout != 0 && timeout != INFINITE)
        finite = timeout;
}

/* A wait of many days is over at once, and the days are gone. */
static void let_days_pass(DWORD time)
{
    ahead += time;
    start += time;
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    DWORD begun = gone();
    selectors_port = port;
    note(timeout);
    if (broken != 0) {
        SetLastError(broken);
        return 0;
    }
    if (given == INFINITE && timeout != INFINITE && timeout > A_DAY &&
        ahead == 0) {
        let_days_pass(timeout);
        timeout = 0;
    }
    if (timeout > given) /* never more than was given: don't wait for it */
        timeout = 0;
    if (closing && timeout == INFINITE && in_flight == 0)
        need(FALSE, "selector_close comes to an end",
             "selector_close had taken out the last packet, and went on "
             "waiting for an event, without an end: whose event could still "
             "come?");
    for (;;) {
        let_happen();
        DWORD spent = gone() - begun;
        DWORD rest = timeout == INFINITE ? INFINITE
                     : spent < timeout   ? timeout - spent
                                         : 0;
        DWORD wait = rest;
        if (until_next() < wait)
            wait = until_next();
        if (__real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                               wait, alertable)) {
            in_flight -= (int)*removed;
            pause_ms(oversleep);
            oversleep = 0;
            return 1;
        }
        if (wait == rest || GetLastError() != WAIT_TIMEOUT)
            return 0;
    }
}

static void forget(void)
{
    planned = happened = calls = 0;
    first = largest = later = finite = 0;
    ahead = 0;
    oversleep = broken = 0;
}

static DWORD run(Selector *selector, Events *events, DWORD timeout)
{
    given = timeout;
    start = milliseconds();
    return selector_select(selector, events, timeout);
}

/* A stream with a read in flight; peer is its other end. */
static Operation *open_stream(Selector *selector, SOCKET *peer)
{
    Operation *stream = new_stream(peer);
    require(selector_register(selector, stream, TOKEN) == 0,
            "selector_register failed");
    in_flight++;
    return stream;
}

/* A stream that is to be closed at this time. */
static void plan_close(Selector *selector, DWORD time)
{
    SOCKET peer;
    Operation *stream = open_stream(selector, &peer);
    happenings[planned++] = (Happening){.time = time, .closed = stream};
}

static void close_the_rest(void)
{
    for (; happened < planned; happened++)
        if (happenings[happened].closed != NULL)
            operation_close(happenings[happened].closed);
}

/* Closes what is left, and leaves no packet to the next stage. */
static void tidy_up(void)
{
    OVERLAPPED_ENTRY packet;
    ULONG count;
    close_the_rest();
    for (; in_flight > 0; in_flight--) {
        require(__real_GetQueuedCompletionStatusEx(selectors_port, &packet, 1,
                                                   &count, 1000, FALSE),
                "the packet of a closed operation did not come");
        operation_finish(operation_of(packet.lpOverlapped), 0, 0);
    }
}

static BOOL got_the_event(DWORD error, const Events *events)
{
    return error == 0 && events->count == 1 && events->list[0].token == TOKEN &&
           events->list[0].bytes == 5;
}

static void quiet(Selector *selector, Events *events)
{
    stage("a wait of 150 ms while nothing happens");
    forget();
    DWORD error = run(selector, events, 150);
    DWORD took = gone();
    expect(error == 0 && events->count == 0, "time is up: an empty batch",
           "it gave error %lu and %lu events, when time was up and nothing "
           "had come: is that an error?",
           error, events->count);
    expect(took >= 130 && took < 400, "it takes 150 ms",
           "a wait of 150 ms took %lu ms, though nothing happened", took);
    expect(calls <= AWAKE, "it sleeps until time is up",
           "nothing came in %lu ms, and the port was asked %d times: what does "
           "the program wake up for?",
           took, calls);
}

static void disturbed(Selector *selector, Events *events)
{
    stage("a wait of 150 ms while a stream is closed every 60 ms");
    forget();
    for (DWORD i = 1; i <= 8; i++)
        plan_close(selector, 60 * i);
    DWORD error = run(selector, events, 150);
    DWORD took = gone();
    require(
        happened > 0,
        "the checker disturbs calls of GetQueuedCompletionStatusEx, but there "
        "was none");
    expect(error == 0 && events->count == 0, "there is no event to hand out",
           "it gave error %lu and %lu events", error, events->count);
    if (expect(took >= 130, "packets of closed operations don't end the wait",
               "a wait of 150 ms ended after %lu ms with an empty batch: time "
               "was not up, only a closed operation's packet was taken out",
               took))
        expect(took < 420, "packets of closed operations don't lengthen it",
               "a wait of 150 ms took %lu ms while other packets came: does "
               "each packet start the time anew?",
               took);
    expect(calls <= happened + AWAKE, "it sleeps from packet to packet",
           "%d packets came in %lu ms, and the port was asked %d times: what "
           "does the program wake up for?",
           happened, took, calls);
    tidy_up();
}

static void overslept(Selector *selector, Events *events)
{
    stage("a wait of 100 ms on a slow machine: a packet takes 150 ms");
    forget();
    plan_close(selector, 0);
    oversleep = 150;
    run(selector, events, 100);
    DWORD took = gone();
    if (expect(later <= 100,
               "what is left of a timeout is never more than the timeout",
               "%lu ms of 100 had gone by, and the port was asked to wait %lu "
               "ms more: what does an unsigned 100 - %lu give?",
               took, later, took))
        expect(later == 0, "there is nothing left to wait for",
               "%lu ms of 100 had gone by, and the port was asked to wait %lu "
               "ms more",
               took, later);
    tidy_up();
}

/* The event is in the port before the wait begins. */
static void arrived(Selector *selector, Events *events, DWORD timeout,
                    DWORD time)
{
    SOCKET peer;
    forget();
    Operation *stream = open_stream(selector, &peer);
    require(send_all(peer, "hello", 5) == 0, "sending failed");
    for (int i = 0; i < 100 && stream->overlapped.Internal == IN_FLIGHT; i++)
        pause_ms(5);
    pause_ms(5);
    oversleep = time;
    DWORD error = run(selector, events, timeout);
    if (timeout == 0)
        expect(got_the_event(error, events) && gone() < 150,
               "a timeout of 0 looks",
               "an event was in the port. With a timeout of 0 it gave error "
               "%lu and %lu events, after it had asked the port %d times",
               error, events->count, calls);
    else
        expect(got_the_event(error, events), "an event is never lost",
               "an event's packet was taken out, which took %lu ms of %lu, and "
               "it gave error %lu and %lu events: who will ever hear of that "
               "event?",
               gone(), timeout, error, events->count);
    operation_close(stream);
    close_socket(peer);
    tidy_up();
}

static void spoken_to(Selector *selector, Events *events, DWORD timeout)
{
    SOCKET peer;
    forget();
    plan_close(selector, 20);
    plan_close(selector, 40);
    Operation *stream = open_stream(selector, &peer);
    happenings[planned++] = (Happening){.time = 60, .speaks = peer};
    DWORD error = run(selector, events, timeout);
    DWORD took = gone();
    if (timeout == INFINITE) {
        expect(ahead == 0 || error != 0 || events->count != 0,
               "INFINITE stays INFINITE",
               "of an INFINITE wait, %lu ms were left after a packet: 49 days. "
               "The check let them go by, and it gave an empty batch: how many "
               "milliseconds is INFINITE?",
               finite);
        expect(finite == 0 || finite > 60000, "it sleeps",
               "during an INFINITE wait, the port was asked to wait %lu ms: "
               "what does the program wake up for?",
               finite);
    }
    expect(got_the_event(error, events), "the event is handed out",
           "a wait of %lu ms: two packets of closed operations came, then 5 "
           "bytes for token %d. It gave error %lu and %lu events after %lu ms",
           timeout, TOKEN, error, events->count, took);
    expect(took < 360, "the event is handed out at once",
           "the event came after 60 ms and was handed out after %lu", took);
    operation_close(stream);
    close_socket(peer);
    tidy_up();
}

static void glance(Selector *selector, Events *events)
{
    stage("a look without a wait");
    forget();
    plan_close(selector, 0);
    DWORD error = run(selector, events, 0);
    expect(error == 0 && events->count == 0 && largest == 0 && gone() < 150,
           "a timeout of 0 doesn't wait",
           "with a timeout of 0 it gave error %lu after %lu ms, and the port "
           "was asked to wait %lu ms",
           error, gone(), largest);
    tidy_up();
    arrived(selector, events, 0, 0);
}

static void old_system(Selector *selector, Events *events)
{
    stage("a wait of 100 ms, 49.7 days after the system was started");
    forget();
    plan_close(selector, 20);
    plan_close(selector, 60);
    ahead = 0xFFFFFFFF - 40 - (__real_GetTickCount64() & 0xFFFFFFFF);
    DWORD error = run(selector, events, 100);
    DWORD took = gone();
    expect(error == 0 && took >= 80 && took < 350,
           "it takes 100 ms, however long the system has been running",
           "the clock had reached %llu ms, 40 ms less than 2 to the power of "
           "32. A wait of 100 ms then took %lu ms, and the port was asked to "
           "wait %lu ms, then %lu: how much is %llu + 100 in 32 bits?",
           0xFFFFFFFFull - 40, took, first, later, 0xFFFFFFFFull - 40);
    tidy_up();
}

static void errors(Selector *selector, Events *events)
{
    stage("a port that gives error %d", BROKEN);
    forget();
    broken = BROKEN;
    DWORD error = run(selector, events, 50);
    expect(error == BROKEN, "an error of the port's is returned",
           "the port gave error %d, and selector_select returned %lu (calls of "
           "the port's function: %d): how is its caller to learn of the error?",
           BROKEN, error, calls);

    stage("a batch without capacity");
    forget();
    Events none = {.list = events->list};
    error = run(selector, &none, 50);
    expect(error == ERROR_INVALID_PARAMETER,
           "events without a capacity are an error",
           "with a capacity of 0 it returned %lu, not %d: what does selector.h "
           "say?",
           error, ERROR_INVALID_PARAMETER);
}

static void close_selector(Selector *selector)
{
    stage("closing the selector while a closed operation's packet is queued");
    forget();
    plan_close(selector, 0);
    close_the_rest();
    given = INFINITE;
    closing = TRUE;
    DWORD error = selector_close(selector);
    expect(error == 0, "the selector closes",
           "selector_close gave error %lu: did it wait for the packets of "
           "closed operations?",
           error);
}

void examine(const Checker *table)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    BEGIN(table);
    this_thread = GetCurrentThreadId();
    Selector *selector = calloc(1, size_of_Selector);
    require(selector != NULL && wsa_startup() == 0 &&
                selector_open(selector) == 0,
            "selector_open failed");
    quiet(selector, &events);
    disturbed(selector, &events);
    overslept(selector, &events);
    stage("a wait of 50 ms on a slow machine: an event takes 80 ms");
    arrived(selector, &events, 50, 80);
    stage("a wait of 30 days, two closed operations, then an event");
    spoken_to(selector, &events, A_MONTH);
    stage("a wait without end, two closed operations, then an event");
    spoken_to(selector, &events, INFINITE);
    glance(selector, &events);
    old_system(selector, &events);
    errors(selector, &events);
    close_selector(selector);
}
