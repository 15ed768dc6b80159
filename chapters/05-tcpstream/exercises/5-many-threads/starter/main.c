/* A thousand packets, four threads, and who has handled how many. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "pool.h"

enum { PACKETS = 1000, THREADS = 4, KEY = 1 };

static atomic_int handled;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static void handle(void *context, const OVERLAPPED_ENTRY *packet)
{
    (void)context;
    (void)packet;
    handled++;
}

static unsigned WINAPI give_up(void *unused)
{
    (void)unused;
    Sleep(3000);
    printf("pool_stop has not come back: %d packets handled\n", (int)handled);
    exit(1);
}

int main(void)
{
    static OVERLAPPED marks[PACKETS];
    HANDLE port, thread;
    Pool pool;

    check("creating a port", create_completion_port(&port));
    check("starting a thread", start_thread(&thread, give_up, NULL));
    check("starting the pool", pool_start(&pool, port, THREADS, handle, NULL));
    for (int i = 0; i < PACKETS; i++)
        check("posting",
              post_queued_completion_status(port, 0, KEY, &marks[i]));
    check("stopping the pool", pool_stop(&pool));
    printf("%d packets posted, %d handled\n", PACKETS, (int)handled);
    check("closing the port", close_handle(port));
    return 0;
}
