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
static DWORD drain(Selector *selector, DWORD timeout, LastWords *last_words)
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
        for (ULONG i = 0; i < events.count; i++)
            if (list[i].error != ERROR_OPERATION_ABORTED)
                last_words(&list[i]);
    }
    return 0;
}

DWORD shut_down(Selector *selector, Operation *const *streams, ULONG count,
                DWORD timeout, LastWords *last_words)
{
    call_off(streams, count);
    DWORD error = drain(selector, timeout, last_words);
    if (error != 0)
        return error;
    for (ULONG i = 0; i < count; i++) {
        DWORD closing = operation_close(streams[i]);
        error = closing != 0 ? closing : error;
    }
    DWORD closing = selector_close(selector);
    return closing != 0 ? closing : error;
}
