/* Pool: several threads that serve one port. */
#ifndef POOL_H
#define POOL_H

#include "ffi.h"

#include <stdatomic.h>

enum { POOL_THREADS = 16 };

/* What is to be done with a packet. Several threads call it at once. */
typedef void Handler(void *context, const OVERLAPPED_ENTRY *packet);

typedef struct Pool {
    HANDLE port;
    Handler *handler;
    void *context;
    int count;
    atomic_int stopped;
    HANDLE threads[POOL_THREADS];
} Pool;

/* Every function here returns 0 for success or a Win32 error code. */

/* Starts 1 to POOL_THREADS threads that take packets out of the port and call
   handler(context, packet) once for each. No packet but the pool's own may have
   an OVERLAPPED of NULL. The pool stays in its place until
   pool_stop. Errors: ERROR_INVALID_PARAMETER, those of start_thread; then no
   thread is left. */
DWORD pool_start(Pool *pool, HANDLE port, int count, Handler *handler,
                 void *context);

/* Ends the threads, when all packets queued before the call have been handled,
   and waits for them. It may handle packets itself, in the caller's thread. The
   port stays open, with nothing of ours in it. A packet queued meanwhile is
   handled or left in the port. */
DWORD pool_stop(Pool *pool);

#endif
