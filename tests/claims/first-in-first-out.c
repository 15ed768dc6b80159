#include "claim.h"

enum { PACKETS = 1000, BATCH = 16 };

int main(void)
{
    CLAIM("Where one thread takes packets out, they come in the order in "
          "which they were posted.",
          DOCS "fileio/i-o-completion-ports");
    note("Microsoft's page promises the order of queueing, and warns that "
         "packets may be taken out in another; don't build on it.");
    HANDLE port = new_port();
    OVERLAPPED_ENTRY packets[BATCH];
    ULONG_PTR next = 0;
    for (ULONG_PTR i = 0; i < PACKETS; i++)
        need(PostQueuedCompletionStatus(port, 0, i, NULL), "posting");
    while (next < PACKETS) {
        ULONG count;
        need(GetQueuedCompletionStatusEx(port, packets, BATCH, &count, SOON,
                                         FALSE),
             "waiting");
        for (ULONG i = 0; i < count; i++, next++)
            if (packets[i].lpCompletionKey != next) {
                expect("key", (long long)packets[i].lpCompletionKey,
                       (long long)next);
                return verdict();
            }
    }
    /* With several threads waiting, who goes first is another matter. */
    return verdict();
}
