#include "selector.h"

/* As many packets as one call takes out: enough to share its price, few enough
   for the stack. */
enum { BATCH = 64 };

DWORD selector_open(Selector *selector)
{
    *selector = (Selector){0};
    return create_completion_port(&selector->port);
}

/* Windows associates a socket once and refuses a second time, so remember. */
static DWORD associate(Selector *selector, Operation *operation)
{
    if (operation->selector == selector)
        return 0;
    if (operation->selector != NULL)
        return ERROR_INVALID_PARAMETER;
    DWORD error = associate_socket(selector->port, operation->socket, 0);
    if (error != 0)
        return error;
    operation->selector = selector;
    selector->open++;
    return 0;
}

DWORD selector_register(Selector *selector, Operation *operation, Token token)
{
    if (operation->state == OPERATION_IN_FLIGHT)
        return WSAEALREADY;
    DWORD error = associate(selector, operation);
    if (error != 0)
        return error;
    return operation_read(operation, token);
}

/* FALSE if the operation was abandoned: then there is nothing to tell. */
static BOOL event_of(const OVERLAPPED_ENTRY *packet, Event *event)
{
    Operation *operation = operation_of(packet->lpOverlapped);
    if (operation->state == OPERATION_ABANDONED) /* its socket is closed */
        return operation_finish(operation, 0, 0);
    *event = (Event){.token = operation->token,
                     .bytes = packet->dwNumberOfBytesTransferred,
                     .error = operation_error(operation)};
    return operation_finish(operation, event->bytes, event->error);
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
    if (error == WAIT_TIMEOUT)
        return 0;
    for (ULONG i = 0; i < count; i++)
        if (event_of(&packets[i], &events->list[events->count]))
            events->count++;
    return error;
}

DWORD selector_close(Selector *selector)
{
    Event list[BATCH];
    Events events = {.list = list, .capacity = BATCH};
    DWORD error = 0;
    if (selector->open > 0)
        return ERROR_BUSY;
    while (selector->lent > 0 && error == 0)
        error = selector_select(selector, &events, INFINITE);
    if (error != 0)
        return error;
    return close_handle(selector->port);
}
