#include "tally.h"

static void add(Tally *tally, const OVERLAPPED_ENTRY *packet)
{
    tally->packets++;
    tally->bytes += packet->dwNumberOfBytesTransferred;
}

DWORD tally_packets(HANDLE port, ULONG count, DWORD timeout, Tally *tally)
{
    OVERLAPPED_ENTRY packets[TALLY_BATCH];
    while (tally->packets < count) {
        ULONG left = count - tally->packets;
        ULONG room = left < TALLY_BATCH ? left : TALLY_BATCH;
        ULONG removed;
        DWORD error = get_queued_completion_status_ex(port, packets, room,
                                                      &removed, timeout);
        if (error != 0)
            return error;
        for (ULONG i = 0; i < removed; i++)
            add(tally, &packets[i]);
    }
    return 0;
}
