#include "shutdown.h"

#include <stdlib.h>

DWORD shut_down(Selector *selector, Operation *const *streams, ULONG count,
                DWORD timeout, LastWords *last_words)
{
    Event list[64];
    Events events = {.list = list, .capacity = 64};
    (void)timeout;
    do {
        selector_select(selector, &events, 0);
        for (ULONG i = 0; i < events.count; i++)
            last_words(&list[i]);
    } while (events.count > 0);
    for (ULONG i = 0; i < count; i++) {
        close_socket(streams[i]->socket);
        free(streams[i]);
    }
    return close_handle(selector->port);
}
