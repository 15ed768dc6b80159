// steps: 03-05
// wrap: CreateIoCompletionPort
/* What a selector promises: one association, one read at a time, timeouts as
   Windows has them, and errors that name the mistake. */
#include <string.h>

#include "pairs.h"
#include "selector.h"

unsigned long long WINAPI GetTickCount64(void);
HANDLE WINAPI __real_CreateIoCompletionPort(HANDLE, HANDLE, ULONG_PTR, DWORD);
HANDLE WINAPI __wrap_CreateIoCompletionPort(HANDLE, HANDLE, ULONG_PTR, DWORD);

static int associations;

HANDLE WINAPI __wrap_CreateIoCompletionPort(HANDLE file, HANDLE port,
                                            ULONG_PTR key, DWORD threads)
{
    associations += file != INVALID_HANDLE_VALUE;
    return __real_CreateIoCompletionPort(file, port, key, threads);
}

enum { TOKEN = 9 };

static Selector selector;
static SOCKET pair[2];
static Operation *operation;
static Event list[4];
static Events events = {.list = list, .capacity = 4};

static DWORD select_for(DWORD timeout, unsigned long long *took)
{
    unsigned long long start = GetTickCount64();
    DWORD error = selector_select(&selector, &events, timeout);
    *took = GetTickCount64() - start;
    return error;
}

static void begin(void)
{
    connected(pair);
    if (selector_open(&selector) != 0 ||
        operation_new(pair[0], &operation) != 0)
        give_up("cannot begin");
}

static DWORD close_selector(Selector *which)
{
#if STEP >= 4
    DWORD error = selector_drain(which);
    if (error != 0)
        return error;
#endif
    return selector_close(which);
}

static void finish(void)
{
    operation_close(operation);
    close_socket(pair[1]);
    is(close_selector(&selector), 0, "all is closed");
}

static void timeouts(void)
{
    unsigned long long took;
    begin();
    events.count = 4;
    is(select_for(0, &took), 0, "with timeout 0, nothing is no error");
    is(events.count, 0, "but an empty batch");
    ok(took < 50, "at once (%llu ms)", took);
    events.count = 4;
    is(select_for(200, &took), 0, "with timeout 200, nothing is no error");
    is(events.count, 0, "but an empty batch");
    ok(took >= 180 && took < 5000, "after 200 ms (%llu ms)", took);
    selector_register(&selector, operation, TOKEN);
    send_all(pair[1], "hello", 5);
    is(select_for(INFINITE, &took), 0, "INFINITE waits for an event");
    is(events.count, 1, "and has it");
    finish();
}

static void capacities(void)
{
    Events none = {.list = list, .capacity = 0, .count = 3};
    begin();
    selector_register(&selector, operation, TOKEN);
    send_all(pair[1], "hello", 5);
    packet_queued(operation);
    is(selector_select(&selector, &none, INFINITE), ERROR_INVALID_PARAMETER,
       "without capacity there is an error instead of a wait");
    is(none.count, 0, "and no event");
    is(selector_select(&selector, &events, 0), 0, "with capacity");
    is(events.count, 1, "the event is still there");
    finish();
}

static void associates_once(void)
{
    begin();
    associations = 0;
    for (int i = 0; i < 5; i++) {
        is(selector_register(&selector, operation, TOKEN), 0,
           "registration %d succeeds", i + 1);
        send_all(pair[1], "hello", 5);
        selector_select(&selector, &events, INFINITE);
        ok(events.count == 1 && list[0].bytes == 5, "and has its event");
    }
    is((unsigned)associations, 1, "five registrations, one association");
    finish();
}

static void one_read_at_a_time(void)
{
    begin();
    is(selector_register(&selector, operation, TOKEN), 0, "a read starts");
    is(selector_register(&selector, operation, TOKEN + 1), WSAEALREADY,
       "a second one does not while it is in flight");
    send_all(pair[1], "hello", 5);
    packet_queued(operation);
    is(selector_register(&selector, operation, TOKEN + 1), WSAEALREADY,
       "nor while its packet is in the port");
    selector_select(&selector, &events, INFINITE);
    is(list[0].token, TOKEN, "the event has the first one's token");
    is(selector_register(&selector, operation, TOKEN + 1), 0,
       "after that a read can start again");
    finish();
}

static void the_wrong_selector(void)
{
    Selector other;
    begin();
    selector_open(&other);
    selector_register(&selector, operation, TOKEN);
    send_all(pair[1], "hello", 5);
    selector_select(&selector, &events, INFINITE);
    is(selector_register(&other, operation, TOKEN), ERROR_INVALID_PARAMETER,
       "another selector refuses the operation");
    is(close_selector(&other), 0, "and is not held open by it");
    is(selector_register(&selector, operation, TOKEN), 0,
       "its own still takes it");
    finish();
}

static void what_an_event_says(void)
{
    begin();
    selector_register(&selector, operation, TOKEN);
    send_all(pair[1], "hello", 5);
    selector_select(&selector, &events, INFINITE);
    ok(list[0].token == TOKEN && list[0].bytes == 5 && list[0].error == 0,
       "five bytes are five bytes");
    ok(memcmp(operation->buffer, "hello", 5) == 0, "and those that were sent");
    selector_register(&selector, operation, TOKEN);
    reset(pair[1]);
    selector_select(&selector, &events, INFINITE);
    is(events.count, 1, "a reset is an event");
    is(list[0].error, 10054, "with error 10054");
    is(list[0].bytes, 0, "and no bytes");
    finish();

    begin();
    selector_register(&selector, operation, TOKEN);
    close_socket(pair[1]);
    selector_select(&selector, &events, INFINITE);
    ok(events.count == 1 && list[0].error == 0 && list[0].bytes == 0,
       "the end of the stream is an event of 0 bytes");
    finish();
}

int main(void)
{
    if (wsa_startup() != 0)
        bail("no Winsock");
    timeouts();
    capacities();
    associates_once();
    one_read_at_a_time();
    the_wrong_selector();
    what_an_event_says();
    return done_testing();
}
