#include "pool.h"

enum { BATCH = 16 };

static void handle(const Pool *pool, const OVERLAPPED_ENTRY *packets,
                   ULONG count)
{
    for (ULONG i = 0; i < count; i++)
        pool->handler(pool->context, &packets[i]);
}

static unsigned WINAPI run(void *argument)
{
    Pool *pool = argument;
    OVERLAPPED_ENTRY packets[BATCH];
    ULONG count;
    for (;;) {
        DWORD error = get_queued_completion_status_ex(pool->port, packets,
                                                      BATCH, &count, 5);
        if (error == 0)
            handle(pool, packets, count);
        else if (pool->stopped)
            return 0;
    }
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
    DWORD error = 0;
    pool->stopped = TRUE;
    for (int i = 0; i < pool->count && error == 0; i++)
        error = join_thread(pool->threads[i]);
    return error;
}
