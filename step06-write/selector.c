#include "selector.h"

/* As many packets as one call takes out: enough to share its price, few enough
   for the stack. */
enum { BATCH = 64 };

DWORD selector_open(Selector *selector)
{
    *selector = (Selector){0};
    return create_completion_port(&selector->port);
}

/* Gives the packet to the one who knows what it means. */
static BOOL complete(const OVERLAPPED_ENTRY *packet, Event *event)
{
    Operation *operation = operation_of(packet->lpOverlapped);
    return operation->completed(operation, packet->dwNumberOfBytesTransferred,
                                event);
}

DWORD selector_select(Selector *selector, Events *events, DWORD timeout)
{
    OVERLAPPED_ENTRY packets[BATCH];
    ULONG room = events->capacity < BATCH ? events->capacity : BATCH;
    ULONG count;

    events->count = 0;
    if (room == 0)
        return ERROR_INVALID_PARAMETER;
    DWORD error = get_queued_completion_status_ex(selector->port, packets, room,
                                                  &count, timeout);
    selector->empty = error == WAIT_TIMEOUT;
    if (selector->empty)
        return 0;
    for (ULONG i = 0; i < count; i++)
        if (packets[i].lpOverlapped == NULL)
            selector->woken = TRUE;
        else if (complete(&packets[i], &events->list[events->count]))
            events->count++;
    return error;
}

DWORD selector_wake(Selector *selector)
{
    return post_queued_completion_status(selector->port, 0, 0, NULL);
}

DWORD selector_drain(Selector *selector)
{
    Event list[BATCH];
    Events events = {.list = list, .capacity = BATCH};
    DWORD error = 0;
    if (selector->open > 0)
        return ERROR_BUSY;
    while (selector->lent > 0 && error == 0)
        error = selector_select(selector, &events, INFINITE);
    return error;
}

DWORD selector_close(Selector *selector)
{
    return close_handle(selector->port);
}
