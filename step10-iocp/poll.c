#include "poll.h"

#include <stdlib.h>

DWORD poll_create(Poll *poll)
{
    Loop *loop = calloc(1, sizeof *loop);
    *poll = (Poll){.loop = loop};
    if (loop == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = selector_open(&loop->selector);
    if (error != 0) {
        poll->loop = NULL;
        free(loop);
        return error;
    }
    loop->owners = 1;
    return 0;
}

DWORD poll_registrator(Poll *poll, Registrator *registrator)
{
    if (poll->loop == NULL)
        return ERROR_ABANDONED_WAIT_0;
    registrator->loop = poll->loop;
    registrator->loop->owners++;
    return 0;
}

/* Keeps other threads out until busy is FALSE again. */
static DWORD enter(Poll *poll)
{
    if (atomic_exchange(&poll->busy, TRUE))
        return ERROR_BUSY;
    if (poll->loop != NULL)
        return 0;
    poll->busy = FALSE;
    return ERROR_ABANDONED_WAIT_0;
}

static DWORD wait_for_events(Loop *loop, Events *events, DWORD timeout)
{
    Selector *selector = &loop->selector;
    DWORD error;
    /* Once woken, go on until the port is empty: what has completed comes
       first, whatever the order in which packets come out. */
    do
        error =
            selector_select(selector, events, selector->woken ? 0 : timeout);
    while (error == 0 && events->count == 0 && selector->woken &&
           !selector->empty);
    if (error == 0 && events->count == 0 && selector->woken)
        error = ERROR_ABANDONED_WAIT_0;
    return error;
}

DWORD poll_wait(Poll *poll, Events *events, DWORD timeout)
{
    DWORD error = enter(poll);
    if (error != 0)
        return error;
    error = wait_for_events(poll->loop, events, timeout);
    poll->busy = FALSE;
    return error;
}

static DWORD destroy_loop(Poll *poll)
{
    Loop *loop = poll->loop;
    loop->closed = TRUE;
    loop->selector.woken = TRUE;
    DWORD error = selector_drain(&loop->selector);
    if (error != 0)
        return error;
    poll->loop = NULL;
    return loop_release(loop);
}

DWORD poll_destroy(Poll *poll)
{
    DWORD error = enter(poll);
    if (error != 0)
        return error;
    error = destroy_loop(poll);
    poll->busy = FALSE;
    return error;
}
