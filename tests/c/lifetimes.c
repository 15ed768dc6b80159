// steps: 03-05
// guard: yes
/* Whatever state an operation is in when it is closed: nothing is freed while
   the system owns it, everything is freed in the end, and no event tells of it.
   Then ten thousand times, counting memory and handles before and after. */
#include "guard.h"
#include "handles.h"
#include "pairs.h"
#include "selector.h"

#if STEP >= 4
#include "poll.h"

static Poll poll;
static Registrator registrator;

static void open_loop(void)
{
    if (poll_create(&poll) != 0 || poll_registrator(&poll, &registrator) != 0)
        give_up("cannot open a loop");
}

static DWORD start(Operation *operation, Token token)
{
    return registrator_register(&registrator, operation, token, READABLE);
}

static DWORD take(Events *events, DWORD timeout)
{
    return poll_wait(&poll, events, timeout);
}

static DWORD close_loop(void)
{
    DWORD error = poll_destroy(&poll);
    return error != 0 ? error : registrator_release(&registrator);
}
#else
static Selector selector;

static void open_loop(void)
{
    if (selector_open(&selector) != 0)
        give_up("cannot open a selector");
}

static DWORD start(Operation *operation, Token token)
{
    return selector_register(&selector, operation, token);
}

static DWORD take(Events *events, DWORD timeout)
{
    return selector_select(&selector, events, timeout);
}

static DWORD close_loop(void)
{
    return selector_close(&selector);
}
#endif

enum { TOKEN = 77, ROUNDS = 10000, WAIT_MS = 2000 };

static SOCKET pair[2];
static Operation *operation;
static Event list[4];
static Events events = {.list = list, .capacity = 4};

/* What comes before the operation is closed. */

static void nothing(void)
{
}

static void in_flight(void)
{
    start(operation, TOKEN);
}

static void queued(void)
{
    in_flight();
    send_all(pair[1], "hello", 5);
    if (!packet_queued(operation))
        give_up("the packet does not come");
}

static void queued_end(void)
{
    in_flight();
    close_socket(pair[1]);
    if (!packet_queued(operation))
        give_up("the packet does not come");
    pair[1] = INVALID_SOCKET;
}

static void queued_reset(void)
{
    in_flight();
    reset(pair[1]);
    if (!packet_queued(operation))
        give_up("the packet does not come");
    pair[1] = INVALID_SOCKET;
}

static void taken_out(void)
{
    queued();
    take(&events, WAIT_MS);
}

static void in_flight_again(void)
{
    taken_out();
    in_flight();
}

static void queued_again(void)
{
    taken_out();
    queued();
}

static const struct {
    const char *name;
    void (*run)(void);
    unsigned reads;
} befores[] = {
    {"before its first read", nothing, 0},
    {"with a read in flight", in_flight, 1},
    {"with the packet of its read queued", queued, 1},
    {"with the packet of the end of the stream queued", queued_end, 1},
    {"with the packet of a reset queued", queued_reset, 1},
    {"after its read", taken_out, 1},
    {"with its second read in flight", in_flight_again, 2},
    {"with the packet of its second read queued", queued_again, 2},
};
enum { BEFORES = sizeof befores / sizeof *befores };

static void make(void)
{
    connected(pair);
    if (operation_new(pair[0], &operation) != 0)
        give_up("cannot make an operation");
}

/* Returns what closing the operation returned. */
static DWORD unmake(void)
{
    DWORD error = operation_close(operation);
    if (pair[1] != INVALID_SOCKET)
        close_socket(pair[1]);
    return error;
}

static void close_in_every_state(void)
{
    for (int i = 0; i < BEFORES; i++) {
        const char *when = befores[i].name;
        int live = guard_living(), started = guard_started();
        open_loop();
        make();
        befores[i].run();
        is((unsigned)(guard_started() - started), befores[i].reads,
           "%s: so many reads were started", when);
        DWORD busy = befores[i].reads > 0 ? ERROR_BUSY : 0;
        if (busy != 0)
            is(close_loop(), busy, "%s: the loop cannot be closed yet", when);
        is(unmake(), 0, "%s: the operation is closed", when);
        is(close_loop(), 0, "%s: then the loop is", when);
        is((unsigned)guard_lent(), 0, "%s: every packet was taken out", when);
        is((unsigned)(guard_living() - live), 0, "%s: everything is freed",
           when);
    }
}

/* Whoever waits, it is never told of a closed operation. */
static void closed_tells_nothing(void)
{
    for (int i = 0; i < BEFORES; i++) {
        open_loop();
        make();
        befores[i].run();
        unmake();
        unsigned told = 0;
        do {
            if (take(&events, 50) != 0)
                told = 99;
            told += events.count;
        } while (guard_lent() > 0);
        is(told, 0, "%s: closed, no event tells of it", befores[i].name);
        close_loop();
    }
}

/* Two events in one batch: closing both operations at the first. */
static void look_at_events_of_the_closed(void)
{
    SOCKET first[2];
    Operation *other;
    open_loop();
    make();
    queued();
    other = operation;
    first[1] = pair[1];
    make();
    start(operation, TOKEN + 1);
    send_all(pair[1], "you", 3);
    if (!packet_queued(operation))
        give_up("the packet does not come");
    Event *on_heap = malloc(2 * sizeof *on_heap);
    Events both = {.list = on_heap, .capacity = 2};
    is(take(&both, WAIT_MS), 0, "two events are taken out");
    is(both.count, 2, "in one batch");
    operation_close(other);
    close_socket(first[1]);
    unmake();
    is(close_loop(), 0, "their operations and the loop are closed");
    ok(on_heap[0].token == TOKEN && on_heap[0].bytes == 5 &&
           on_heap[0].error == 0,
       "the first event still says what it said");
    ok(on_heap[1].token == TOKEN + 1 && on_heap[1].bytes == 3 &&
           on_heap[1].error == 0,
       "so does the second");
    free(on_heap);
}

/* A socket that is cheap to make and needs no peer: its reads are the same. */
static SOCKET datagram_socket(void)
{
    enum { SOCK_DGRAM_ = 2 };
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_addr = htonl(INADDR_LOOPBACK)};
    SOCKET s = socket(AF_INET, SOCK_DGRAM_, 0);
    if (s == INVALID_SOCKET ||
        bind(s, (const struct sockaddr *)&address, sizeof address) != 0)
        give_up("cannot make a datagram socket");
    return s;
}

/* One in eight has a connection in one of the states above; the others read
   datagrams, which costs a third. */
static void round_of_the_mix(int number)
{
    if (number % 8 == 0) {
        make();
        befores[number / 8 % BEFORES].run();
        unmake();
        return;
    }
    operation_new(datagram_socket(), &operation);
    if (number % 8 > 1)
        start(operation, TOKEN);
    if (number % 8 > 5)
        take(&events, 0);
    operation_close(operation);
}

static void rounds(void)
{
    round_of_the_mix(0); /* so that what is made once is there */
    int live = guard_living(), handles = handle_count();
    open_loop();
    for (int i = 0; i < ROUNDS; i++) {
        round_of_the_mix(i);
        if (i % 1000 == 999 && close_loop() == 0)
            open_loop();
    }
    is(close_loop(), 0, "the loop is closed after %d rounds", ROUNDS);
    is((unsigned)(guard_living() - live), 0, "as much memory as before");
    is((unsigned)handle_count(), (unsigned)handles, "as many handles");
}

int main(void)
{
    guard_end_unchecked(); /* the listener stays open */
    if (wsa_startup() != 0)
        bail("no Winsock");
    close_in_every_state();
    closed_tells_nothing();
    look_at_events_of_the_closed();
    rounds();
    return done_testing();
}
