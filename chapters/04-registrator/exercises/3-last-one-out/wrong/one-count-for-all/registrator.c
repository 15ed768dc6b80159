#include "registrator.h"

#include <stdlib.h>

atomic_int registrators; /* declared in poll.c as well */

DWORD registrator_register(Registrator *registrator, Operation *operation,
                           Token token, Interests interests)
{
    Loop *loop = registrator->loop;
    if (loop == NULL)
        return ERROR_ABANDONED_WAIT_0;
    if (interests != READABLE)
        return ERROR_NOT_SUPPORTED;
    /* While we count as open, poll_destroy cannot pass between our look at
       closed and the start of the read. */
    loop->selector.open++;
    DWORD error = ERROR_ABANDONED_WAIT_0;
    if (!loop->closed)
        error = selector_register(&loop->selector, operation, token);
    loop->selector.open--;
    return error;
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

DWORD registrator_clone(const Registrator *registrator, Registrator *clone)
{
    Loop *loop = registrator->loop;
    if (loop == NULL)
        return ERROR_ABANDONED_WAIT_0;
    loop->owners++;
    registrators++;
    clone->loop = loop;
    return 0;
}

DWORD registrator_release(Registrator *registrator)
{
    Loop *loop = registrator->loop;
    DWORD error = 0;
    if (loop == NULL)
        return ERROR_ABANDONED_WAIT_0;
    /* We are an owner while we close it: once we have let go of it, another
       thread may free it. */
    if (--registrators == 0)
        error = registrator_close_loop(registrator);
    if (error == ERROR_ABANDONED_WAIT_0)
        error = 0; /* somebody has done it before */
    registrator->loop = NULL;
    DWORD released = loop_release(loop);
    return error != 0 ? error : released;
}

DWORD loop_release(Loop *loop)
{
    if (--loop->owners > 0)
        return 0;
    DWORD error = selector_close(&loop->selector);
    free(loop);
    return error;
}
