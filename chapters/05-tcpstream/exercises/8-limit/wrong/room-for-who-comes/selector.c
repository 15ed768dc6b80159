#include "selector.h"

/* As many packets as one call takes out: enough to share its price, few enough
   for the stack. */
enum { BATCH = 64 };

DWORD selector_open(Selector *selector, ULONG limit)
{
    if (limit == 0)
        return ERROR_INVALID_PARAMETER;
    *selector = (Selector){.limit = limit};
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

static void append(Selector *selector, Operation *operation, Token token)
{
    operation->token = token;
    operation->state = OPERATION_WAITING;
    operation->next = NULL;
    if (selector->first == NULL)
        selector->first = operation;
    else
        selector->last->next = operation;
    selector->last = operation;
}

void selector_forget(Selector *selector, const Operation *operation)
{
    Operation *before = selector->first;
    if (before == operation) {
        selector->first = operation->next;
        return;
    }
    while (before->next != operation)
        before = before->next;
    before->next = operation->next;
    if (selector->last == operation)
        selector->last = before;
}

static BOOL has_room(const Selector *selector)
{
    return selector->lent < selector->limit;
}

/* Starts what waits, in order, while it may. Whoever registered it was told 0
   long ago, so a failure becomes an event. */
static void start_waiting(Selector *selector, Events *events)
{
    while (selector->first != NULL && has_room(selector) &&
           events->count < events->capacity) {
        Operation *operation = selector->first;
        selector->first = operation->next;
        DWORD error = operation_read(operation, operation->token);
        if (error != 0)
            events->list[events->count++] =
                (Event){.token = operation->token, .error = error};
    }
}

DWORD selector_register(Selector *selector, Operation *operation, Token token)
{
    if (operation->state == OPERATION_IN_FLIGHT ||
        operation->state == OPERATION_WAITING)
        return WSAEALREADY;
    DWORD error = associate(selector, operation);
    if (error != 0)
        return error;
    if (has_room(selector))
        return operation_read(operation, token);
    append(selector, operation, token);
    return 0;
}

/* FALSE if the operation was abandoned: then there is nothing to tell. */
static BOOL event_of(const OVERLAPPED_ENTRY *packet, Event *event)
{
    Operation *operation = operation_of(packet->lpOverlapped);
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
    start_waiting(selector, events);
    if (events->count > 0)
        return 0;
    DWORD error = get_queued_completion_status_ex(selector->port, packets, room,
                                                  &count, timeout);
    if (error == WAIT_TIMEOUT)
        return 0;
    for (ULONG i = 0; i < count; i++)
        if (event_of(&packets[i], &events->list[events->count]))
            events->count++;
    start_waiting(selector, events);
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
