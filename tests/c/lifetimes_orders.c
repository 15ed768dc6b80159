// steps: 04-05
// wrap: malloc calloc realloc free WSARecv GetQueuedCompletionStatusEx
/* A read is in flight. Then seven things happen, in each of their 5040 orders,
   and a simple account of them foretells what each call answers. In the end
   what was refused is put right, and everything must be released. */
#include "handles.h"
#include "lent.h"
#include "permute.h"
#include "streams.h"

enum { TOKEN = 5, CAPACITY = 8 };

typedef enum Action {
    CLOSE_STREAM,
    CLOSE_LOOP,
    DESTROY,
    RELEASE,
    SEND,
    HANG_UP,
    WAIT,
    ACTIONS
} Action;

static const char *const names[ACTIONS] = {"close the stream",
                                           "close the loop",
                                           "destroy the poll",
                                           "release",
                                           "peer sends",
                                           "peer hangs up",
                                           "wait"};

static Poll poll;
static Registrator registrator;
static Stream stream;
static Operation *operation; /* the stream's, to look at */
static SOCKET peer;

/* The account. */
static BOOL open, released, destroyed;
static BOOL arrived; /* the read has ended, its packet is in the port */
static BOOL told;    /* and its event was handed out */
static BOOL closed;  /* close_loop succeeded, or said that it was closed */
static BOOL refused; /* to destroy the poll: that may have closed the loop */

static int wrong;

static void expect(BOOL held, const int *order, int at, DWORD got)
{
    if (held || wrong++ >= 3)
        return;
    printf("# answered %lu at the last of:", got);
    for (int i = 0; i <= at; i++)
        printf(" %s%s", names[order[i]], i < at ? "," : "");
    printf("\n");
}

static BOOL close_the_stream(DWORD *error)
{
    *error = stream_close(&stream);
    open = FALSE;
    return *error == 0;
}

static BOOL close_the_loop(DWORD *error)
{
    *error = registrator_close_loop(&registrator);
    BOOL may_succeed = !released && !closed && !destroyed;
    BOOL may_fail = !may_succeed || refused;
    if (!released)
        closed = TRUE;
    return (may_succeed && *error == 0) ||
           (may_fail && *error == ERROR_ABANDONED_WAIT_0);
}

static BOOL destroy_the_poll(DWORD *error)
{
    *error = poll_destroy(&poll);
    if (open) {
        refused = TRUE;
        return *error == ERROR_BUSY;
    }
    BOOL held = *error == (destroyed ? ERROR_ABANDONED_WAIT_0 : 0);
    destroyed = TRUE;
    return held;
}

static BOOL release(DWORD *error)
{
    *error = registrator_release(&registrator);
    released = TRUE;
    return *error == 0;
}

/* The peer's calls succeed or not: that is not the step's affair. */
static BOOL peer_acts(Action action, DWORD *error)
{
    *error = 0;
    if (action == SEND)
        send_all(peer, "hello", 5);
    else
        close_socket(peer);
    if (!open)
        return TRUE;
    arrived = packet_queued(operation);
    return arrived;
}

static BOOL wait_now(DWORD *error)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY, .count = 99};
    *error = poll_wait(&poll, &events, 0);
    if (destroyed)
        return *error == ERROR_ABANDONED_WAIT_0 && events.count == 0;
    if (open && arrived && !told) {
        told = TRUE;
        return *error == 0 && events.count == 1 && list[0].token == TOKEN &&
               list[0].error == 0;
    }
    if (refused && *error == ERROR_ABANDONED_WAIT_0)
        closed = TRUE;
    return *error == (closed ? ERROR_ABANDONED_WAIT_0 : 0) && events.count == 0;
}

static BOOL act(Action action, DWORD *error)
{
    switch (action) {
    case CLOSE_STREAM:
        return close_the_stream(error);
    case CLOSE_LOOP:
        return close_the_loop(error);
    case DESTROY:
        return destroy_the_poll(error);
    case RELEASE:
        return release(error);
    case WAIT:
        return wait_now(error);
    default:
        return peer_acts(action, error);
    }
}

static void begin(void)
{
    SOCKET pair[2];
    open = TRUE;
    released = destroyed = arrived = told = closed = refused = FALSE;
    connected(pair);
    peer = pair[1];
    if (poll_create(&poll) != 0 || poll_registrator(&poll, &registrator) != 0 ||
        stream_open(&stream, pair[0]) != 0 ||
        stream_start(&stream, &registrator, TOKEN) != 0)
        give_up("cannot start a read");
    operation = stream.operation;
}

static void run(const int *order)
{
    int live = guard_live;
    begin();
    for (int i = 0; i < ACTIONS; i++) {
        DWORD error;
        BOOL held = act((Action)order[i], &error);
        expect(held, order, i, error);
    }
    if (!destroyed && poll_destroy(&poll) != 0)
        expect(FALSE, order, ACTIONS - 1, ERROR_BUSY);
    expect(guard_live == live && lent_reads == 0, order, ACTIONS - 1, 0);
}

int main(void)
{
    int order[ACTIONS], orders = 0;
    for (int i = 0; i < ACTIONS; i++)
        order[i] = i;
    if (wsa_startup() != 0)
        bail("no Winsock");
    run(order);
    int handles = handle_count();
    do {
        run(order);
        orders++;
    } while (permute_next(order, ACTIONS));
    guard_settle();
    is((unsigned)orders, 5040, "every order was tried");
    is((unsigned)wrong, 0, "every answer was as foretold, all was freed");
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
    is((unsigned)guard_faults, 0, "nothing was touched out of turn");
    return done_testing();
}
