#include "source.h"

static BOOL tell(Turn *turn, Event *event);

void source_init(Source *source, SOCKET s, const Kind *kind)
{
    *source = (Source){
        .socket = s, .kind = kind, .registration = {.turn = {.tell = tell}}};
    source->references = 1;
    InitializeSRWLock(&source->lock);
}

void source_lock(Source *source)
{
    AcquireSRWLockExclusive(&source->lock);
}

void source_unlock(Source *source)
{
    ReleaseSRWLockExclusive(&source->lock);
}

static void release(Source *source)
{
    if (--source->references == 0)
        source->kind->destroy(source);
}

DWORD source_close(Source *source)
{
    source_lock(source);
    Selector *selector = source->selector;
    DWORD error = 0;
    if (source->socket != INVALID_SOCKET) {
        /* Closing ends an operation only with the socket's last handle. */
        cancel_io(source->socket);
        /* Wine 8 may not hear of it while it goes on with a send. */
        if (source->references > 1)
            cancel_io(source->socket);
        error = source->kind->close(source->socket);
    }
    source->closed = TRUE;
    if (selector != NULL)
        source->references -=
            selector_remove_turn(selector, &source->registration.turn);
    source_unlock(source);
    if (selector != NULL)
        selector->open--; /* from here on it may be gone */
    release(source);
    return error;
}

DWORD source_attach(Source *source, Selector *selector)
{
    if (source->selector == selector)
        return 0;
    if (source->selector != NULL)
        return ERROR_INVALID_PARAMETER;
    DWORD error = 0;
    if (source->socket != INVALID_SOCKET)
        error = associate_socket(selector->port, source->socket, 0);
    if (error != 0)
        return error;
    source->selector = selector;
    selector->open++;
    return 0;
}

void source_drop(Source *source)
{
    if (source->socket != INVALID_SOCKET)
        source->kind->close(source->socket);
    source->socket = INVALID_SOCKET;
}

DWORD source_replace(Source *source, SOCKET s)
{
    source_drop(source);
    source->socket = s;
    return associate_socket(source->selector->port, s, 0);
}

void source_lend(Source *source, Operation *operation)
{
    operation->overlapped = (OVERLAPPED){0};
    operation->in_flight = TRUE;
    source->references++;
    source->selector->lent++;
}

DWORD source_started(Source *source, Operation *operation, DWORD error)
{
    if (packet_follows(error))
        return 0;
    operation->in_flight = FALSE;
    source->references--;
    source->selector->lent--;
    return error;
}

DWORD source_changed(Source *source, Interests changed)
{
    Registration *registration = &source->registration;
    BOOL added;
    registration->fresh |= changed;
    if (!registration->on || registration->told ||
        (registration->fresh & (registration->interests | FAILED)) == 0)
        return 0;
    DWORD error =
        selector_add_turn(source->selector, &registration->turn, &added);
    source->references += added;
    return error;
}

/* Fills the event with what is true now and wanted; FALSE if nothing is. What has
   changed since it took its place in the line doesn't count. */
static BOOL look(Source *source, Event *event)
{
    Registration *registration = &source->registration;
    Interests wanted = registration->interests | FAILED;
    *event = (Event){.token = registration->token};
    if (source->closed || !registration->on || registration->told)
        return FALSE;
    source->kind->look(source, event);
    if (registration->mode == EDGE)
        wanted &= registration->fresh;
    /* The end can't be seen but by reading. */
    if (wanted & READABLE)
        wanted |= READ_CLOSED;
    event->ready &= wanted;
    registration->fresh = 0;
    return event->ready != 0;
}

static BOOL tell(Turn *turn, Event *event)
{
    Registration *registration =
        (Registration *)((char *)turn - offsetof(Registration, turn));
    Source *source =
        (Source *)((char *)registration - offsetof(Source, registration));
    source_lock(source);
    BOOL told = look(source, event);
    registration->told = told && registration->mode == ONE_SHOT;
    /* As long as it is true: but not when the loop is about to end. */
    if (told && registration->mode == LEVEL && !source->selector->woken)
        source_changed(source, event->ready);
    source_unlock(source);
    release(source);
    return told;
}

DWORD source_set_timer(Source *source, Timer *timer, DWORD timeout)
{
    Selector *selector = source->selector;
    BOOL added;
    DWORD error =
        selector_set_timer(selector, timer, now_ms() + timeout + 1, &added);
    source->references += added;
    return error;
}

void source_clear_timer(Source *source, Timer *timer)
{
    if (source->selector == NULL)
        return;
    source->references -= selector_clear_timer(source->selector, timer);
    /* It may have been taken out and not called yet. */
    timer->due = NEVER;
}

BOOL source_enter_timer(Source *source, Timer *timer)
{
    source_lock(source);
    return !source->closed && !timer->set && timer->due != NEVER;
}

void source_leave_timer(Source *source)
{
    source_unlock(source);
    release(source);
}

BOOL source_enter(Source *source, Operation *operation, DWORD *error)
{
    source_lock(source);
    operation->in_flight = FALSE;
    if (source->closed)
        return FALSE;
    if (error == NULL)
        return TRUE;
    /* Without a socket it can only have been posted. */
    *error = 0;
    if (source->socket != INVALID_SOCKET)
        *error =
            source->kind->result(source->socket, &operation->overlapped);
    return TRUE;
}

void source_leave(Source *source)
{
    Selector *selector = source->selector;
    source_unlock(source);
    release(source);
    /* The last look at the selector: whoever drains it may go on. */
    selector->lent--;
}
