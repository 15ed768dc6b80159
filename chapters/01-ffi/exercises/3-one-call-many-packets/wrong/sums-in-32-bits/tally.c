#include "tally.h"

DWORD tally_packets(HANDLE port, ULONG count, DWORD timeout, Tally *tally)
{
    OVERLAPPED_ENTRY packets[TALLY_BATCH];
    while (count > 0) {
        ULONG room = count < TALLY_BATCH ? count : TALLY_BATCH;
        ULONG removed;
        DWORD error = get_queued_completion_status_ex(port, packets, room,
                                                      &removed, timeout);
        if (error != 0)
            return error;
        ULONG bytes = 0;
        for (ULONG i = 0; i < removed; i++)
            bytes += packets[i].dwNumberOfBytesTransferred;
        tally->packets += removed;
        tally->bytes += bytes;
        count -= removed;
    }
    return 0;
}
