#include "tally.h"

static void add(Tally *tally, const OVERLAPPED_ENTRY *packet)
{
    tally->packets++;
    tally->bytes += packet->dwNumberOfBytesTransferred;
}

DWORD tally_packets(HANDLE port, ULONG count, DWORD timeout, Tally *tally)
{
    OVERLAPPED_ENTRY packet;
    ULONG removed;
    DWORD error = 0;
    while (count > 0 && error == 0) {
        error = get_queued_completion_status_ex(port, &packet, 1, &removed,
                                                timeout);
        if (error == 0)
            add(tally, &packet);
        count--;
    }
    return error;
}
