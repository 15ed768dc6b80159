// sizes: Echo Echo.trouble
/* Six clients, which send a byte each, and a server with two places. */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "echo.h"
#include "poll.h"

enum { CLIENTS = 6, LIMIT = 2, SETTLED = 60, PATIENCE = 600 };

extern const unsigned long long size_of_Echo, offset_of_Echo_trouble;

typedef enum { WAITS, SERVED, ENDED, LEFT } State;

static Poll the_poll;
static Registrator registrator;
static Echo *echo;
static TcpStream streams[CLIENTS];
static State states[CLIENTS];
static char port[8];

static DWORD trouble(void)
{
    return *(DWORD *)((char *)echo + offset_of_Echo_trouble);
}

static Token token_of(int client)
{
    return (Token)client * 2 + 1;
}

/* A client has something to hear: its byte, or its end. */
static void hear(const Event *event)
{
    int client = (int)(event->token / 2);
    char byte;
    DWORD count;
    DWORD error = event->error;
    if (states[client] == LEFT)
        return;
    if (error == 0 && event->ready == READABLE) {
        error = tcp_stream_read(&streams[client], &byte, 1, &count);
        if (error == 0)
            states[client] = count == 1 ? SERVED : ENDED;
    }
    if (error == 0 && states[client] != ENDED)
        error = tcp_stream_register(&streams[client], &registrator,
                                    event->token, READABLE);
    if (error != 0)
        states[client] = ENDED;
}

/* Runs the loop until nothing has happened for a while. An empty batch is no
   clock: it also comes with the packets of what is closed. */
static void settle(void)
{
    Event list[8];
    Events events = {.list = list, .capacity = 8};
    unsigned long start = milliseconds(), last = start;
    while (milliseconds() - last < SETTLED &&
           milliseconds() - start < PATIENCE) {
        require(poll_wait(&the_poll, &events, SETTLED) == 0,
                "the loop can't wait");
        for (ULONG i = 0; i < events.count; i++)
            if (list[i].token % 2 == 0)
                echo_handle(echo, &list[i]);
            else
                hear(&list[i]);
        if (events.count > 0)
            last = milliseconds();
    }
}

/* Each is connected before the next begins. */
static void connect_clients(void)
{
    DWORD count;
    for (int i = 0; i < CLIENTS; i++) {
        states[i] = WAITS;
        require(tcp_stream_connect(&streams[i], &registrator, token_of(i),
                                   "127.0.0.1", port) == 0 &&
                    tcp_stream_write(&streams[i], "x", 1, &count) == 0,
                "a client can't connect");
        settle();
    }
}

/* The client closes its connection. */
static void leave(int client)
{
    states[client] = LEFT;
    tcp_stream_close(&streams[client]);
    settle();
}

/* "0 1": the clients in this state. */
static const char *those(State state)
{
    static char text[2][2 * CLIENTS + 4];
    static int turn;
    char *to = text[turn ^= 1];
    int length = 0;
    to[0] = '\0';
    for (int i = 0; i < CLIENTS; i++)
        if (states[i] == state)
            length += sprintf(to + length, "%s%d", length == 0 ? "" : " ", i);
    return length == 0 ? "none" : to;
}

static int how_many(State state)
{
    int count = 0;
    for (int i = 0; i < CLIENTS; i++)
        count += states[i] == state;
    return count;
}

static void check_full(void)
{
    stage("six clients and a limit of two");
    connect_clients();
    need(how_many(SERVED) <= LIMIT, "no more than the limit are served",
         "with a limit of %d, clients %s were served at the same time", LIMIT,
         those(SERVED));
    need(how_many(ENDED) == 0, "nobody is turned away",
         "the connections of clients %s were ended by the server: they were to "
         "wait for their turn",
         those(ENDED));
    need(states[0] == SERVED && states[1] == SERVED,
         "the first are served first", "client %s was served: who came first?",
         those(SERVED));
    expect(trouble() == 0, "being full is no trouble",
           "while all places were taken, echo->trouble was %lu: whom does the "
           "loop then ask, every 200 ms, and for what?",
           trouble());
}

static void check_places(void)
{
    stage("one leaves");
    leave(0);
    need(states[2] == SERVED, "the next gets the place",
         "client 0 had left, and client 2, who waited, was not served: which "
         "event did you expect to be told of it by?");
    expect(how_many(SERVED) == LIMIT, "and only one does",
           "clients %s were served, with one place free", those(SERVED));
    stage("two leave");
    states[1] = states[2] = LEFT;
    tcp_stream_close(&streams[1]);
    tcp_stream_close(&streams[2]);
    settle();
    expect(states[3] == SERVED && states[4] == SERVED && states[5] == WAITS,
           "two places, two clients",
           "clients 1 and 2 had left; then clients %s were served and %s "
           "waited",
           those(SERVED), those(WAITS));
}

static void check_closing(void)
{
    stage("closing with clients");
    require(echo_close(echo) == 0, "echo_close failed");
    settle();
    require(tcp_stream_shutdown(&streams[3]) == 0, "a client can't shut down");
    settle();
    expect(states[3] == ENDED, "a client goes on to its end",
           "after echo_close, client 3 shut down, and heard nothing more");
    expect(trouble() == 0, "a closed listener is no trouble",
           "after echo_close, echo->trouble was %lu", trouble());
    for (int i = 3; i < CLIENTS; i++)
        leave(i);
}

void examine(const Checker *table)
{
    BEGIN(table);
    unsigned short number;
    echo = calloc(1, (size_t)size_of_Echo);
    require(echo != NULL && wsa_startup() == 0 && poll_create(&the_poll) == 0 &&
                poll_registrator(&the_poll, &registrator) == 0,
            "no poll could be made");
    require(echo_open(echo, &registrator, "0", LIMIT) == 0 &&
                tcp_listener_port(&echo->listener, &number) == 0,
            "no server could be opened");
    snprintf(port, sizeof port, "%u", number);
    check_full();
    check_places();
    check_closing();
    stage("a limit of 0");
    DWORD error = echo_open(echo, &registrator, "0", 0);
    expect(error == ERROR_INVALID_PARAMETER, "a limit of 0 is refused",
           "it gave %lu", error);
    if (error == 0)
        echo_close(echo);
    stage("the end");
    require(poll_destroy(&the_poll) == 0 &&
                registrator_release(&registrator) == 0,
            "the loop can't be closed: a client is still open");
}
