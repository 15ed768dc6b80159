// steps: 04-05
// wrap: malloc calloc realloc free WSARecv GetQueuedCompletionStatusEx
/* As lifetimes_orders, but another thread waits in the poll all the while, for
   as long as there is no end. What it has seen at a given moment is a matter of
   chance; what may be answered, and that all is released, is not. */
#include "handles.h"
#include "lent.h"
#include "permute.h"
#include "streams.h"

enum { TOKEN = 5, CAPACITY = 2, TIMES = 2, JOIN_MS = 10000 };

typedef enum Action {
    CLOSE_STREAM,
    CLOSE_LOOP,
    DESTROY,
    RELEASE,
    SEND,
    HANG_UP,
    ACTIONS
} Action;

static Poll poll;
static Registrator registrator;
static Stream stream;
static SOCKET peer;
static BOOL open, released, closed, refused, destroyed;
static atomic_int told, misled;
static DWORD end;
static int wrong;

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

static BOOL close_the_loop(void)
{
    DWORD error = registrator_close_loop(&registrator);
    BOOL may_succeed = !released && !closed && !destroyed;
    BOOL may_fail = !may_succeed || refused;
    closed |= !released;
    return (may_succeed && error == 0) ||
           (may_fail && error == ERROR_ABANDONED_WAIT_0);
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
    switch (action) {
    case CLOSE_STREAM:
        open = FALSE;
        return stream_close(&stream) == 0;
    case CLOSE_LOOP:
        return close_the_loop();
    case DESTROY:
        return destroy_the_poll();
    case RELEASE:
        released = TRUE;
        return registrator_release(&registrator) == 0;
    case SEND:
        send_all(peer, "hello", 5);
        return TRUE;
    default:
        close_socket(peer);
        return TRUE;
    }
}

static void begin(HANDLE *thread)
{
    SOCKET pair[2];
    open = TRUE;
    released = closed = refused = destroyed = FALSE;
    connected(pair);
    peer = pair[1];
    if (poll_create(&poll) != 0 || poll_registrator(&poll, &registrator) != 0 ||
        stream_open(&stream, pair[0]) != 0 ||
        start_thread(thread, wait_to_the_end, NULL) != 0 ||
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
    int live = guard_live;
    BOOL held = TRUE;
    begin(&thread);
    for (int i = 0; i < ACTIONS; i++) {
        if (*order % 2 == 0)
            Sleep(0);
        held &= act((Action)order[i]);
    }
    held &= put_right(thread);
    wrong += !held || guard_live != live || lent_reads != 0;
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
    for (int i = 0; i < TIMES; i++) {
        do {
            run(order);
            orders++;
        } while (permute_next(order, ACTIONS));
        permute_reverse(order, order + ACTIONS - 1);
    }
    guard_settle();
    is((unsigned)orders, 720 * TIMES, "every order was tried");
    is((unsigned)wrong, 0, "no answer was wrong, all was freed");
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
    is((unsigned)misled, 0, "every event had its token");
    ok(told > 0, "events were taken out (%d)", told);
    is((unsigned)guard_faults, 0, "nothing was touched out of turn");
    return done_testing();
}
