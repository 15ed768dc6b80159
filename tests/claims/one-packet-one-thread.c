#include "claim.h"

enum { PACKETS = 2000, ROOM = 4 };

static HANDLE port;
static LONG taken[PACKETS]; /* how often each packet was handed out */

static DWORD WINAPI take_all(void *unused)
{
    OVERLAPPED_ENTRY packets[ROOM];
    ULONG count;
    while (GetQueuedCompletionStatusEx(port, packets, ROOM, &count, 2 * QUIET,
                                       FALSE))
        for (ULONG i = 0; i < count; i++)
            InterlockedIncrement(&taken[packets[i].lpCompletionKey]);
    return unused != NULL;
}

int main(void)
{
    CLAIM("When two threads wait on a port, no packet is handed out twice and "
          "none is lost.",
          DOCS "fileio/getqueuedcompletionstatusex-func");
    port = new_port();
    HANDLE threads[2] = {run_thread(take_all, NULL),
                         run_thread(take_all, NULL)};
    for (ULONG_PTR i = 0; i < PACKETS; i++)
        need(PostQueuedCompletionStatus(port, 0, i, NULL), "posting");
    need(thread_ends(threads[0], 2 * SOON) && thread_ends(threads[1], SOON),
         "ending the threads");
    int twice = 0, lost = 0;
    for (int i = 0; i < PACKETS; i++) {
        twice += taken[i] > 1;
        lost += taken[i] == 0;
    }
    expect("packets handed out twice", twice, 0);
    expect("packets lost", lost, 0);
    return verdict();
}
