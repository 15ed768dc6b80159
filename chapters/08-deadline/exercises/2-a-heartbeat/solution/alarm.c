#include "alarm.h"

#include <stdlib.h>

typedef struct Bell {
    Source
        source; /* stays first; its lock is for all of this. It has no socket */
    Timer timer;
    Token token;
    unsigned long long due; /* the next beat, by now_ms */
    DWORD period;           /* milliseconds, or 0: this beat is the last */
} Bell;

static void destroy(Source *source)
{
    free(source);
}

/* A beat is due: counts those that have been missed, and sets the next. */
static void ring(Bell *bell, Event *event)
{
    unsigned long long now = now_ms();
    unsigned long long beats = 1;
    if (bell->period > 0) {
        beats += (now - bell->due) / bell->period;
        bell->due += beats * bell->period;
        source_set_timer(&bell->source, &bell->timer,
                         (DWORD)(bell->due - now - 1));
    }
    *event =
        (Event){.token = bell->token, .ready = NOTIFIED, .bytes = (DWORD)beats};
}

static BOOL on_due(Timer *timer, Event *event)
{
    Bell *bell = (Bell *)((char *)timer - offsetof(Bell, timer));
    BOOL wanted = source_enter_timer(&bell->source, timer);
    if (wanted)
        ring(bell, event);
    source_leave_timer(&bell->source);
    return wanted;
}

DWORD alarm_open(Alarm *alarm, Registrator *registrator, Token token)
{
    *alarm = (Alarm){0};
    if (token == 0)
        return ERROR_INVALID_PARAMETER;
    Bell *bell = calloc(1, sizeof *bell);
    if (bell == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    source_init(&bell->source, INVALID_SOCKET, destroy);
    bell->timer.expired = on_due;
    bell->token = token;
    *alarm = (Alarm){bell};
    source_lock(&bell->source);
    DWORD error = registrator_attach(registrator, &bell->source);
    source_unlock(&bell->source);
    if (error != 0)
        alarm_close(alarm);
    return error;
}

DWORD alarm_set(Alarm *alarm, DWORD delay, DWORD period)
{
    Bell *bell = alarm->bell;
    DWORD error = 0;
    if (bell == NULL)
        return ERROR_INVALID_PARAMETER;
    source_lock(&bell->source);
    bell->due = now_ms() + delay + 1; /* late by a fraction, not early */
    bell->period = period;
    if (delay == INFINITE)
        source_clear_timer(&bell->source, &bell->timer);
    else
        error = source_set_timer(&bell->source, &bell->timer, delay);
    source_unlock(&bell->source);
    return error;
}

DWORD alarm_close(Alarm *alarm)
{
    Bell *bell = alarm->bell;
    if (bell == NULL)
        return ERROR_INVALID_PARAMETER;
    alarm->bell = NULL;
    source_lock(&bell->source);
    source_clear_timer(&bell->source, &bell->timer);
    source_unlock(&bell->source);
    return source_close(&bell->source);
}
