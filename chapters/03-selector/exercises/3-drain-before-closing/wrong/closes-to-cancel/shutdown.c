#include "shutdown.h"

DWORD shut_down(Selector *selector, Operation *const *streams, ULONG count,
                DWORD timeout, LastWords *last_words)
{
    Event list[16];
    Events events = {.list = list, .capacity = 16};
    for (ULONG i = 0; i < count; i++)
        close_socket(streams[i]->socket);
    while (selector->lent > 0) {
        ULONG lent = selector->lent;
        selector_select(selector, &events, timeout);
        for (ULONG i = 0; i < events.count; i++)
            if (list[i].bytes > 0)
                last_words(&list[i]);
        if (selector->lent == lent)
            return WAIT_TIMEOUT;
    }
    for (ULONG i = 0; i < count; i++)
        operation_close(streams[i]);
    return selector_close(selector);
}
