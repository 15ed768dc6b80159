// steps: 06+
// guard: yes
/* On guarded pages: with everything in flight that the step has, things happen in
   every order; then with a second thread in the poll; then ten thousand times,
   counting memory and handles. Nothing may be freed while it is lent, everything
   in the end. */
#include "guard.h"
#include "handles.h"
#include "peers.h"
#include "permute.h"

#if STEP >= 7
#include "tcplistener.h"
#endif

enum { SIZE = 1024 * 1024, ROUNDS = 10000, RACES = 600 };

typedef enum Action {
    CLOSE_STREAM,
    HANG_UP,
    WAIT,
    DESTROY,
    RELEASE,
#if STEP >= 7
    CLOSE_LISTENER,
#else
    CLOSE_LOOP,
#endif
    ACTIONS
} Action;

static TcpStream stream;
static SOCKET peer;
#if STEP >= 7
static TcpListener door;
static TcpStream connecting, looked_up;
#endif
static BOOL open, door_open, destroyed;
static int wrong;
static int stuck; /* how often the system did not take all at once */

static void open_loop(void)
{
    must("creating the poll", poll_create(&poll));
    must("making a registrator", poll_registrator(&poll, &registrator));
}

#if STEP >= 7
static void open_listener(void)
{
    unsigned short number;
    char text[8];
    must("listening",
         tcp_listener_open(&door, &registrator, 9, "127.0.0.1", "0"));
    must("asking", tcp_listener_port(&door, &number));
    snprintf(text, sizeof text, "%u", number);
    must("connecting",
         tcp_stream_connect(&connecting, &registrator, 3, "127.0.0.1", text));
    must("connecting",
         tcp_stream_connect(&looked_up, &registrator, 5, "localhost", text));
    door_open = TRUE;
}

static void close_listener(void)
{
    tcp_stream_close(&connecting);
    wrong += tcp_listener_close(&door) != 0;
    tcp_stream_close(&looked_up);
    door_open = FALSE;
}
#endif

/* A read and a send that will not end by themselves, and what else there is. */
static void begin(void)
{
    static char bytes[SIZE];
    int small = 4096;
    DWORD count;
    open = TRUE;
    destroyed = FALSE;
    open_loop();
    peer = meet(&stream);
    setsockopt(peer, SOL_SOCKET, SO_RCVBUF, (char *)&small, sizeof small);
    setsockopt(socket_of(&stream), SOL_SOCKET, SO_SNDBUF, (char *)&small,
               sizeof small);
    must("setting the mark", tcp_stream_set_mark(&stream, SIZE));
    must("writing", tcp_stream_write(&stream, bytes, SIZE, &count));
    must("registering",
         tcp_stream_register(&stream, &registrator, 1, READABLE | WRITABLE));
    stuck += *(volatile ULONG_PTR *)&stream.connection->writing.overlapped
                  .Internal == STATUS_PENDING;
#if STEP >= 7
    open_listener();
#endif
#if STEP >= 8
    must("setting",
         tcp_stream_set_deadline(&stream, READABLE | WRITABLE, 100000));
    must("setting", tcp_stream_set_idle(&stream, 1));
    must("setting", tcp_stream_set_deadline(&looked_up, WRITABLE, 1));
#endif
}

static void act(Action action)
{
    Event list[4];
    Events events = {.list = list, .capacity = 4};
    DWORD error;
    switch (action) {
    case CLOSE_STREAM:
        wrong += tcp_stream_close(&stream) != 0;
        open = FALSE;
        break;
    case HANG_UP:
        close_socket(peer);
        break;
    case WAIT:
        error = poll_wait(&poll, &events, 2);
        wrong += error != 0 && error != ERROR_ABANDONED_WAIT_0;
        break;
    case DESTROY:
        error = poll_destroy(&poll);
        wrong += error != (open || door_open ? ERROR_BUSY : 0);
        destroyed = error == 0;
        break;
    case RELEASE:
        wrong += registrator_release(&registrator) != 0;
        break;
#if STEP >= 7
    case CLOSE_LISTENER:
        close_listener();
        break;
#else
    case CLOSE_LOOP:
        registrator_close_loop(&registrator);
        break;
#endif
    default:
        break;
    }
}

static void run(const int *order)
{
    int before = wrong, live = guard_living();
    begin();
    for (int i = 0; i < ACTIONS; i++)
        act((Action)order[i]);
    if (!destroyed)
        wrong += poll_destroy(&poll) != 0;
    wrong += guard_living() != live || guard_lent() != 0;
    if (wrong != before && wrong < 5) {
        printf("# %d blocks, %d operations left after", guard_living() - live,
               guard_lent());
        for (int i = 0; i < ACTIONS; i++)
            printf(" %d", order[i]);
        printf("\n");
    }
}

static void every_order(void)
{
    int order[ACTIONS], orders = 0;
    for (int i = 0; i < ACTIONS; i++)
        order[i] = i;
    run(order);
    permute_reverse(order, order + ACTIONS - 1);
    run(order);
    permute_reverse(order, order + ACTIONS - 1);
    int handles = handle_count();
    do {
        run(order);
        orders++;
    } while (permute_next(order, ACTIONS));
    is((unsigned)orders, 720, "every order was tried");
    ok(stuck > 700, "with a send in flight: %d times", stuck);
    is((unsigned)wrong, 0, "no answer was wrong, all was freed");
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
}

static atomic_int told;

static unsigned WINAPI wait_to_the_end(void *unused)
{
    Event list[2];
    Events events = {.list = list, .capacity = 2};
    (void)unused;
    while (poll_wait(&poll, &events, INFINITE) == 0)
        told += (int)events.count;
    return 0;
}

static void idle(int turns)
{
    for (volatile int i = 0; i < turns; i++)
        ;
}

/* One thread polls while the other starts, sets, and closes. */
static void races(void)
{
    int live = guard_living(), handles = 0;
    for (int i = 0; i < RACES; i++) {
        HANDLE thread;
        DWORD count;
        if (i == 10)
            handles = handle_count();
        open_loop();
        must("a thread", start_thread(&thread, wait_to_the_end, NULL));
        peer = meet(&stream);
        must("registering", tcp_stream_register(&stream, &registrator, 1,
                                                READABLE | WRITABLE));
#if STEP >= 7
        open_listener();
#endif
#if STEP >= 8
        must("setting",
             tcp_stream_set_deadline(&stream, READABLE, (DWORD)i % 3));
        must("setting", tcp_stream_set_idle(&stream, (DWORD)i % 2));
#endif
        (void)tcp_stream_write(&stream, "hello", 5, &count);
        send(peer, "x", 1, 0);
        if (i % 3 == 0)
            Sleep((DWORD)i % 4);
        idle(i * 20);
        if (i % 2 == 0)
            reset(peer);
        wrong += tcp_stream_close(&stream) != 0;
        if (i % 2 == 1)
            close_socket(peer);
#if STEP >= 7
        close_listener();
#endif
        must("closing the loop", registrator_close_loop(&registrator));
        must("joining", join_thread(thread));
        wrong += poll_destroy(&poll) != 0;
        must("releasing", registrator_release(&registrator));
        wrong += guard_living() != live || guard_lent() != 0;
    }
    is((unsigned)wrong, 0, "two threads, %d races: all was freed", RACES);
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
    ok(told > 0, "%d events were told meanwhile", told);
}

static void rounds(void)
{
    int live = 0, handles = 0;
    enum { COUNT = sizeof(void *) == 8 ? ROUNDS : ROUNDS / 10 };
    open_loop();
    for (int i = 0; i < COUNT; i++) {
        Event event;
        Events events = {.list = &event, .capacity = 1};
        DWORD count;
        if (i == 100) {
            must("draining", !silence());
            live = guard_living();
            handles = handle_count();
        }
        peer = meet(&stream);
        must("setting the mark", tcp_stream_set_mark(&stream, 64));
        must("registering", tcp_stream_register(&stream, &registrator, 1,
                                                READABLE | WRITABLE));
#if STEP >= 8
        must("setting", tcp_stream_set_deadline(&stream, READABLE, 100000));
#endif
        (void)tcp_stream_write(&stream, "hello", 5, &count);
        if (i % 2 == 0)
            must("polling", poll_wait(&poll, &events, 0));
        while (guard_lent() > 100)
            must("polling", poll_wait(&poll, &events, 0));
        reset(peer);
        wrong += tcp_stream_close(&stream) != 0;
    }
    must("draining", !silence());
    is((unsigned)guard_living(), (unsigned)live, "%d rounds leave no memory",
       COUNT);
    is((unsigned)handle_count(), (unsigned)handles, "nor a handle");
    is((unsigned)guard_lent(), 0, "nor an operation");
    must("destroying", poll_destroy(&poll));
    must("releasing", registrator_release(&registrator));
}

int main(void)
{
    set_up();
    must("destroying", poll_destroy(&poll));
    must("releasing", registrator_release(&registrator));
    every_order();
    races();
    rounds();
    guard_end_unchecked(); /* the listener stays open */
    return done_testing();
}
