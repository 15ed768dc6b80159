#include "shutdown.h"

enum { BATCH = 16 };

/* Returns how many. */
static ULONG call_off(Operation *const *streams, ULONG count)
{
    ULONG called_off = 0;
    for (ULONG i = 0; i < count; i++)
        if (streams[i]->state == OPERATION_IN_FLIGHT) {
            cancel_io(streams[i]->socket);
            called_off++;
        }
    return called_off;
}

/* Takes out the packets of all reads. Afterwards the system has nothing of
   ours. */
static DWORD drain(Selector *selector, ULONG missing, DWORD timeout,
                   LastWords *last_words)
{
    Event list[BATCH];
    Events events = {.list = list, .capacity = BATCH};
    while (missing > 0) {
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
        missing -= events.count;
    }
    return 0;
}

DWORD shut_down(Selector *selector, Operation *const *streams, ULONG count,
                DWORD timeout, LastWords *last_words)
{
    DWORD error =
        drain(selector, call_off(streams, count), timeout, last_words);
    if (error != 0)
        return error;
    for (ULONG i = 0; i < count; i++) {
        DWORD closing = operation_close(streams[i]);
        error = error == 0 ? closing : error;
    }
    DWORD closing = selector_close(selector);
    return error == 0 ? closing : error;
}
