#include "shutdown.h"

enum { BATCH = 16 };

/* The packets come whether or not there was something to call off. */
static void call_off(Operation *const *streams, ULONG count)
{
    for (ULONG i = 0; i < count; i++)
        if (streams[i]->state == OPERATION_IN_FLIGHT)
            cancel_io(streams[i]->socket);
}

/* Takes out the packets of all reads. Afterwards the system has nothing of
   ours. */
static DWORD drain(Selector *selector, DWORD timeout)
{
    Event list[BATCH];
    Events events = {.list = list, .capacity = BATCH};
    while (selector->lent > 0) {
        ULONG lent = selector->lent;
        DWORD error = selector_select(selector, &events, timeout);
        if (error != 0)
            return error;
        /* An empty batch may be the packet of a closed stream. */
        if (selector->lent == lent)
            return WAIT_TIMEOUT;
    }
    return 0;
}

DWORD shut_down(Selector *selector, Operation *const *streams, ULONG count,
                DWORD timeout, LastWords *last_words)
{
    Event list[BATCH];
    Events events = {.list = list, .capacity = BATCH};
    DWORD error;
    do {
        error = selector_select(selector, &events, 0);
        if (error != 0)
            return error;
        for (ULONG i = 0; i < events.count; i++)
            last_words(&list[i]);
    } while (events.count > 0);
    call_off(streams, count);
    error = drain(selector, timeout);
    if (error != 0)
        return error;
    for (ULONG i = 0; i < count; i++) {
        DWORD closing = operation_close(streams[i]);
        error = error == 0 ? closing : error;
    }
    DWORD closing = selector_close(selector);
    return error == 0 ? closing : error;
}
