/* Step 7: an echo server and a thousand clients, or another number of them, over
   one completion port. With -l PORT: the server alone, for whoever comes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"
#include "echo.h"

enum {
    CAPACITY = 64,
    CLIENTS = 1000,
    RETRY = 200 /* milliseconds until another try when accepting failed */
};

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* Handles what comes within timeout. The server's tokens are even. */
static void turn(Poll *poll, Echo *echo, Crowd *crowd)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    const Event retry = {.token = ECHO_LISTENER};
    DWORD before = echo->trouble;
    check("waiting",
          poll_wait(poll, &events, echo->trouble != 0 ? RETRY : INFINITE));
    for (ULONG i = 0; i < events.count; i++)
        if (list[i].token % 2 == 0)
            echo_handle(echo, &list[i]);
        else
            crowd_handle(crowd, &list[i]);
    if (echo->trouble != 0 && echo->trouble != before)
        fprintf(stderr, "accepting: error %lu, trying again\n", echo->trouble);
    if (echo->trouble != 0)
        echo_handle(echo, &retry);
}

/* Serves as many clients of our own, and no more. */
static void demonstrate(Poll *poll, Registrator *registrator, Echo *echo,
                        ULONG clients)
{
    Crowd crowd;
    unsigned short port;
    unsigned long long start = GetTickCount64();
    check("asking for the port", tcp_listener_port(&echo->listener, &port));
    check("gathering a crowd", crowd_start(&crowd, registrator, clients, port));
    while (crowd.running > 0 || echo->clients > 0)
        turn(poll, echo, &crowd);
    printf("%lu clients served, %lu of them got back what they sent, in %lu "
           "ms\n",
           echo->served, crowd.right,
           (unsigned long)(GetTickCount64() - start));
    check("counting", crowd.right == clients ? 0 : ERROR_INVALID_DATA);
    crowd_end(&crowd);
}

int main(int argc, char **argv)
{
    Poll poll;
    Registrator registrator;
    Echo echo;
    BOOL alone = argc == 3 && strcmp(argv[1], "-l") == 0;
    ULONG clients = argc == 2 ? strtoul(argv[1], NULL, 10) : CLIENTS;
    if ((argc > 2 && !alone) || clients == 0) {
        fprintf(stderr,
                "usage: listener [CLIENTS | -l PORT]\n"
                "An echo server on the loopback, for so many clients of its "
                "own (%d), or for whoever comes.\n",
                CLIENTS);
        return 2;
    }
    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("listening", echo_open(&echo, &registrator, alone ? argv[2] : "0"));
    if (alone)
        printf("listening on 127.0.0.1:%s\n", argv[2]);
    fflush(stdout);
    while (alone)
        turn(&poll, &echo, NULL);
    demonstrate(&poll, &registrator, &echo, clients);
    check("closing", echo_close(&echo));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
