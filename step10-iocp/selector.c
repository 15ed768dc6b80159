#include "selector.h"

#include "economy.h"

/* As many packets as one call takes out: enough to share its price, few enough
   for the stack. */
enum { BATCH = 64 };

static BOOL on_nudged(Operation *operation, DWORD bytes, Event *event)
{
    Selector *selector =
        (Selector *)((char *)operation - offsetof(Selector, nudge));
    (void)bytes;
    (void)event;
    AcquireSRWLockExclusive(&selector->lock);
    operation->in_flight = FALSE;
    ReleaseSRWLockExclusive(&selector->lock);
    return FALSE;
}

DWORD selector_open(Selector *selector)
{
    *selector = (Selector){.nudge.completed = on_nudged, .hope = 1};
    InitializeSRWLock(&selector->lock);
    return create_completion_port(&selector->port);
}

/* Gives the packet to the one who knows what it means. */
static BOOL complete(Selector *selector, const OVERLAPPED_ENTRY *packet,
                     Event *event)
{
    if (packet->lpOverlapped != NULL) {
        Operation *operation = operation_of(packet->lpOverlapped);
        return operation->completed(operation,
                                    packet->dwNumberOfBytesTransferred, event);
    }
    *event = (Event){.token = packet->lpCompletionKey, .ready = NOTIFIED};
    if (event->token == 0)
        selector->woken = TRUE;
    return event->token != 0;
}

/* How many packets to ask for next. One that comes alone is cheaper to take alone:
   Wine asks its server once more where the batch isn't full. */
static void hope_for(Selector *selector, ULONG room, ULONG count)
{
    selector->hope = count < room ? count : 2 * count;
    if (selector->hope == 0)
        selector->hope = 1;
    if (selector->hope > BATCH)
        selector->hope = BATCH;
}

/* Waits for packets and takes one batch out, no more than there is room for.
   Errors: WAIT_TIMEOUT if there were none. */
static DWORD take_packets(Selector *selector, Events *events, DWORD timeout)
{
    OVERLAPPED_ENTRY packets[BATCH];
    ULONG room = events->capacity - events->count;
    ULONG count;
    if (room > selector->hope)
        room = selector->hope;
    DWORD error = get_queued_completion_status_ex(selector->port, packets, room,
                                                  &count, timeout);
    hope_for(selector, room, count);
    AcquireSRWLockExclusive(&selector->lock);
    selector->awake = 0; /* for now: nobody needs to nudge */
    ReleaseSRWLockExclusive(&selector->lock);
    for (ULONG i = 0; i < count; i++)
        if (complete(selector, &packets[i], &events->list[events->count]))
            events->count++;
    return error;
}

/* How long to wait: not beyond end, nor the next timer, nor at all if something is
   queued. Whoever queues something or sets an earlier timer from now on has to
   nudge. */
static DWORD time_to_wait(Selector *selector, unsigned long long end)
{
    unsigned long long now = now_ms();
    AcquireSRWLockExclusive(&selector->lock);
    Timer *next = selector->timers.root;
    if (selector->queue.count == 0)
        selector->awake = next != NULL && next->due < end ? next->due : end;
    unsigned long long awake = selector->awake;
    ReleaseSRWLockExclusive(&selector->lock);
    if (awake <= now)
        return 0;
    return awake - now < INFINITE ? (DWORD)(awake - now) : INFINITE;
}

/* Takes the next timer out if it is due by now. */
static Timer *take_timer(Selector *selector, unsigned long long now)
{
    AcquireSRWLockExclusive(&selector->lock);
    Timer *timer = selector->timers.root;
    if (timer != NULL && timer->due > now)
        timer = NULL;
    if (timer != NULL)
        timers_remove(&selector->timers, timer);
    ReleaseSRWLockExclusive(&selector->lock);
    return timer;
}

/* As many as there is room for the events of. */
static void expire_timers(Selector *selector, Events *events)
{
    unsigned long long now = now_ms();
    Timer *timer;
    while (events->count < events->capacity &&
           (timer = take_timer(selector, now)) != NULL)
        if (timer->expired(timer, &events->list[events->count]))
            events->count++;
}

static ULONG queued(Selector *selector)
{
    AcquireSRWLockExclusive(&selector->lock);
    ULONG count = selector->queue.count;
    ReleaseSRWLockExclusive(&selector->lock);
    return count;
}

/* Completes what is queued now, as far as there is room. What that queues waits for
   the next turn. */
static void run_queue(Selector *selector, Events *events)
{
    for (ULONG left = queued(selector);
         left > 0 && events->count < events->capacity; left--) {
        AcquireSRWLockExclusive(&selector->lock);
        Operation *operation = runqueue_take(&selector->queue);
        ReleaseSRWLockExclusive(&selector->lock);
        if (operation->completed(operation, operation->bytes,
                                 &events->list[events->count]))
            events->count++;
    }
}

/* What was done at once, and one look at the port. Should the queue leave no room
   for it, the port comes first in the next turn. Errors: those of take_packets. */
static DWORD turn(Selector *selector, Events *events, unsigned long long end)
{
    DWORD error = 0;
    BOOL port_first = selector->port_first;
    if (!port_first)
        run_queue(selector, events);
    BOOL room = events->count < events->capacity;
    selector->port_first = !room && economy.fair;
    BOOL nothing = events->count == 0 && queued(selector) == 0;
    if (room && (economy.fair || nothing))
        error =
            take_packets(selector, events,
                         events->count > 0 ? 0 : time_to_wait(selector, end));
    if (port_first)
        run_queue(selector, events);
    selector->empty = error == WAIT_TIMEOUT && queued(selector) == 0;
    return error;
}

DWORD selector_select(Selector *selector, Events *events, DWORD timeout)
{
    unsigned long long end = timeout == INFINITE ? ~0ULL : now_ms() + timeout;
    DWORD error;
    events->count = 0;
    if (events->capacity == 0)
        return ERROR_INVALID_PARAMETER;
    /* Packets may have nothing to tell, and a wait may end a little early. */
    do {
        expire_timers(selector, events);
        error = turn(selector, events, end);
    } while ((error == 0 || error == WAIT_TIMEOUT) && events->count == 0 &&
             !selector->woken && now_ms() < end);
    return error == WAIT_TIMEOUT ? 0 : error;
}

/* Has a select that waits beyond due look again. With the lock held. */
static DWORD nudge(Selector *selector, unsigned long long due)
{
    if (due >= selector->awake || selector->nudge.in_flight)
        return 0;
    DWORD error = post_queued_completion_status(selector->port, 0, 0,
                                                &selector->nudge.overlapped);
    selector->nudge.in_flight = error == 0;
    return error;
}

void selector_run(Selector *selector, Operation *operation, DWORD bytes)
{
    AcquireSRWLockExclusive(&selector->lock);
    operation->bytes = bytes;
    runqueue_put(&selector->queue, operation);
    nudge(selector, 0);
    ReleaseSRWLockExclusive(&selector->lock);
}

DWORD selector_set_timer(Selector *selector, Timer *timer,
                         unsigned long long due, BOOL *added)
{
    AcquireSRWLockExclusive(&selector->lock);
    *added = !timer->set;
    if (timer->set)
        timers_remove(&selector->timers, timer);
    timers_insert(&selector->timers, timer, due);
    DWORD error = nudge(selector, due);
    ReleaseSRWLockExclusive(&selector->lock);
    return error;
}

BOOL selector_clear_timer(Selector *selector, Timer *timer)
{
    AcquireSRWLockExclusive(&selector->lock);
    BOOL was_set = timer->set;
    if (was_set)
        timers_remove(&selector->timers, timer);
    ReleaseSRWLockExclusive(&selector->lock);
    return was_set;
}

DWORD selector_notify(Selector *selector, Token token)
{
    if (token == 0)
        return ERROR_INVALID_PARAMETER;
    return post_queued_completion_status(selector->port, 0, token, NULL);
}

DWORD selector_wake(Selector *selector)
{
    return post_queued_completion_status(selector->port, 0, 0, NULL);
}

DWORD selector_drain(Selector *selector)
{
    Event list[BATCH];
    DWORD error = 0;
    if (selector->open > 0)
        return ERROR_BUSY;
    while (selector->lent > 0 && error == 0) {
        Events events = {.list = list, .capacity = BATCH};
        run_queue(selector, &events);
        if (selector->lent > 0)
            error = take_packets(selector, &events, INFINITE);
    }
    return error;
}

DWORD selector_close(Selector *selector)
{
    return close_handle(selector->port);
}
