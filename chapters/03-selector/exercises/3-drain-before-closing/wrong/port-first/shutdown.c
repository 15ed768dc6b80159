#include "shutdown.h"

DWORD shut_down(Selector *selector, Operation *const *streams, ULONG count,
                DWORD timeout, LastWords *last_words)
{
    (void)timeout;
    (void)last_words;
    for (ULONG i = 0; i < count; i++)
        if (streams[i]->state == OPERATION_IN_FLIGHT)
            cancel_io(streams[i]->socket);
    DWORD error = close_handle(selector->port);
    for (ULONG i = 0; i < count; i++)
        operation_close(streams[i]);
    return error;
}
