#include "source.h"

#include "economy.h"
#include "registration.h"

void source_init(Source *source, SOCKET s, const Kind *kind)
{
    *source = (Source){.socket = s, .kind = kind};
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
    if (--source->references > 0)
        return;
    registration_free(source->registration);
    source->kind->destroy(source);
}

DWORD source_close(Source *source)
{
    source_lock(source);
    Selector *selector = source->selector;
    DWORD error = 0;
    if (source->socket != INVALID_SOCKET) {
        /* Closing ends an operation only with the socket's last handle. Wine 8 may
           not hear of it while it goes on with a send: so once more. */
        if (source->references > 1) {
            cancel_io(source->socket);
            cancel_io(source->socket);
        }
        error = source->kind->close(source->socket);
    }
    source->closed = TRUE;
    source_unlock(source);
    if (selector != NULL)
        selector->open--; /* from here on it may be gone */
    release(source);
    return error;
}

/* Gives the socket the port, and skips it where that is possible. */
static DWORD associate(Source *source, Selector *selector)
{
    DWORD error = associate_socket(selector->port, source->socket, 0);
    source->skips = error == 0 && economy.skip && source->kind->may_skip &&
                    skip_port_on_success(source->socket) == 0;
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
        error = associate(source, selector);
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
    return associate(source, source->selector);
}

void source_lend(Source *source, Operation *operation)
{
    operation->overlapped = (OVERLAPPED){0};
    operation->in_flight = TRUE;
    operation->posted = FALSE;
    source->references++;
    source->selector->lent++;
}

/* No packet comes for the operation. */
static void take_back(Source *source, Operation *operation)
{
    operation->in_flight = FALSE;
    source->references--;
    source->selector->lent--;
}

DWORD source_started(Source *source, Operation *operation, DWORD error,
                     DWORD bytes)
{
    if (packet_follows(error, source->skips))
        return 0;
    if (error == 0)
        selector_run(source->selector, operation, bytes);
    else
        take_back(source, operation);
    return error;
}

DWORD source_posted(Source *source, Operation *operation, DWORD error)
{
    if (error != 0)
        take_back(source, operation);
    return error;
}

void source_run(Source *source, Operation *operation)
{
    source_lend(source, operation);
    operation->posted = TRUE;
    selector_run(source->selector, operation, 0);
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
    *error = 0;
    if (!operation->posted)
        *error = source->kind->result(source->socket, &operation->overlapped);
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
