// steps: 11+
// guard: yes
/* One thread polls and reads; another writes to the peers, changes what is
   registered at random, and wakes. No byte is lost, whatever the modes. Then streams
   are opened and closed by one thread while the other polls. */
#include "guard.h"
#include "ready.h"

#include "waker.h"

enum { STREAMS = 20, ROUNDS = 4000, STOP = 1000, PAIRS = 300 };

static TcpStream streams[STREAMS];
static SOCKET peers[STREAMS];
static Waker waker;
static atomic_int received, stop, strange, wakes;

static void take(const Event *event)
{
    char bytes[64];
    DWORD count, error;
    if (event->token == STOP) {
        wakes++;
        return;
    }
    if (event->token >= STREAMS || event->error != 0) {
        strange++;
        return;
    }
    while ((error = tcp_stream_read(&streams[event->token], bytes, sizeof bytes,
                                    &count)) == 0 &&
           count > 0)
        received += (int)count;
    strange += error != WSAEWOULDBLOCK;
}

static unsigned WINAPI poll_on(void *argument)
{
    Event list[7];
    Events events = {.list = list, .capacity = 7};
    (void)argument;
    while (!stop) {
        must("waiting", poll_wait(&poll, &events, 1000));
        for (ULONG i = 0; i < events.count; i++)
            take(&list[i]);
    }
    return 0;
}

static unsigned chance(void)
{
    static unsigned seed = 20261127;
    seed = seed * 1103515245 + 12345;
    return seed >> 16;
}

static void end_of(HANDLE thread)
{
    stop = TRUE;
    must("waking", waker_wake(&waker));
    must("joining", join_thread(thread));
    stop = FALSE;
}

static void at_random(void)
{
    HANDLE thread;
    int sent = 0;
    for (unsigned i = 0; i < STREAMS; i++) {
        peers[i] = meet(&streams[i]);
        watch(tcp_stream_source(&streams[i]), i, READABLE, EDGE);
    }
    must("a thread", start_thread(&thread, poll_on, NULL));
    for (int i = 0; i < ROUNDS; i++) {
        unsigned one = chance() % STREAMS;
        Source *source = tcp_stream_source(&streams[one]);
        say(peers[one], "hello");
        sent += 5;
        if (chance() % 8 == 0) {
            unwatch(source);
            watch(source, one, (Interests)(chance() % 4), (Mode)(chance() % 3));
        } else {
            rewatch(source, one, (Interests)(chance() % 4),
                    (Mode)(chance() % 3));
        }
        if (i % 16 == 0)
            must("waking", waker_wake(&waker));
    }
    for (unsigned i = 0; i < STREAMS; i++)
        rewatch(tcp_stream_source(&streams[i]), i, READABLE,
                i % 2 == 0 ? EDGE : LEVEL);
    for (int i = 0; i < PATIENCE && received < sent; i += 10)
        Sleep(10);
    end_of(thread);
    is((unsigned)received, (unsigned)sent, "every byte of %d is told and read",
       sent);
    is((unsigned)strange, 0, "and nothing else is told");
    ok(wakes > 0, "wakes get through");
    for (unsigned i = 0; i < STREAMS; i++) {
        must("closing", tcp_stream_close(&streams[i]));
        close_socket(peers[i]);
    }
}

/* Tokens of streams that may be gone by now are looked at, no more. */
static unsigned WINAPI poll_and_forget(void *argument)
{
    Event list[7];
    Events events = {.list = list, .capacity = 7};
    (void)argument;
    while (!stop)
        must("waiting", poll_wait(&poll, &events, 1000));
    return 0;
}

static void opened_and_closed(void)
{
    HANDLE thread;
    must("a thread", start_thread(&thread, poll_and_forget, NULL));
    for (int i = 0; i < PAIRS; i++) {
        TcpStream stream;
        DWORD count;
        SOCKET peer = meet(&stream);
        say(peer, "x");
        watch(tcp_stream_source(&stream), 1, (Interests)(READABLE | WRITABLE),
              (Mode)(i % 3));
        must("writing", tcp_stream_write(&stream, "y", 1, &count));
        if (i % 4 == 0)
            Sleep(1);
        must("closing", tcp_stream_close(&stream));
        close_socket(peer);
    }
    end_of(thread);
    ok(1, "%d streams are closed in the middle of a poll", PAIRS);
}

int main(void)
{
    set_up();
    must("a waker", waker_create(&waker, &poll, STOP));
    at_random();
    opened_and_closed();
    must("closing", waker_close(&waker));
    tear_down();
    return done_testing();
}
