#include "tally.h"

static void add(Tally *tally, const OVERLAPPED_ENTRY *packet)
{
    tally->packets++;
    tally->bytes += packet->dwNumberOfBytesTransferred;
}

DWORD tally_packets(HANDLE port, ULONG count, DWORD timeout, Tally *tally)
{
    OVERLAPPED_ENTRY packets[TALLY_BATCH];
    while (count > 0) {
        ULONG room = count < TALLY_BATCH ? count : TALLY_BATCH;
        ULONG removed;
        DWORD error = get_queued_completion_status_ex(port, packets, room,
                                                      &removed, timeout);
        if (error != 0)
            return WAIT_TIMEOUT;
        for (ULONG i = 0; i < removed; i++)
            add(tally, &packets[i]);
        count -= removed;
    }
    return 0;
}
