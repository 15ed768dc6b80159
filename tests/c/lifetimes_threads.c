// steps: 04-05
// guard: yes
/* As lifetimes_orders, but another thread waits in the poll all the while, for
   as long as there is no end. What it has seen at a given moment is a matter of
   chance; what may be answered, and that all is released, is not. */
#include "account.h"
#include "handles.h"

enum { CAPACITY = 2, TIMES = 2, JOIN_MS = 10000, ACTIONS = WAIT };

static atomic_int told, misled;
static DWORD end;

static unsigned WINAPI wait_to_the_end(void *unused)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    (void)unused;
    do {
        /* While the main thread is in poll_destroy, we are refused. */
        while ((end = poll_wait(&poll, &events, INFINITE)) == ERROR_BUSY)
            Sleep(0);
        for (ULONG i = 0; i < events.count; i++) {
            misled += list[i].token != TOKEN;
            told++;
        }
    } while (end == 0);
    return 0;
}

/* The other thread waits, unless it is between two calls just then. */
static BOOL destroy_the_poll(void)
{
    DWORD error = poll_destroy(&poll);
    if (destroyed)
        return error == ERROR_ABANDONED_WAIT_0 || error == ERROR_BUSY;
    refused |= error == ERROR_BUSY;
    destroyed = error == 0;
    return error == ERROR_BUSY || (error == 0 && !open);
}

static BOOL act(Action action)
{
    DWORD error;
    switch (action) {
    case CLOSE_STREAM:
        return close_the_stream(&error);
    case CLOSE_LOOP:
        return close_the_loop(&error);
    case DESTROY:
        return destroy_the_poll();
    case RELEASE:
        return release(&error);
    default:
        peer_acts(action);
        return TRUE;
    }
}

static void begin(HANDLE *thread)
{
    open_account();
    if (start_thread(thread, wait_to_the_end, NULL) != 0 ||
        stream_start(&stream, &registrator, TOKEN) != 0)
        give_up("cannot start");
}

/* Whatever has happened: with a new registrator the loop can be closed. */
static BOOL put_right(HANDLE thread)
{
    Registrator another;
    if (!destroyed && poll_registrator(&poll, &another) == 0) {
        registrator_close_loop(&another);
        registrator_release(&another);
    }
    if (WaitForSingleObject(thread, JOIN_MS) != 0)
        give_up("the waiting thread hangs");
    close_handle(thread);
    return end == ERROR_ABANDONED_WAIT_0 &&
           (destroyed || poll_destroy(&poll) == 0);
}

static void run(const int *order)
{
    HANDLE thread;
    int live = guard_living();
    BOOL held = TRUE;
    begin(&thread);
    for (int i = 0; i < ACTIONS; i++) {
        if (*order % 2 == 0)
            Sleep(0);
        held &= act((Action)order[i]);
    }
    held &= put_right(thread);
    wrong += !held || guard_living() != live || guard_lent() != 0;
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
    for (int i = 0; i < TIMES; i++) {
        do {
            run(order);
            orders++;
        } while (permute_next(order, ACTIONS));
        permute_reverse(order, order + ACTIONS - 1);
    }
    is((unsigned)orders, 720 * TIMES, "every order was tried");
    is((unsigned)wrong, 0, "no answer was wrong, all was freed");
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
    is((unsigned)misled, 0, "every event had its token");
    ok(told > 0, "events were taken out (%d)", told);
    return done_testing();
}
