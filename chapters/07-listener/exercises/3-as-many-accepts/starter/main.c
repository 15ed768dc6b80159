/* Serves a thousand clients with one number of accepts in flight after the other,
   and counts how often the loop goes round. */
#include <stdio.h>
#include <stdlib.h>

#include "crowd.h"
#include "echo.h"

enum { CAPACITY = 64, CLIENTS = 1000 };

static Poll poll;
static Registrator registrator;
static Echo echo;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* Handles what comes. The server's tokens are even. */
static void turn(Crowd *crowd)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    check("waiting", poll_wait(&poll, &events, INFINITE));
    for (ULONG i = 0; i < events.count; i++)
        if (list[i].token % 2 == 0)
            echo_handle(&echo, &list[i]);
        else
            crowd_handle(crowd, &list[i]);
}

static ULONG serve(void)
{
    Crowd crowd;
    unsigned short port;
    ULONG turns = 0;
    check("asking for the port", tcp_listener_port(&echo.listener, &port));
    check("gathering a crowd",
          crowd_start(&crowd, &registrator, CLIENTS, port));
    while (crowd.running > 0 || echo.clients > 0) {
        turn(&crowd);
        turns++;
    }
    check("counting", crowd.right == CLIENTS ? 0 : ERROR_INVALID_DATA);
    crowd_end(&crowd);
    return turns;
}

int main(void)
{
    static const ULONG accepts[] = {TCP_LISTENER_ACCEPTS, 1, 4, 64, 256};
    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("listening", echo_open(&echo, &registrator, "0"));
    puts("accepts   turns of the loop");
    for (size_t i = 0; i < sizeof accepts / sizeof accepts[0]; i++) {
        DWORD error = 0;
        if (i > 0)
            error = tcp_listener_set_accepts(&echo.listener, accepts[i]);
        if (error == 0)
            printf("%7lu %19lu\n", accepts[i], serve());
        else
            printf("%7lu      %8s %5lu\n", accepts[i], "error", error);
    }
    check("closing", echo_close(&echo));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
