#include "shutdown.h"

enum { BATCH = 16 };

unsigned long long WINAPI GetTickCount64(void);

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
    unsigned long long end = GetTickCount64() + timeout;
    while (selector->lent > 0) {
        ULONG lent = selector->lent;
        unsigned long long now = GetTickCount64();
        DWORD left = now < end ? (DWORD)(end - now) : 0;
        DWORD error = selector_select(selector, &events, left);
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
        error = error == 0 ? closing : error;
    }
    DWORD closing = selector_close(selector);
    return error == 0 ? closing : error;
}
