#include "shutdown.h"

#include <stdlib.h>

DWORD shut_down(Selector *selector, Operation *const *streams, ULONG count,
                DWORD timeout, LastWords *last_words)
{
    (void)timeout;
    (void)last_words;
    DWORD error = close_handle(selector->port);
    for (ULONG i = 0; i < count; i++) {
        close_socket(streams[i]->socket);
        free(streams[i]);
    }
    return error;
}
