/* Two kinds of operations on one port, and a loop that knows neither: reads,
   and a bell that rings when somebody posts it. */
#include <stdio.h>
#include <stdlib.h>

#include "loop.h"
#include "loopback.h"
#include "read.h"

enum { KEY = 7, RINGS = 2 };

typedef struct Bell {
    Operation operation; /* stays first */
    HANDLE port;
    int rung;
} Bell;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static void ring(Bell *bell)
{
    check("ringing", post_queued_completion_status(
                         bell->port, 0, 0, &bell->operation.overlapped));
}

static void rung(Operation *operation, DWORD bytes)
{
    Bell *bell = (Bell *)operation;
    (void)bytes;
    printf("the bell: ding\n");
    if (++bell->rung < RINGS)
        ring(bell);
}

static void heard(Read *read, DWORD bytes, DWORD error)
{
    check("reading", error);
    printf("the read: %.*s\n", (int)bytes, read->buffer);
    check("reading on", read_start(read, read->socket, heard));
}

/* A read in flight ends with its socket; when its packet has been taken out, it
   is ours again. */
static void end_read(HANDLE port, const SOCKET pair[2])
{
    OVERLAPPED_ENTRY entry;
    ULONG count;
    check("closing", close_socket(pair[0]));
    check("closing", close_socket(pair[1]));
    check("waiting",
          get_queued_completion_status_ex(port, &entry, 1, &count, INFINITE));
}

int main(void)
{
    HANDLE port;
    SOCKET pair[2];
    static Read read; /* in flight until end_read */
    static Bell bell;

    check("starting Winsock", wsa_startup());
    check("creating a port", create_completion_port(&port));
    check("connecting", loopback_pair(pair));
    check("associating", associate_socket(port, pair[0], KEY));
    bell = (Bell){.operation.done = rung, .port = port};
    ring(&bell);
    DWORD not_started = read_start(&read, pair[0], heard);
    if (not_started != 0)
        printf("the read could not be started: error %lu\n", not_started);
    for (int turn = 1; turn <= 4; turn++) {
        if (turn > RINGS)
            check("sending", send_all(pair[1], "hello", 5));
        printf("turn %d\n", turn);
        DWORD error = loop_turn(port, 200);
        if (error != 0)
            printf("nothing: error %lu\n", error);
    }
    if (not_started == 0)
        end_read(port, pair);
    check("closing the port", close_handle(port));
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
