#include "pool.h"

enum { BATCH = 16, LOOK_MS = 50 };

static volatile BOOL stopping;

static unsigned WINAPI run(void *argument)
{
    const Pool *pool = argument;
    OVERLAPPED_ENTRY packets[BATCH];
    ULONG count;
    while (!stopping) {
        get_queued_completion_status_ex(pool->port, packets, BATCH, &count,
                                        LOOK_MS);
        for (ULONG i = 0; i < count; i++)
            pool->handler(pool->context, &packets[i]);
    }
    return 0;
}

DWORD pool_start(Pool *pool, HANDLE port, int count, Handler *handler,
                 void *context)
{
    DWORD error = 0;
    if (count < 1 || count > POOL_THREADS)
        return ERROR_INVALID_PARAMETER;
    *pool = (Pool){.port = port, .handler = handler, .context = context};
    stopping = FALSE;
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
    DWORD error = 0;
    stopping = TRUE;
    for (int i = 0; i < pool->count && error == 0; i++)
        error = join_thread(pool->threads[i]);
    return error;
}
