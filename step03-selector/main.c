/* Step 3: an event loop with a heartbeat. When nothing happens for a while,
   that is no error: the loop turns once and waits again. */
#include <stdio.h>
#include <stdlib.h>

#include "loopback.h"
#include "selector.h"

enum { CAPACITY = 8, HEARTBEAT_MS = 100, TOKEN = 1 };

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* The peer speaks on the second heartbeat and hangs up on the fourth. */
static void heartbeat(int beat, SOCKET peer)
{
    printf("heartbeat %d\n", beat);
    if (beat == 2)
        check("sending", send_all(peer, "hello", 5));
    if (beat == 4)
        check("hanging up", close_socket(peer));
}

/* Shows a read and starts the next. FALSE at the end of the stream. */
static BOOL show(Selector *selector, Operation *stream, const Event *event)
{
    check("reading", event->error);
    if (event->bytes == 0) {
        printf("token %lu: end of stream\n", (unsigned long)event->token);
        return FALSE;
    }
    printf("token %lu: %lu bytes: %.*s\n", (unsigned long)event->token,
           event->bytes, (int)event->bytes, stream->buffer);
    check("reading on", selector_register(selector, stream, TOKEN));
    return TRUE;
}

int main(void)
{
    Selector selector;
    SOCKET pair[2];
    Operation *stream;
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    BOOL more = TRUE;
    int beat = 0;

    check("starting Winsock", wsa_startup());
    check("opening the selector", selector_open(&selector));
    check("connecting", loopback_pair(pair));
    check("making an operation", operation_new(pair[0], &stream));
    check("registering", selector_register(&selector, stream, TOKEN));

    while (more) {
        check("selecting", selector_select(&selector, &events, HEARTBEAT_MS));
        if (events.count == 0)
            heartbeat(++beat, pair[1]);
        for (ULONG i = 0; i < events.count; i++)
            more = show(&selector, stream, &list[i]);
    }

    check("closing the stream", operation_close(stream));
    check("closing the selector", selector_close(&selector));
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
