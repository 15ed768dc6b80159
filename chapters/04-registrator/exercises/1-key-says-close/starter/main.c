/* The main thread nudges the loop thread, which says each time what it found
   when it looked up. */
#include <stdio.h>
#include <stdlib.h>

#include "poll.h"

enum { CAPACITY = 8, LOOP_END = 0, LOOKED_UP, NUDGES = 3 };

static Poll poll;
static HANDLE inbox;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* Posts to the inbox how many events each wait has found, and last of all why
   the loop has ended. */
static unsigned WINAPI loop_thread(void *unused)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    DWORD error;
    (void)unused;
    while ((error = poll_wait(&poll, &events, INFINITE)) == 0)
        check("passing on", post_queued_completion_status(inbox, events.count,
                                                          LOOKED_UP, NULL));
    check("passing on",
          post_queued_completion_status(inbox, error, LOOP_END, NULL));
    return 0;
}

/* Prints the loop thread's next message. FALSE if it was the last one. */
static BOOL hear(void)
{
    OVERLAPPED_ENTRY message;
    ULONG count;
    check("listening", get_queued_completion_status_ex(inbox, &message, 1,
                                                       &count, INFINITE));
    if (message.lpCompletionKey == LOOKED_UP) {
        printf("loop: looked up, %lu events\n",
               message.dwNumberOfBytesTransferred);
        return TRUE;
    }
    printf("loop: ended with error %lu\n", message.dwNumberOfBytesTransferred);
    return FALSE;
}

int main(void)
{
    Registrator registrator;
    HANDLE thread;

    check("creating the inbox", create_completion_port(&inbox));
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("starting the loop", start_thread(&thread, loop_thread, NULL));
    BOOL looping = TRUE;
    for (int i = 1; i <= NUDGES && looping; i++) {
        printf("main: nudge %d\n", i);
        check("nudging", registrator_nudge(&registrator));
        looping = hear();
    }
    if (looping) {
        printf("main: closing the loop\n");
        check("closing the loop", registrator_close_loop(&registrator));
        hear();
    }
    check("joining", join_thread(thread));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    check("closing the inbox", close_handle(inbox));
    return 0;
}
