#include "selector.h"

#include <stdlib.h>

#include "timers.h"

/* As many packets as one call takes out: enough to share its price, few enough
   for the stack. */
enum { BATCH = 64 };

/* What a packet is about. A timer's carries the address of a Timer. */
enum { KEY_STREAM, KEY_TIMER };

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
    DWORD error =
        associate_socket(selector->port, operation->socket, KEY_STREAM);
    if (error != 0)
        return error;
    operation->selector = selector;
    selector->open++;
    return 0;
}

DWORD selector_register(Selector *selector, Operation *operation, Token token)
{
    OperationState state = operation->state;
    if (state == OPERATION_IN_FLIGHT || state == OPERATION_LANDING)
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
    if (!operation_land(operation))
        return FALSE;
    *event = (Event){.token = operation->token,
                     .bytes = packet->dwNumberOfBytesTransferred,
                     .error = operation_error(operation)};
    return operation_finish(operation, event->bytes, event->error);
}

DWORD selector_register_timer(Selector *selector, DWORD delay, Token token)
{
    Timer *timer = malloc(sizeof *timer);
    if (timer == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    *timer = (Timer){.due = timers_clock() + delay, .token = token};
    selector->lent++;
    DWORD error = post_queued_completion_status(selector->port, 0, KEY_TIMER,
                                                (OVERLAPPED *)timer);
    if (error != 0) {
        selector->lent--;
        free(timer);
    }
    return error;
}

/* Hands out the timers that are due, as far as there is room. */
static void add_due(Selector *selector, Events *events)
{
    Timer *timer;
    while (events->count < events->capacity &&
           (timer = timers_take_due(&selector->timers)) != NULL) {
        events->list[events->count++] = (Event){.token = timer->token};
        free(timer);
    }
}

static void take_packet(Selector *selector, const OVERLAPPED_ENTRY *packet,
                        Events *events)
{
    if (packet->lpCompletionKey == KEY_TIMER) {
        timers_insert(&selector->timers, (Timer *)packet->lpOverlapped);
        selector->lent--;
    } else if (packet->lpOverlapped == NULL)
        selector->woken = TRUE;
    else if (event_of(packet, &events->list[events->count]))
        events->count++;
}

/* Takes out what there is room for. Waits no longer than for the first timer,
   and not at all if there are events already. */
static DWORD take_packets(Selector *selector, Events *events, DWORD timeout)
{
    OVERLAPPED_ENTRY packets[BATCH];
    ULONG left = events->capacity - events->count;
    ULONG room = left < BATCH ? left : BATCH;
    DWORD wait = events->count > 0 ? 0 : timers_wait(selector->timers);
    ULONG count;

    DWORD error = get_queued_completion_status_ex(
        selector->port, packets, room, &count, wait < timeout ? wait : timeout);
    selector->empty = error == WAIT_TIMEOUT;
    if (selector->empty)
        return 0;
    for (ULONG i = 0; i < count; i++)
        take_packet(selector, &packets[i], events);
    return error;
}

DWORD selector_select(Selector *selector, Events *events, DWORD timeout)
{
    DWORD error = 0;
    events->count = 0;
    if (events->capacity == 0)
        return ERROR_INVALID_PARAMETER;
    add_due(selector, events); /* first: there may always be packets */
    selector->empty = FALSE;
    if (events->count < events->capacity)
        error = take_packets(selector, events, timeout);
    add_due(selector, events);
    return error;
}

DWORD selector_wake(Selector *selector)
{
    return post_queued_completion_status(selector->port, 0, KEY_STREAM, NULL);
}

static void drop_timers_not_due(Selector *selector)
{
    Timer **timer = &selector->timers;
    while (*timer != NULL && (*timer)->due <= timers_clock())
        timer = &(*timer)->next;
    while (*timer != NULL) {
        Timer *gone = *timer;
        *timer = gone->next;
        free(gone);
    }
}

static void drop_timers(Selector *selector)
{
    while (selector->timers != NULL) {
        Timer *timer = selector->timers;
        selector->timers = timer->next;
        free(timer);
    }
}

DWORD selector_drain(Selector *selector)
{
    Event list[BATCH];
    Events events = {.list = list, .capacity = BATCH};
    DWORD error = 0;
    drop_timers_not_due(selector);
    if (selector->open > 0)
        return ERROR_BUSY;
    while (selector->lent > 0 && error == 0)
        error = selector_select(selector, &events, INFINITE);
    if (error == 0)
        drop_timers(selector);
    return error;
}

DWORD selector_close(Selector *selector)
{
    return close_handle(selector->port);
}
