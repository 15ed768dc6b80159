#include "registration.h"

#include <stdlib.h>

struct Registration {
    Operation
        telling; /* stays first; in the run queue when there is something */
    Source *source;
    Token token;
    Interests interests;
    Interests fresh; /* became true since it was last told */
    Mode mode;
    _Bool on;
    _Bool told; /* ONE_SHOT has been */
};

/* Fills the event with what is true now and wanted; FALSE if nothing is. It may
   have been read, or registered for something else, since the queue was joined. */
static BOOL look(Registration *registration, Event *event)
{
    Interests wanted = registration->interests | FAILED;
    if (!registration->on || registration->told)
        return FALSE;
    *event = (Event){.token = registration->token};
    registration->source->kind->look(registration->source, event);
    if (registration->mode == EDGE)
        wanted &= registration->fresh;
    /* The end can't be seen but by reading. */
    if (wanted & READABLE)
        wanted |= READ_CLOSED;
    registration->fresh = 0;
    event->ready &= wanted;
    return event->ready != 0;
}

static BOOL on_turn(Operation *operation, DWORD bytes, Event *event)
{
    Registration *registration = (Registration *)operation;
    Source *source = registration->source;
    (void)bytes;
    BOOL told =
        source_enter(source, operation, NULL) && look(registration, event);
    if (told && registration->mode == ONE_SHOT)
        registration->told = TRUE;
    /* As long as it is true: but not when the loop is about to end. */
    if (told && registration->mode == LEVEL && !source->selector->woken)
        registration_changed(source, event->ready);
    source_leave(source);
    return told;
}

void registration_changed(Source *source, Interests changed)
{
    Registration *registration = source->registration;
    if (registration == NULL)
        return;
    registration->fresh |= changed;
    if (registration->on && !registration->told && !source->closed &&
        !registration->telling.in_flight &&
        (registration->fresh & (registration->interests | FAILED)) != 0)
        source_run(source, &registration->telling);
}

DWORD registration_set(Source *source, Token token, Interests interests,
                       Mode mode)
{
    Registration *registration = source->registration;
    if (registration == NULL)
        registration = calloc(1, sizeof *registration);
    if (registration == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    source->registration = registration;
    registration->telling.completed = on_turn;
    registration->source = source;
    registration->token = token;
    registration->interests = interests;
    registration->mode = mode;
    registration->on = TRUE;
    registration->told = FALSE;
    source->kind->start(source);
    registration_changed(source, READABLE | WRITABLE | FAILED);
    return 0;
}

BOOL registration_is_on(const Source *source)
{
    return source->registration != NULL && source->registration->on;
}

void registration_end(Source *source)
{
    source->registration->on = FALSE;
}

void registration_free(Registration *registration)
{
    free(registration);
}
