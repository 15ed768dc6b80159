// steps: 11+
/* What Waker promises. */
#include "ready.h"

#include "handles.h"
#include "waker.h"

enum { WAKE = 50, ROUNDS = 10 };

static Waker waker;

static void wake(void)
{
    must("waking", waker_wake(&waker));
}

static unsigned WINAPI wake_later(void *argument)
{
    Sleep((DWORD)(uintptr_t)argument);
    wake();
    return 0;
}

static void waking(void)
{
    HANDLE thread;
    Waker second;
    wake();
    tells(WAKE, NOTIFIED, "a wake before the poll ends it at once");
    tells_nothing("once");
    wake();
    wake();
    wake();
    tells(WAKE, NOTIFIED, "three wakes are told");
    tells_nothing("as one");
    must("a thread", start_thread(&thread, wake_later, (void *)(uintptr_t)200));
    tells(WAKE, NOTIFIED, "another thread ends a poll that waits");
    must("joining", join_thread(thread));
    tells_nothing("once");
    for (int i = 0; i < ROUNDS; i++) {
        wake();
        is(next_event().token, WAKE, "each wake after an event is a new one");
    }
    tells_nothing("and there are no more");
    is(waker_create(&second, &poll, 1), ERROR_ALREADY_EXISTS,
       "a second waker is refused");
    is(waker_wake(&second), ERROR_ABANDONED_WAIT_0, "and is none");
    wake();
    is(next_event().token, WAKE, "the first one stays");
}

/* With other events there, and room for one at a time. */
static void in_company(void)
{
    TcpStream streams[3];
    SOCKET peers[3];
    int told[3] = {0}, woken = 0;
    for (int i = 0; i < 3; i++) {
        peers[i] = meet(&streams[i]);
        watch(tcp_stream_source(&streams[i]), (Token)i, READABLE, EDGE);
        say(peers[i], "x");
    }
    wake();
    let_it_arrive();
    for (int i = 0; i < 4; i++) {
        Event event = next_event();
        if (event.token == WAKE)
            woken++;
        else
            told[event.token]++;
    }
    ok(woken == 1 && told[0] == 1 && told[1] == 1 && told[2] == 1,
       "neither the wake nor a stream's event is lost");
    for (int i = 0; i < 3; i++) {
        must("closing", tcp_stream_close(&streams[i]));
        close_socket(peers[i]);
    }
}

static atomic_int wakes;

static unsigned WINAPI wake_often(void *argument)
{
    (void)argument;
    for (int i = 0; i < 500; i++) {
        wake();
        wakes++;
    }
    return 0;
}

/* After the last wake, whoever it is of, one event comes. */
static void from_two_threads(void)
{
    HANDLE threads[2];
    Event event;
    Events events = {.list = &event, .capacity = 1};
    int told = 0, before;
    for (int i = 0; i < 2; i++)
        must("a thread", start_thread(&threads[i], wake_often, NULL));
    do {
        before = wakes;
        must("waiting", poll_wait(&poll, &events, before == 1000 ? 0 : 1000));
        told += (int)events.count;
    } while (before < 1000 || events.count > 0);
    for (int i = 0; i < 2; i++)
        must("joining", join_thread(threads[i]));
    ok(told >= 1 && told <= 1000, "1,000 wakes of two threads: %s",
       "at least one event, at most as many");
    tells_nothing("none is left over");
}

static void without_its_poll(void)
{
    Poll own;
    Waker late, other;
    must("a poll", poll_create(&own));
    int before = handle_count();
    must("a waker", waker_create(&late, &own, 1));
    is((unsigned)handle_count(), (unsigned)before,
       "a waker takes no handle, so no port number");
    must("waking", waker_wake(&late));
    is(poll_destroy(&own), 0, "a waker doesn't hold its poll,");
    is(waker_wake(&late), ERROR_ABANDONED_WAIT_0, "and says that it is gone,");
    must("another poll", poll_create(&own));
    is(waker_wake(&late), ERROR_ABANDONED_WAIT_0,
       "also when another one may have its handle's number");
    is(waker_create(&other, &own, 1), 0, "that one can have its own");
    is(waker_close(&late), 0, "the first is closed");
    is(waker_close(&late), ERROR_ABANDONED_WAIT_0, "once");
    must("closing", waker_close(&other));
    is(waker_create(&other, &own, 2), 0, "one that is closed makes room");
    must("closing", waker_close(&other));
    must("destroying", poll_destroy(&own));
    is(waker_create(&other, &own, 1), ERROR_ABANDONED_WAIT_0,
       "a poll that is gone can have none");
}

int main(void)
{
    set_up();
    must("a waker", waker_create(&waker, &poll, WAKE));
    waking();
    in_company();
    from_two_threads();
    without_its_poll();
    must("closing", waker_close(&waker));
    tear_down();
    return done_testing();
}
