#include "pool.h"

enum { BATCH = 16 };

static unsigned WINAPI run(void *argument)
{
    Pool *pool = argument;
    OVERLAPPED_ENTRY packets[BATCH];
    ULONG count;
    while (get_queued_completion_status_ex(pool->port, packets, BATCH, &count,
                                           INFINITE) == 0)
        for (ULONG i = 0; i < count; i++)
            pool->handler(pool->context, &packets[i]);
    return 0;
}

DWORD pool_start(Pool *pool, HANDLE port, int count, Handler *handler,
                 void *context)
{
    *pool = (Pool){.port = port, .handler = handler, .context = context};
    for (; pool->count < count; pool->count++)
        start_thread(&pool->threads[pool->count], run, pool);
    return 0;
}

DWORD pool_stop(Pool *pool)
{
    DWORD error = 0;
    for (int i = 0; i < pool->count && error == 0; i++)
        error = join_thread(pool->threads[i]);
    return error;
}
