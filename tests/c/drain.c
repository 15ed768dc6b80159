// steps: 03-05
// wrap: GetQueuedCompletionStatusEx
/* Draining takes out a batch a call, not a packet a call. */
#include "pairs.h"
#include "selector.h"

enum { READS = 200, BATCH = 64 };

BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
static int calls;

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    calls++;
    return __real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                              timeout, alertable);
}

int main(void)
{
    static SOCKET pairs[READS][2];
    static Operation *operations[READS];
    Selector selector;
    if (wsa_startup() != 0 || selector_open(&selector) != 0)
        bail("no selector");
    for (int i = 0; i < READS; i++) {
        connected(pairs[i]);
        if (operation_new(pairs[i][0], &operations[i]) != 0 ||
            selector_register(&selector, operations[i], 1) != 0)
            bail("no read");
    }
    for (int i = 0; i < READS; i++)
        cancel_io(pairs[i][0]);
    Sleep(500); /* until all their packets are in the port */
    for (int i = 0; i < READS; i++)
        operation_close(operations[i]);
    is(selector.lent, READS, "so many closed operations are still lent");
#if STEP >= 4
    is(selector_drain(&selector), 0, "the selector is drained");
#endif
    is(selector_close(&selector), 0, "the selector is closed");
    is((unsigned)calls, (READS + BATCH - 1) / BATCH, "a call for each batch");
    for (int i = 0; i < READS; i++)
        close_socket(pairs[i][1]);
    return done_testing();
}
