/* Four streams, and then the program is to end. The one who spoke will have
   spoken in vain, unless somebody takes the packet out. */
#include <stdio.h>
#include <stdlib.h>

#include "loopback.h"
#include "shutdown.h"

enum { STREAMS = 4, SPEAKER = 2, QUIET = 3, PATIENCE_MS = 1000 };

static Operation *streams[STREAMS];

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static void last_words(const Event *event)
{
    printf("stream %lu: error %lu, %lu bytes: %.*s\n",
           (unsigned long)event->token, event->error, event->bytes,
           (int)event->bytes, streams[event->token]->buffer);
}

int main(void)
{
    Selector selector;
    SOCKET pairs[STREAMS][2];

    check("starting Winsock", wsa_startup());
    check("opening the selector", selector_open(&selector));
    for (int i = 0; i < STREAMS; i++) {
        check("connecting", loopback_pair(pairs[i]));
        check("making an operation", operation_new(pairs[i][0], &streams[i]));
        if (i != QUIET)
            check("registering",
                  selector_register(&selector, streams[i], (Token)i));
    }
    check("sending", send_all(pairs[SPEAKER][1], "my last words", 13));

    printf("before: %lu streams open, %lu reads lent\n", selector.open,
           selector.lent);
    DWORD error =
        shut_down(&selector, streams, STREAMS, PATIENCE_MS, last_words);
    printf("shut down: error %lu\n", error);
    printf("after: %lu streams open, %lu reads lent\n", selector.open,
           selector.lent);
    for (int i = 0; i < STREAMS; i++)
        check("closing", close_socket(pairs[i][1]));
    return (int)wsa_cleanup();
}
