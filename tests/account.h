/* A read is in flight on a stream. What is done then, and an account of it which
   foretells what the calls answer. For lifetimes_*.c, of steps 4 and later. */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "guard.h"
#include "permute.h"
#include "streams.h"

enum { TOKEN = 5 };

/* WAIT is last: a test that has another thread wait leaves it out. */
typedef enum Action {
    CLOSE_STREAM,
    CLOSE_LOOP,
    DESTROY,
    RELEASE,
    SEND,
    HANG_UP,
    WAIT
} Action;

static Poll poll;
static Registrator registrator;
static Stream stream;
static SOCKET peer;

static BOOL open, released, destroyed, hung_up;
static BOOL closed;  /* close_loop succeeded, or said that it was closed */
static BOOL refused; /* to destroy the poll: that may have closed the loop */
static int wrong;

static void open_account(void)
{
    SOCKET pair[2];
    open = TRUE;
    released = destroyed = closed = refused = hung_up = FALSE;
    connected(pair);
    peer = pair[1];
    if (poll_create(&poll) != 0 || poll_registrator(&poll, &registrator) != 0 ||
        stream_open(&stream, pair[0]) != 0)
        give_up("cannot open a loop with a stream");
}

static BOOL close_the_stream(DWORD *error)
{
    *error = stream_close(&stream);
    open = FALSE;
    return *error == 0;
}

static BOOL close_the_loop(DWORD *error)
{
    *error = registrator_close_loop(&registrator);
    BOOL may_succeed = !released && !closed && !destroyed;
    BOOL may_fail = !may_succeed || refused;
    if (!released)
        closed = TRUE;
    return (may_succeed && *error == 0) ||
           (may_fail && *error == ERROR_ABANDONED_WAIT_0);
}

static BOOL release(DWORD *error)
{
    *error = registrator_release(&registrator);
    released = TRUE;
    return *error == 0;
}

/* The peer's calls succeed or not: that is not the step's affair. When it has
   hung up, its socket is no longer its own. */
static void peer_acts(Action action)
{
    if (action == HANG_UP)
        close_socket(peer);
    else if (!hung_up)
        send_all(peer, "hello", 5);
    hung_up |= action == HANG_UP;
}

#endif
