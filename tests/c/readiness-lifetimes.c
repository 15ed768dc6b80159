// steps: 11+
// guard: yes
/* On guarded pages: a stream, a listener with a client that waits, a datagram socket,
   both ends of a pipe and a waker are registered, and all of them have something to
   tell. Then they are closed, one way or another, in every
   seventh of all orders. Nothing may be freed while it is lent, everything in the end. */
#include <wchar.h>

#include "guard.h"
#include "handles.h"
#include "permute.h"
#include "ready.h"

#include "namedpipe.h"
#include "tcplistener.h"
#include "udpsocket.h"
#include "waker.h"

typedef enum Action {
    CLOSE_STREAM,
    CLOSE_LISTENER,
    CLOSE_DATAGRAMS,
    CLOSE_PIPES,
    CLOSE_WAKER,
    WAIT,
    DESTROY,
    ACTIONS
} Action;

DWORD WINAPI GetCurrentProcessId(void);

static wchar_t name[64];

static TcpStream stream;
static TcpListener door;
static SOCKET peer, visitor;
static UdpSocket udp;
static NamedPipe server, client;
static Waker waker;
static int sources; /* that are open */
static BOOL destroyed;
static int told, wrong;

static void open_door(Mode mode)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = htonl(0x7F000001)};
    unsigned short number;
    must("listening",
         tcp_listener_open(&door, &registrator, 99, "127.0.0.1", "0"));
    watch(tcp_listener_source(&door), 2, READABLE, mode);
    must("asking", tcp_listener_port(&door, &number));
    address.sin_port = ntohs(number);
    must("a socket", open_socket(AF_INET, &visitor));
    must("connecting",
         (DWORD)connect(visitor, (struct sockaddr *)&address, sizeof address));
}

static void open_datagrams(Mode mode)
{
    unsigned short number;
    must("opening", udp_socket_open(&udp, &registrator, "127.0.0.1", "0"));
    watch(udp_socket_source(&udp), 3, READABLE | WRITABLE, mode);
    must("asking", udp_socket_port(&udp, &number));
    Address self = {.v4 = {.sin_family = AF_INET,
                           .sin_port = ntohs(number),
                           .sin_addr = htonl(0x7F000001)}};
    must("sending", udp_socket_send(&udp, "x", 1, &self));
}

static void open_pipes(Mode mode)
{
    DWORD count;
    must("serving", named_pipe_serve(&server, &registrator, name, TRUE));
    watch(named_pipe_source(&server), 4, READABLE | WRITABLE, mode);
    must("opening", named_pipe_open(&client, &registrator, name));
    watch(named_pipe_source(&client), 5, READABLE | WRITABLE, mode);
    must("writing", named_pipe_write(&client, "x", 1, &count));
}

static void begin(Mode mode)
{
    must("creating the poll", poll_create(&poll));
    must("making a registrator", poll_registrator(&poll, &registrator));
    must("a waker", waker_create(&waker, &poll, 6));
    peer = meet(&stream);
    watch(tcp_stream_source(&stream), 1, READABLE | WRITABLE, mode);
    say(peer, "x");
    open_door(mode);
    open_datagrams(mode);
    open_pipes(mode);
    must("waking", waker_wake(&waker));
    sources = 5;
    destroyed = FALSE;
}

static void wait_once(void)
{
    Event list[4];
    Events events = {.list = list, .capacity = 4};
    DWORD error = poll_wait(&poll, &events, 1);
    wrong += error != 0 && error != ERROR_ABANDONED_WAIT_0;
    told += (int)events.count;
}

static void act(Action action)
{
    DWORD error = 0;
    switch (action) {
    case CLOSE_STREAM:
        error = tcp_stream_close(&stream);
        sources--;
        break;
    case CLOSE_LISTENER:
        error = tcp_listener_close(&door);
        sources--;
        break;
    case CLOSE_DATAGRAMS:
        error = udp_socket_close(&udp);
        sources--;
        break;
    case CLOSE_PIPES:
        error = named_pipe_close(&server);
        wrong += named_pipe_close(&client) != 0;
        sources -= 2;
        break;
    case CLOSE_WAKER:
        error = waker_close(&waker);
        break;
    case WAIT:
        wait_once();
        break;
    default:
        error = poll_destroy(&poll);
        destroyed = error == 0;
        wrong += error != (sources > 0 ? ERROR_BUSY : 0);
        error = 0;
    }
    wrong += error != 0;
}

static void one_order(const int *order, Mode mode)
{
    int before = wrong, live = guard_living();
    begin(mode);
    for (int i = 0; i < ACTIONS; i++)
        act((Action)order[i]);
    if (!destroyed)
        wrong += poll_destroy(&poll) != 0;
    wrong += registrator_release(&registrator) != 0;
    close_socket(peer);
    close_socket(visitor);
    wrong += guard_living() != live || guard_lent() != 0;
    if (wrong != before && wrong < 5) {
        printf("# %d blocks, %d operations left after", guard_living() - live,
               guard_lent());
        for (int i = 0; i < ACTIONS; i++)
            printf(" %d", order[i]);
        printf("\n");
    }
}

/* Each of the orders in one of the modes, all modes in turn. */
int main(void)
{
    static const Mode modes[] = {EDGE, LEVEL, ONE_SHOT};
    int order[ACTIONS], orders = 0, passed = 0;
    for (int i = 0; i < ACTIONS; i++)
        order[i] = i;
    swprintf(name, 64, L"\\\\.\\pipe\\readiness-lifetimes-%lu",
             GetCurrentProcessId());
    set_up();
    must("destroying", poll_destroy(&poll));
    must("releasing", registrator_release(&registrator));
    one_order(order, EDGE); /* what the system opens once */
    told = wrong = 0;
    int handles = handle_count();
    do
        if (passed++ % 7 == 0)
            one_order(order, modes[orders++ % 3]);
    while (permute_next(order, ACTIONS));
    is((unsigned)orders, 720, "a seventh of all orders was tried");
    ok(told > orders, "with something to tell: %d events", told);
    is((unsigned)wrong, 0, "no answer was wrong, all was freed");
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
    guard_end_unchecked(); /* the listener of peers.h stays open */
    return done_testing();
}
