#include "pool.h"

enum { BATCH = 16 };

/* A packet without an OVERLAPPED tells one thread to end. */
static DWORD wake(const Pool *pool)
{
    return post_queued_completion_status(pool->port, 0, 0, NULL);
}

/* Handles a whole batch. Returns FALSE if this thread is to end. */
static BOOL handle(const Pool *pool, const OVERLAPPED_ENTRY *packets,
                   ULONG count)
{
    BOOL woken = FALSE;
    for (ULONG i = 0; i < count; i++)
        if (packets[i].lpOverlapped != NULL)
            pool->handler(pool->context, &packets[i]);
        else if (!woken)
            woken = TRUE;
        else
            wake(pool); /* it was meant for another */
    return !woken;
}

static unsigned WINAPI run(void *argument)
{
    const Pool *pool = argument;
    OVERLAPPED_ENTRY packets[BATCH];
    ULONG count;
    BOOL more = TRUE;
    while (more && get_queued_completion_status_ex(pool->port, packets, BATCH,
                                                   &count, INFINITE) == 0)
        more = handle(pool, packets, count);
    return 0;
}

DWORD pool_start(Pool *pool, HANDLE port, int count, Handler *handler,
                 void *context)
{
    DWORD error = 0;
    if (count < 1 || count > POOL_THREADS)
        return ERROR_INVALID_PARAMETER;
    *pool = (Pool){.port = port, .handler = handler, .context = context};
    while (pool->count < count && error == 0) {
        error = start_thread(&pool->threads[pool->count], run, pool);
        if (error == 0)
            pool->count++;
    }
    if (error != 0)
        pool_stop(pool);
    return error;
}

DWORD pool_stop(Pool *pool)
{
    OVERLAPPED_ENTRY packets[BATCH];
    ULONG count;
    DWORD error = 0;
    for (int i = 0; i < pool->count && error == 0; i++)
        error = wake(pool);
    for (int i = 0; i < pool->count && error == 0; i++)
        WaitForSingleObject(pool->threads[i], INFINITE);
    /* Microsoft doesn't promise that what was queued first comes out first: a
       wake may have overtaken a packet. */
    while (error == 0 && get_queued_completion_status_ex(pool->port, packets,
                                                         BATCH, &count, 0) == 0)
        handle(pool, packets, count);
    return error;
}
