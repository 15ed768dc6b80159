// steps: 05+
/* A thousand streams at once on one port. */
#include "peers.h"

enum { STREAMS = 1000, BATCH = 100, BYTES = 1500 };

static TcpStream streams[STREAMS];
static SOCKET far_ends[STREAMS];
static size_t received[STREAMS];
static int ended[STREAMS];
static int wrong;

/* What the peer of stream i sends: like no other's. */
static unsigned long long beginning(size_t i)
{
    return i * 100000;
}

/* Takes in what there is; returns whether the stream is at its end. */
static int advance(size_t i)
{
    char buffer[READ_SIZE];
    DWORD count, error;
    while ((error = tcp_stream_read(&streams[i], buffer, sizeof buffer,
                                    &count)) == 0 &&
           count > 0) {
        wrong +=
            first_wrong(buffer, count, beginning(i) + received[i]) != count;
        received[i] += count;
    }
    if (error == WSAEWOULDBLOCK)
        must("registering", await(&streams[i], i));
    else
        ended[i]++;
    return error != WSAEWOULDBLOCK;
}

int main(void)
{
    Event list[BATCH];
    Events events = {.list = list, .capacity = BATCH};
    char data[BYTES];
    int running = STREAMS, complete = 0, once = 0, closed = 0;
    unsigned long long start = GetTickCount64();
    set_up();
    for (size_t i = 0; i < STREAMS; i++) {
        far_ends[i] = meet(&streams[i]);
        must("registering", await(&streams[i], i));
    }
    is((unsigned)poll.loop->selector.lent, STREAMS, "all reads are in flight");
    for (size_t i = STREAMS; i-- > 0;) {
        fill(data, BYTES, beginning(i));
        must("sending", send_all(far_ends[i], data, BYTES));
        close_socket(far_ends[i]);
    }
    while (running > 0) {
        must("waiting", poll_wait(&poll, &events, PATIENCE));
        must("an event that must come", events.count > 0 ? 0 : WAIT_TIMEOUT);
        for (ULONG i = 0; i < events.count; i++)
            running -= advance(list[i].token);
    }
    for (size_t i = 0; i < STREAMS; i++) {
        complete += received[i] == BYTES;
        once += ended[i] == 1;
    }
    is((unsigned)complete, STREAMS, "each gets its bytes");
    is((unsigned)wrong, 0, "each its own");
    is((unsigned)once, STREAMS, "each ends once");
    /* Half of them with a read in flight. */
    for (size_t i = 0; i < STREAMS; i += 2)
        must("registering", await(&streams[i], i));
    is(poll_destroy(&poll), ERROR_BUSY, "open streams hold the poll");
    for (size_t i = 0; i < STREAMS; i++)
        closed += tcp_stream_close(&streams[i]) == 0;
    is((unsigned)closed, STREAMS, "each is closed");
    printf("# %llu ms\n", GetTickCount64() - start);
    tear_down();
    return done_testing();
}
