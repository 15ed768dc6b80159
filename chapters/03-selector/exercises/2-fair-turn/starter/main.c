/* Eight streams with much to say, each event some work, and a heart that should
   beat after every turn: every 10 ms or so, if the turns are short. */
#include <stdio.h>
#include <stdlib.h>

#include "loopback.h"
#include "pump.h"

enum { STREAMS = 8, READS = 12, WORK_MS = 4, IDLE_MS = 100 };

void WINAPI Sleep(DWORD dwMilliseconds);
DWORD WINAPI GetTickCount(void);

static Selector selector;
static SOCKET pairs[STREAMS][2];
static Operation *streams[STREAMS];
static int handled;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static DWORD now(void)
{
    return GetTickCount();
}

static void handle(void *context, const Event *event)
{
    (void)context;
    check("reading", event->error);
    Sleep(WORK_MS);
    if (++handled < STREAMS * READS)
        check("reading on", selector_register(&selector, streams[event->token],
                                              event->token));
}

static void open_streams(void)
{
    static char text[READS * OPERATION_BUFFER];
    for (int i = 0; i < STREAMS; i++) {
        check("connecting", loopback_pair(pairs[i]));
        check("sending", send_all(pairs[i][1], text, sizeof text));
        check("making an operation", operation_new(pairs[i][0], &streams[i]));
        check("registering",
              selector_register(&selector, streams[i], (Token)i));
    }
}

int main(void)
{
    Pump pump;
    int beats = 0;
    DWORD longest = 0;

    check("starting Winsock", wsa_startup());
    check("opening the selector", selector_open(&selector));
    open_streams();
    pump_open(&pump, &selector, handle, NULL, now);
    while (handled < STREAMS * READS) {
        DWORD start = now();
        check("a turn", pump_turn(&pump, IDLE_MS));
        DWORD took = now() - start;
        longest = took > longest ? took : longest;
        beats++;
    }
    printf("%d events of %d ms, %d heartbeats, the longest turn took %lu ms\n",
           handled, WORK_MS, beats, longest);

    for (int i = 0; i < STREAMS; i++) {
        check("closing", operation_close(streams[i]));
        check("closing", close_socket(pairs[i][1]));
    }
    check("closing the selector", selector_close(&selector));
    return (int)wsa_cleanup();
}
