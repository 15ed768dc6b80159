#include "registrator.h"

#include <stdlib.h>

DWORD registrator_attach(Registrator *registrator, Source *source)
{
    Loop *loop = registrator->loop;
    if (loop == NULL)
        return ERROR_ABANDONED_WAIT_0;
    /* While we count as open, poll_destroy cannot pass between our look at
       closed and the association. */
    loop->selector.open++;
    DWORD error = ERROR_ABANDONED_WAIT_0;
    if (!loop->closed)
        error = source_attach(source, &loop->selector);
    loop->selector.open--;
    return error;
}

DWORD registrator_notify(Registrator *registrator, Token token)
{
    Loop *loop = registrator->loop;
    if (loop == NULL || loop->closed)
        return ERROR_ABANDONED_WAIT_0;
    return selector_notify(&loop->selector, token);
}

DWORD registrator_close_loop(Registrator *registrator)
{
    Loop *loop = registrator->loop;
    if (loop == NULL || loop->closed)
        return ERROR_ABANDONED_WAIT_0;
    DWORD error = selector_wake(&loop->selector);
    if (error == 0)
        loop->closed = TRUE;
    return error;
}

DWORD registrator_release(Registrator *registrator)
{
    Loop *loop = registrator->loop;
    if (loop == NULL)
        return ERROR_ABANDONED_WAIT_0;
    registrator->loop = NULL;
    return loop_release(loop);
}

DWORD loop_release(Loop *loop)
{
    if (--loop->owners > 0)
        return 0;
    DWORD error = selector_close(&loop->selector);
    free(loop);
    return error;
}
