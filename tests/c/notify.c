// steps: 08+
// wrap: WSASocketW
/* What registrator_notify promises: a packet of ours, for whoever must stop or
   hand something to a loop. */
#include "peers.h"

SOCKET WINAPI __real_WSASocketW(int, int, int, void *, unsigned, DWORD);

static int sockets_made;

SOCKET WINAPI __wrap_WSASocketW(int family, int type, int protocol, void *info,
                                unsigned group, DWORD flags)
{
    sockets_made++;
    return __real_WSASocketW(family, type, protocol, info, group, flags);
}

static DWORD notify(Token token)
{
    return registrator_notify(&registrator, token);
}

static void before_the_poll(void)
{
    Event event;
    Events events = {.list = &event, .capacity = 1};
    sockets_made = 0;
    is(notify(0), ERROR_INVALID_PARAMETER, "token 0 is not for notices");
    is(notify(5), 0, "a notice before the poll");
    must("polling", poll_wait(&poll, &events, INFINITE));
    ok(events.count == 1 && event.token == 5 && event.ready == NOTIFIED &&
           event.error == 0 && event.bytes == 0,
       "is told by it");
    ok(silence(), "once");
    for (int i = 0; i < 3; i++)
        must("notifying", notify(6));
    for (int i = 0; i < 3; i++)
        is(next_event().token, 6, "each of three is told");
    ok(silence(), "and no more");
    int right = 0;
    for (Token i = 1; i <= 10; i++) {
        must("notifying", notify(i));
        right += next_event().token == i;
    }
    is((unsigned)right, 10, "ten, one after another");
    is((unsigned)sockets_made, 0, "none of them needs a socket");
}

static unsigned WINAPI later(void *token)
{
    Sleep(A_WHILE);
    return notify((Token)token);
}

static void from_threads(void)
{
    HANDLE threads[2];
    Event event;
    Events events = {.list = &event, .capacity = 1};
    must("a thread", start_thread(&threads[0], later, (void *)(Token)8));
    must("polling", poll_wait(&poll, &events, INFINITE));
    ok(events.count == 1 && event.token == 8,
       "a thread's notice ends a wait without end");
    must("joining", join_thread(threads[0]));
    for (Token i = 0; i < 2; i++)
        must("a thread", start_thread(&threads[i], later, (void *)(i + 1)));
    Token sum = next_event().token;
    sum += next_event().token;
    is(sum, 3, "both of two threads are heard");
    for (int i = 0; i < 2; i++)
        must("joining", join_thread(threads[i]));
}

/* Among events of sockets, with room for one a poll. */
static void none_is_lost(void)
{
    enum { COUNT = 20 };
    TcpStream streams[COUNT];
    SOCKET peers[COUNT];
    int notices = 0, reads = 0;
    for (int i = 0; i < COUNT; i++) {
        peers[i] = meet(&streams[i]);
        must("registering", await(&streams[i], (Token)i));
        say(peers[i], "x");
        must("notifying", notify((Token)i + 100));
    }
    for (int i = 0; i < 2 * COUNT; i++) {
        Event event = next_event();
        notices += event.ready == NOTIFIED && event.token >= 100;
        reads += event.ready == READABLE && event.bytes == 1;
    }
    ok(notices == COUNT && reads == COUNT,
       "of notices and events of sockets none is lost: %d, %d", notices, reads);
    ok(silence(), "or told twice");
    for (int i = 0; i < COUNT; i++) {
        close_socket(peers[i]);
        tcp_stream_close(&streams[i]);
    }
}

static void at_the_end(void)
{
    Event event;
    Events events = {.list = &event, .capacity = 1};
    must("notifying", notify(3));
    must("closing the loop", registrator_close_loop(&registrator));
    is(notify(4), ERROR_ABANDONED_WAIT_0, "no notice to a closed loop");
    must("polling", poll_wait(&poll, &events, INFINITE));
    ok(events.count == 1 && event.token == 3, "one from before is told first");
    is(poll_wait(&poll, &events, INFINITE), ERROR_ABANDONED_WAIT_0,
       "then the loop is at its end");
}

int main(void)
{
    set_up();
    before_the_poll();
    from_threads();
    none_is_lost();
    at_the_end();
    tear_down();
    must("no notice to a poll that is gone",
         notify(3) != ERROR_ABANDONED_WAIT_0);
    return done_testing();
}
