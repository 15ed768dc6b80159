#include "readiness.h"

/* Why a source can't be registered, or registered anew, or 0. */
static DWORD refusal(const Poll *poll, const Source *source, BOOL anew)
{
    BOOL on = registration_is_on(source);
    if (poll->loop == NULL || poll->loop->closed)
        return ERROR_ABANDONED_WAIT_0;
    if (on && (!anew || source->selector != &poll->loop->selector))
        return ERROR_ALREADY_EXISTS;
    return anew && !on ? ERROR_NOT_FOUND : 0;
}

static DWORD set(Poll *poll, Source *source, BOOL anew, Token token,
                 Interests interests, Mode mode)
{
    Registrator registrator = {poll->loop};
    if (source == NULL)
        return WSAENOTSOCK;
    if ((interests & ~(READABLE | WRITABLE)) != 0)
        return ERROR_INVALID_PARAMETER;
    source_lock(source);
    DWORD error = refusal(poll, source, anew);
    if (error == 0)
        error = registrator_attach(&registrator, source);
    if (error == 0)
        error = registration_set(source, token, interests, mode);
    source_unlock(source);
    return error;
}

DWORD poll_register(Poll *poll, Source *source, Token token,
                    Interests interests, Mode mode)
{
    return set(poll, source, FALSE, token, interests, mode);
}

DWORD poll_reregister(Poll *poll, Source *source, Token token,
                      Interests interests, Mode mode)
{
    return set(poll, source, TRUE, token, interests, mode);
}

DWORD poll_deregister(Poll *poll, Source *source)
{
    if (source == NULL)
        return WSAENOTSOCK;
    source_lock(source);
    DWORD error = refusal(poll, source, TRUE);
    if (error == 0)
        registration_end(source);
    source_unlock(source);
    return error;
}
