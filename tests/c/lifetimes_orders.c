// steps: 04-05
// guard: yes
/* A read is in flight. Then seven things happen, in each of their 5040 orders,
   and a simple account of them foretells what each call answers. In the end
   what was refused is put right, and everything must be released. */
#include "account.h"
#include "handles.h"

enum { CAPACITY = 8, UNTOUCHED = 99, ACTIONS = WAIT + 1 };

static const char *const names[ACTIONS] = {"close the stream",
                                           "close the loop",
                                           "destroy the poll",
                                           "release",
                                           "peer sends",
                                           "peer hangs up",
                                           "wait"};

static Operation *operation; /* the stream's, to look at */
static BOOL arrived;         /* the read has ended, its packet is in the port */
static BOOL told;            /* and its event was handed out */

static void expect(BOOL held, const int *order, int at, DWORD got)
{
    if (held || wrong++ >= 3)
        return;
    printf("# answered %lu at the last of:", got);
    for (int i = 0; i <= at; i++)
        printf(" %s%s", names[order[i]], i < at ? "," : "");
    printf("\n");
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

static BOOL packet_comes(Action action, DWORD *error)
{
    *error = 0;
    peer_acts(action);
    if (!open)
        return TRUE;
    arrived = packet_queued(operation);
    return arrived;
}

static BOOL wait_now(DWORD *error)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY, .count = UNTOUCHED};
    *error = poll_wait(&poll, &events, 0);
    if (destroyed)
        return *error == ERROR_ABANDONED_WAIT_0 && events.count == UNTOUCHED;
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
        return packet_comes(action, error);
    }
}

static void begin(void)
{
    open_account();
    arrived = told = FALSE;
    if (stream_start(&stream, &registrator, TOKEN) != 0)
        give_up("cannot start a read");
    operation = stream.operation;
}

static void run(const int *order)
{
    int live = guard_living();
    begin();
    for (int i = 0; i < ACTIONS; i++) {
        DWORD error;
        BOOL held = act((Action)order[i], &error);
        expect(held, order, i, error);
    }
    if (!destroyed && poll_destroy(&poll) != 0)
        expect(FALSE, order, ACTIONS - 1, ERROR_BUSY);
    expect(guard_living() == live && guard_lent() == 0, order, ACTIONS - 1, 0);
}

int main(void)
{
    int order[ACTIONS], orders = 0;
    for (int i = 0; i < ACTIONS; i++)
        order[i] = i;
    guard_end_unchecked(); /* the listener stays open */
    if (wsa_startup() != 0)
        bail("no Winsock");
    run(order);
    int handles = handle_count();
    do {
        run(order);
        orders++;
    } while (permute_next(order, ACTIONS));
    is((unsigned)orders, 5040, "every order was tried");
    is((unsigned)wrong, 0, "every answer was as foretold, all was freed");
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
    return done_testing();
}
