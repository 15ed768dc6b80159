#include "waker.h"

DWORD waker_create(Waker *waker, Poll *poll, Token token)
{
    Registrator registrator;
    *waker = (Waker){NULL};
    DWORD error = poll_registrator(poll, &registrator);
    if (error != 0)
        return error;
    error = selector_take_waker(&registrator.loop->selector, token);
    if (error == 0)
        waker->loop = registrator.loop;
    else
        registrator_release(&registrator);
    return error;
}

DWORD waker_wake(Waker *waker)
{
    if (waker->loop == NULL || waker->loop->closed)
        return ERROR_ABANDONED_WAIT_0;
    return selector_fire_waker(&waker->loop->selector);
}

DWORD waker_close(Waker *waker)
{
    Loop *loop = waker->loop;
    if (loop == NULL)
        return ERROR_ABANDONED_WAIT_0;
    waker->loop = NULL;
    selector_leave_waker(&loop->selector);
    return loop_release(loop);
}
