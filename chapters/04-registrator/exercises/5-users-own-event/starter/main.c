/* A worker thread has nothing to read, but something to tell: how far it has
   come. */
#include <stdio.h>
#include <stdlib.h>

#include "poll.h"

enum { CAPACITY = 8, PROGRESS = 0 };

static Poll poll;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static unsigned WINAPI work(void *argument)
{
    Registrator *registrator = argument;
    for (DWORD percent = 25; percent <= 100; percent += 25)
        check("posting", registrator_post(registrator, PROGRESS, percent));
    check("closing the loop", registrator_close_loop(registrator));
    return 0;
}

int main(void)
{
    Registrator registrator;
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    HANDLE thread;
    DWORD error;

    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("starting a thread", start_thread(&thread, work, &registrator));
    while ((error = poll_wait(&poll, &events, INFINITE)) == 0)
        for (ULONG i = 0; i < events.count; i++)
            printf("token %lu: %lu percent\n", (unsigned long)list[i].token,
                   list[i].bytes);
    printf("the loop has ended with error %lu\n", error);
    check("joining", join_thread(thread));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    return 0;
}
