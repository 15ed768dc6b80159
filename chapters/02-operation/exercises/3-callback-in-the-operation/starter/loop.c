#include "loop.h"

enum { BATCH = 16 };

DWORD loop_turn(HANDLE port, DWORD timeout)
{
    OVERLAPPED_ENTRY packets[BATCH];
    ULONG count;
    DWORD error =
        get_queued_completion_status_ex(port, packets, BATCH, &count, timeout);
    /* The packets are out. The rest is yours to write. */
    return error;
}
