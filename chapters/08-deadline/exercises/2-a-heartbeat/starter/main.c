/* A heart that beats, and a loop that is busy now and then. */
#include <stdio.h>
#include <stdlib.h>

#include "alarm.h"
#include "poll.h"

enum { HEART = 1, PERIOD_MS = 100, BEATS = 6, BUSY_AFTER = 2, BUSY_MS = 250 };

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

int main(void)
{
    Poll poll;
    Registrator registrator;
    Alarm alarm;
    DWORD beats = 0;
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("opening an alarm", alarm_open(&alarm, &registrator, HEART));
    check("setting it", alarm_set(&alarm, PERIOD_MS, PERIOD_MS));
    while (beats < BEATS) {
        Event event;
        Events events = {.list = &event, .capacity = 1};
        check("waiting", poll_wait(&poll, &events, INFINITE));
        if (events.count == 0)
            continue;
        beats += event.bytes;
        printf("beat %lu: %lu due\n", beats, event.bytes);
        if (beats == BUSY_AFTER) {
            printf("busy for %d ms\n", BUSY_MS);
            Sleep(BUSY_MS);
        }
    }
    check("closing", alarm_close(&alarm));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    puts("closed");
    return 0;
}
