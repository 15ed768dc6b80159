#include "readiness.h"

static const Interests ALL = READABLE | WRITABLE | FAILED;

/* With the lock held. Whether it may be registered, or registered anew. */
static DWORD refusal(const Poll *poll, const Source *source, BOOL expected)
{
    if (poll->loop == NULL || poll->loop->closed)
        return ERROR_ABANDONED_WAIT_0;
    if (source->registration.on &&
        (!expected || source->selector != &poll->loop->selector))
        return ERROR_ALREADY_EXISTS;
    if (!source->registration.on && expected)
        return ERROR_NOT_FOUND;
    return 0;
}

/* With the lock held. */
static DWORD set(Source *source, Token token, Interests interests, Mode mode)
{
    Registration *registration = &source->registration;
    registration->token = token;
    registration->interests = interests;
    registration->mode = mode;
    registration->on = TRUE;
    registration->told = FALSE;
    source->by_readiness = TRUE;
    source->kind->start(source);
    return source_changed(source, ALL);
}

static DWORD set_for(Poll *poll, Source *source, BOOL expected, Token token,
                     Interests interests, Mode mode)
{
    if (source == NULL)
        return WSAENOTSOCK;
    if ((interests & ~(READABLE | WRITABLE)) != 0)
        return ERROR_INVALID_PARAMETER;
    source_lock(source);
    DWORD error = refusal(poll, source, expected);
    if (error == 0) {
        Registrator registrator = {poll->loop};
        error = registrator_attach(&registrator, source);
    }
    if (error == 0)
        error = set(source, token, interests, mode);
    source_unlock(source);
    return error;
}

DWORD poll_register(Poll *poll, Source *source, Token token,
                    Interests interests, Mode mode)
{
    return set_for(poll, source, FALSE, token, interests, mode);
}

DWORD poll_reregister(Poll *poll, Source *source, Token token,
                      Interests interests, Mode mode)
{
    return set_for(poll, source, TRUE, token, interests, mode);
}

DWORD poll_deregister(Poll *poll, Source *source)
{
    if (source == NULL)
        return WSAENOTSOCK;
    source_lock(source);
    DWORD error = refusal(poll, source, TRUE);
    if (error == 0)
        source->registration.on = FALSE;
    source_unlock(source);
    return error;
}
