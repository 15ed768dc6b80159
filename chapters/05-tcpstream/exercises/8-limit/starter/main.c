/* Five peers speak at once, but only two buffers are to be lent. */
#include <stdio.h>
#include <stdlib.h>

#include "loopback.h"
#include "selector.h"

enum { STREAMS = 5, LIMIT = 2, EVENTS = 10, CAPACITY = 8 };

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

int main(void)
{
    Selector selector;
    SOCKET pairs[STREAMS][2];
    Operation *streams[STREAMS];
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    ULONG heard = 0;

    check("starting Winsock", wsa_startup());
    check("opening the selector", selector_open(&selector, LIMIT));
    for (int i = 0; i < STREAMS; i++) {
        check("connecting", loopback_pair(pairs[i]));
        check("making an operation", operation_new(pairs[i][0], &streams[i]));
        check("registering",
              selector_register(&selector, streams[i], (Token)i));
        printf("registered stream %d, %lu lent\n", i, selector.lent);
        check("sending", send_all(pairs[i][1], "hello", 5));
    }

    while (heard < EVENTS) {
        check("selecting", selector_select(&selector, &events, INFINITE));
        for (ULONG i = 0; i < events.count; i++) {
            Token token = list[i].token;
            check("reading", list[i].error);
            printf("stream %lu spoke\n", (unsigned long)token);
            check("sending", send_all(pairs[token][1], "hello", 5));
            check("registering",
                  selector_register(&selector, streams[token], token));
        }
        heard += events.count;
    }

    for (int i = 0; i < STREAMS; i++) {
        check("closing", operation_close(streams[i]));
        check("closing", close_socket(pairs[i][1]));
    }
    check("closing the selector", selector_close(&selector));
    return (int)wsa_cleanup();
}
