/* Step 4: one thread waits, another feeds it and stops it. The loop thread
   passes its events on through a second port: a completion port is a fine queue
   between threads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loopback.h"
#include "poll.h"

enum { CAPACITY = 8, LOOP_END = 0, TORTOISE, HARE };

static Poll poll;
static HANDLE inbox;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* Posts each event to the inbox, and last of all why the loop has ended. */
static unsigned WINAPI loop_thread(void *unused)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    DWORD error;
    (void)unused;
    while ((error = poll_wait(&poll, &events, INFINITE)) == 0)
        for (ULONG i = 0; i < events.count; i++)
            check("passing on", post_queued_completion_status(
                                    inbox, list[i].bytes, list[i].token, NULL));
    check("passing on",
          post_queued_completion_status(inbox, error, LOOP_END, NULL));
    return 0;
}

/* Waits for the loop thread's message about this token: a number. */
static DWORD hear_of(Token token)
{
    OVERLAPPED_ENTRY message;
    ULONG count;
    check("listening", get_queued_completion_status_ex(inbox, &message, 1,
                                                       &count, INFINITE));
    if (message.lpCompletionKey != token)
        check("looping", message.dwNumberOfBytesTransferred);
    return message.dwNumberOfBytesTransferred;
}

static void register_stream(Registrator *registrator, Operation *stream,
                            Token token)
{
    check("registering",
          registrator_register(registrator, stream, token, READABLE));
    printf("main: registered token %lu\n", (unsigned long)token);
}

static void send_and_hear(SOCKET peer, const char *word, Token token)
{
    check("sending", send_all(peer, word, strlen(word)));
    printf("main: sent \"%s\"; token %lu got %lu bytes\n", word,
           (unsigned long)token, hear_of(token));
}

int main(void)
{
    Registrator registrator;
    HANDLE thread;
    SOCKET tortoise[2], hare[2];
    Operation *slow, *fast;

    check("starting Winsock", wsa_startup());
    check("creating the inbox", create_completion_port(&inbox));
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("starting the loop", start_thread(&thread, loop_thread, NULL));
    check("connecting", loopback_pair(tortoise));
    check("connecting", loopback_pair(hare));
    check("making an operation", operation_new(tortoise[0], &slow));
    check("making an operation", operation_new(hare[0], &fast));

    register_stream(&registrator, slow, TORTOISE);
    register_stream(&registrator, fast, HARE);
    send_and_hear(hare[1], "hare", HARE);
    send_and_hear(tortoise[1], "tortoise", TORTOISE);

    register_stream(&registrator, fast, HARE);
    check("closing", operation_close(fast));
    printf("main: closed token %d with its read in flight\n", HARE);

    check("closing the loop", registrator_close_loop(&registrator));
    DWORD end = hear_of(LOOP_END);
    printf("main: closed the loop; it ended with error %lu\n", end);
    check("looping", end == ERROR_ABANDONED_WAIT_0 ? 0 : end);
    printf("main: registering now gives error %lu\n",
           registrator_register(&registrator, slow, TORTOISE, READABLE));

    check("joining", join_thread(thread));
    check("closing", operation_close(slow));
    check("closing", close_socket(tortoise[1]));
    check("closing", close_socket(hare[1]));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    check("closing the inbox", close_handle(inbox));
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
