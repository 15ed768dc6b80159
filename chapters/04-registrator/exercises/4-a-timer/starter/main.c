/* A thread that waits without a timeout, and three timers from another. */
#include <stdio.h>
#include <stdlib.h>

#include "poll.h"
#include "timers.h"

enum { CAPACITY = 8, TIMERS = 3 };

static Poll poll;
static unsigned long long start;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static unsigned WINAPI loop_thread(void *argument)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    ULONG seen = 0;
    while (seen < TIMERS && poll_wait(&poll, &events, INFINITE) == 0)
        for (ULONG i = 0; i < events.count; i++, seen++)
            printf("loop: token %lu after %llu ms\n",
                   (unsigned long)list[i].token, timers_clock() - start);
    return (unsigned)registrator_close_loop(argument);
}

int main(void)
{
    static const DWORD delays[TIMERS] = {900, 300, 600};
    Registrator registrator;
    HANDLE thread;

    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("starting the loop",
          start_thread(&thread, loop_thread, &registrator));
    start = timers_clock();
    for (int i = 0; i < TIMERS; i++) {
        check("registering a timer",
              registrator_register_timer(&registrator, delays[i], delays[i]));
        printf("main: a timer of %lu ms\n", delays[i]);
    }
    check("joining", join_thread(thread));
    check("destroying the poll", poll_destroy(&poll));
    return (int)registrator_release(&registrator);
}
