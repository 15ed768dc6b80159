#include "loop.h"

enum { BATCH = 16 };

DWORD loop_turn(HANDLE port, DWORD timeout)
{
    OVERLAPPED_ENTRY packets[BATCH];
    ULONG count;
    DWORD error =
        get_queued_completion_status_ex(port, packets, BATCH, &count, timeout);
    DWORD result = WAIT_TIMEOUT;
    for (ULONG i = 0; i < count; i++) {
        Operation *operation = operation_of(packets[i].lpOverlapped);
        /* After this call the operation may be in flight again, or gone. */
        if (operation != NULL) {
            operation->done(operation, packets[i].dwNumberOfBytesTransferred);
            result = 0;
        }
    }
    return error != 0 ? error : result;
}
