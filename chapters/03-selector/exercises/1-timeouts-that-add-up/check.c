// wrap: GetQueuedCompletionStatusEx
// sizes: Selector
/* Stands between selector_select and the port: while the call waits, things
   happen at set times, in the same thread. */
#include <stdlib.h>

#include "check.h"
#include "loopback.h"
#include "selector.h"

enum { CAPACITY = 4, TOKEN = 5, HAPPENINGS = 10 };

extern const unsigned long long size_of_Selector;

void WINAPI SetLastError(DWORD dwErrCode);
BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);

/* What is to happen so long after the start: a stream of ours is closed, or a
   peer speaks. */
typedef struct Happening {
    DWORD time;
    Operation *closed;
    SOCKET speaks;
} Happening;

static Happening happenings[HAPPENINGS];
static int planned, happened;
static unsigned long start;
static DWORD asked[64]; /* the timeouts the port was asked with */
static int calls;
static DWORD oversleep; /* the next wait takes so much longer */

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

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    DWORD begun = gone();
    if (calls < 64)
        asked[calls++] = timeout;
    if (timeout > asked[0]) { /* never more than at first: don't wait for it */
        SetLastError(WAIT_TIMEOUT);
        return 0;
    }
    if (oversleep > 0 && timeout > 0) {
        pause_ms(oversleep);
        oversleep = 0;
    }
    for (;;) {
        let_happen();
        DWORD spent = gone() - begun;
        DWORD rest = timeout == INFINITE ? INFINITE
                     : spent < timeout   ? timeout - spent
                                         : 0;
        DWORD wait = rest;
        if (happened < planned && happenings[happened].time - gone() < wait)
            wait = happenings[happened].time - gone();
        if (__real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                               wait, alertable))
            return 1;
        if (wait == rest || GetLastError() != WAIT_TIMEOUT)
            return 0;
    }
}

static void forget(void)
{
    planned = happened = calls = 0;
    start = milliseconds();
}

/* A stream with a read in flight, to be closed at this time. */
static void plan_close(Selector *selector, DWORD time)
{
    SOCKET pair[2];
    Operation *operation;
    require(loopback_pair(pair) == 0 &&
                operation_new(pair[0], &operation) == 0 &&
                selector_register(selector, operation, 1) == 0,
            "selector_register failed");
    happenings[planned++] = (Happening){.time = time, .closed = operation};
}

static DWORD largest_asked(void)
{
    DWORD largest = 0;
    for (int i = 0; i < calls; i++)
        if (asked[i] > largest)
            largest = asked[i];
    return largest;
}

static void quiet(Selector *selector, Events *events)
{
    stage("a wait of 200 ms while nothing happens");
    forget();
    DWORD error = selector_select(selector, events, 200);
    DWORD took = gone();
    expect(error == 0 && events->count == 0, "time is up: an empty batch",
           "it gave error %lu and %lu events", error, events->count);
    expect(took >= 170 && took < 450, "it takes 200 ms",
           "a wait of 200 ms took %lu ms, though nothing happened", took);
}

static void disturbed(Selector *selector, Events *events)
{
    stage("a wait of 200 ms while a stream is closed every 80 ms");
    forget();
    for (DWORD i = 1; i <= 8; i++)
        plan_close(selector, 80 * i);
    start = milliseconds();
    DWORD error = selector_select(selector, events, 200);
    DWORD took = gone();
    require(
        happened > 0,
        "the checker disturbs calls of GetQueuedCompletionStatusEx, but there "
        "was none");
    expect(error == 0 && events->count == 0, "there is no event to hand out",
           "it gave error %lu and %lu events", error, events->count);
    if (expect(took >= 170, "packets of closed operations don't end the wait",
               "a wait of 200 ms ended after %lu ms with an empty batch: time "
               "was not up, only a closed operation's packet was taken out",
               took))
        expect(took < 500, "packets of closed operations don't lengthen it",
               "a wait of 200 ms took %lu ms while other packets came: does "
               "each packet start the time anew?",
               took);
    while (happened < planned)
        operation_close(happenings[happened++].closed);
}

static void overslept(Selector *selector, Events *events)
{
    stage("a wait of 200 ms on a slow machine: a packet comes after 300 ms");
    forget();
    plan_close(selector, 0);
    plan_close(selector, 600);
    start = milliseconds();
    oversleep = 300;
    DWORD error = selector_select(selector, events, 200);
    DWORD took = gone();
    expect(error == 0 && largest_asked() <= 200,
           "what is left of a timeout is never more than the timeout",
           "300 ms of 200 had gone by, and the port was asked to wait %lu ms "
           "more: what does an unsigned 200 - 300 give?",
           largest_asked());
    expect(took < 550, "there is nothing left to wait for",
           "300 ms of 200 had gone by, and it went on waiting to %lu ms", took);
    while (happened < planned)
        operation_close(happenings[happened++].closed);
}

static void spoken_to(Selector *selector, Events *events, DWORD timeout)
{
    SOCKET pair[2];
    Operation *stream;
    forget();
    plan_close(selector, 40);
    plan_close(selector, 80);
    require(loopback_pair(pair) == 0 && operation_new(pair[0], &stream) == 0 &&
                selector_register(selector, stream, TOKEN) == 0,
            "selector_register failed");
    happenings[planned++] = (Happening){.time = 150, .speaks = pair[1]};
    start = milliseconds();
    DWORD error = selector_select(selector, events, timeout);
    DWORD took = gone();
    expect(error == 0 && events->count == 1 && events->list[0].token == TOKEN &&
               events->list[0].bytes == 5,
           "the event is handed out",
           "two packets of closed operations came, then 5 bytes for token %d: "
           "it gave error %lu and %lu events",
           TOKEN, error, events->count);
    expect(took < 450, "the event is handed out at once",
           "the event came after 150 ms and was handed out after %lu", took);
    operation_close(stream);
    close_socket(pair[1]);
}

static void without_end(Selector *selector, Events *events)
{
    stage("a wait without end, two closed operations, then an event");
    spoken_to(selector, events, INFINITE);
    DWORD other = INFINITE;
    for (int i = 0; i < calls; i++)
        if (asked[i] != INFINITE)
            other = asked[i];
    expect(other == INFINITE, "INFINITE stays INFINITE",
           "of an INFINITE wait, %lu ms were left after a packet: that is no "
           "longer INFINITE but 49 days",
           other);
}

static void glance(Selector *selector, Events *events)
{
    stage("a look without a wait");
    forget();
    plan_close(selector, 0);
    start = milliseconds();
    DWORD error = selector_select(selector, events, 0);
    expect(error == 0 && events->count == 0 && largest_asked() == 0 &&
               gone() < 150,
           "a timeout of 0 doesn't wait",
           "with a timeout of 0 it gave error %lu after %lu ms, and the port "
           "was asked to wait %lu ms",
           error, gone(), largest_asked());
    while (happened < planned)
        operation_close(happenings[happened++].closed);
}

void examine(const Checker *table)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    BEGIN(table);
    Selector *selector = calloc(1, size_of_Selector);
    require(selector != NULL && wsa_startup() == 0 &&
                selector_open(selector) == 0,
            "selector_open failed");
    quiet(selector, &events);
    disturbed(selector, &events);
    overslept(selector, &events);
    stage("a wait of a second, two closed operations, then an event");
    spoken_to(selector, &events, 1000);
    without_end(selector, &events);
    glance(selector, &events);

    stage("closing the selector while a closed operation's packet is queued");
    forget();
    plan_close(selector, 0);
    operation_close(happenings[happened++].closed);
    DWORD error = selector_close(selector);
    expect(error == 0, "the selector closes",
           "selector_close gave error %lu: did it wait for the packets of "
           "closed operations?",
           error);
}
