#include "shutdown.h"

DWORD shut_down(Selector *selector, Operation *const *streams, ULONG count,
                DWORD timeout, LastWords *last_words)
{
    (void)timeout;
    (void)last_words;
    for (ULONG i = 0; i < count; i++)
        operation_close(streams[i]);
    return selector_close(selector);
}
