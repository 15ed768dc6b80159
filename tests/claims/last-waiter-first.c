#include "claim.h"

enum { THREADS = 3 };

static HANDLE port;
static volatile LONG entered;

static DWORD WINAPI wait_once(void *unused)
{
    OVERLAPPED_ENTRY packet;
    (void)unused;
    InterlockedIncrement(&entered);
    return take_packet(port, &packet, INFINITE);
}

int main(void)
{
    CLAIM("Of several threads that wait on a port, the last to have come gets "
          "the next packet.",
          DOCS "fileio/i-o-completion-ports");
    HANDLE threads[THREADS];
    /* Without a limit on running threads, which is another matter. */
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, THREADS);
    need(port != NULL, "creating a port");
    for (LONG i = 0; i < THREADS; i++) {
        threads[i] = run_thread(wait_once, NULL);
        while (entered <= i)
            Sleep(1);
        Sleep(QUIET); /* until it waits */
    }
    for (int next = THREADS - 1; next >= 0; next--) {
        need(PostQueuedCompletionStatus(port, 0, 0, NULL), "posting");
        DWORD woken =
            WaitForMultipleObjects((DWORD)next + 1, threads, FALSE, SOON);
        expect("the thread that went", (long long)woken, next);
        if (woken != (DWORD)next)
            break;
    }
    return verdict();
}
