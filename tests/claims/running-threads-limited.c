#include "claim.h"

static HANDLE port;
static volatile LONG running;

/* Takes a packet, and then works without ever waiting. */
static DWORD WINAPI take_and_work(void *unused)
{
    OVERLAPPED_ENTRY packet;
    (void)unused;
    if (take_packet(port, &packet, INFINITE) == 0)
        InterlockedIncrement(&running);
    for (ULONGLONG end = GetTickCount64() + 5 * QUIET; GetTickCount64() < end;)
        YieldProcessor();
    return 0;
}

int main(void)
{
    CLAIM("A port hands packets to no more running threads at a time than "
          "NumberOfConcurrentThreads says.",
          DOCS "fileio/createiocompletionport");
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    need(port != NULL, "creating a port");
    run_thread(take_and_work, NULL);
    run_thread(take_and_work, NULL);
    Sleep(QUIET); /* until both wait */
    for (int i = 0; i < 2; i++)
        need(PostQueuedCompletionStatus(port, 0, 0, NULL), "posting");
    Sleep(2 * QUIET);
    expect("threads that run, with a limit of 1", running, 1);
    return verdict();
}
