/* Step 11: a room to talk in, by TCP, UDP or a named pipe. Without arguments: with
   three guests of its own. With -l PORT: for whoever comes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guests.h"
#include "room.h"

enum {
    CAPACITY = 64,
    STOP = 8, /* the token of the waker */
    MAX_PORT = 65535,
    PATIENCE = 5000 /* how many milliseconds a guest waits for an answer */
};

static Poll poll;
static Registrator registrator;
static Waker waker;
static Room room;
static BOOL stopped;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, (unsigned long)error);
        exit(1);
    }
}

/* Runs on a thread of its own. */
static BOOL WINAPI on_ctrl_c(DWORD kind)
{
    (void)kind;
    return waker_wake(&waker) == 0;
}

/* Handles one batch. The guests' tokens are odd. */
static void turn(DWORD timeout)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    check("waiting", poll_wait(&poll, &events, timeout));
    if (events.count == 0 && timeout != INFINITE)
        check("a guest", WSAETIMEDOUT);
    for (ULONG i = 0; i < events.count; i++)
        if (list[i].token == STOP)
            stopped = TRUE;
        else if (list[i].token % 2 == 0)
            room_handle(&room, &list[i]);
        else
            check("a guest", guests_handle(&list[i]));
    room_sweep(&room);
}

static void demonstrate(void)
{
    unsigned short port, udp_port;
    check("asking for the door's port", tcp_listener_port(&room.door, &port));
    check("asking for the other", udp_socket_port(&room.udp, &udp_port));
    check("starting guests",
          guests_start(&poll, &registrator, port, udp_port, room.pipe_name));
    do
        turn(PATIENCE);
    while (!guests_are_through());
    on_ctrl_c(0);
    while (!stopped)
        turn(PATIENCE);
    room_close(&room);
    do
        turn(PATIENCE);
    while (!guests_have_left());
    guests_report();
    guests_end();
}

static void serve(const char *port)
{
    check("catching Ctrl+C", catch_ctrl_c(on_ctrl_c));
    printf("TCP and UDP 127.0.0.1:%s and the pipe %ls, Ctrl+C ends it\n", port,
           room.pipe_name);
    fflush(stdout);
    while (!stopped)
        turn(INFINITE);
    room_close(&room);
}

static void open_room(const char *port)
{
    DWORD error = ERROR_INVALID_PARAMETER;
    if (strtoul(port, NULL, 10) <= MAX_PORT) /* or its lower half would do */
        error = room_open(&room, &poll, &registrator, port);
    if (error == 0)
        return;
    fprintf(stderr,
            "port %s: is there one, and free for TCP, UDP and the pipe of its "
            "name? Take another PORT (error %lu)\n",
            port, (unsigned long)error);
    exit(1);
}

/* Opens the room at this port, or for its guests if port is NULL. */
static void run(const char *port)
{
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("making a waker", waker_create(&waker, &poll, STOP));
    open_room(port == NULL ? "0" : port);
    if (port == NULL)
        demonstrate();
    else
        serve(port);
    check("closing the waker", waker_close(&waker));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
}

int main(int argc, char **argv)
{
    const BOOL listens = argc == 3 && strcmp(argv[1], "-l") == 0;
    if (argc != 1 && !listens) {
        fputs("usage: readiness [-l PORT]\n"
              "A room to talk in: by TCP, UDP or the pipe, a name, then lines. "
              "Without\narguments: a demonstration.\n",
              stderr);
        return 2;
    }
    check("starting Winsock", wsa_startup());
    run(listens ? argv[2] : NULL);
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
