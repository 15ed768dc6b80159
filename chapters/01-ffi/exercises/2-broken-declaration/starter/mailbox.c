#include "mailbox.h"

enum { BATCH = 16 };

DWORD mailbox_take(HANDLE port, Letter *letters, ULONG capacity, ULONG *count,
                   DWORD timeout)
{
    /* Twice the room we ask the system to fill: a wrong declaration is to
       show in what we read, not in a crash. */
    OVERLAPPED_ENTRY entries[2 * BATCH] = {{0}};
    ULONG room = capacity < BATCH ? capacity : BATCH;
    DWORD error =
        get_queued_completion_status_ex(port, entries, room, count, timeout);
    for (ULONG i = 0; i < *count; i++)
        letters[i] = (Letter){.sender = entries[i].lpCompletionKey,
                              .size = entries[i].dwNumberOfBytesTransferred,
                              .mark = entries[i].lpOverlapped};
    return error;
}
