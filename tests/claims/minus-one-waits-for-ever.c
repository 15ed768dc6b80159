#include "claim.h"

static DWORD WINAPI wait_minus_one(void *port)
{
    OVERLAPPED_ENTRY packet;
    int timeout = -1;
    return take_packet(port, &packet, (DWORD)timeout);
}

int main(void)
{
    CLAIM("INFINITE is 0xFFFFFFFF, so a timeout of -1 milliseconds waits for "
          "ever.",
          DOCS "fileio/getqueuedcompletionstatusex-func");
    HANDLE port = new_port();
    HANDLE thread = run_thread(wait_minus_one, port);
    DWORD error = 0;
    expect("INFINITE", INFINITE, 0xFFFFFFFF);
    expect("wait ended by itself", thread_ends(thread, 3 * QUIET), 0);
    need(PostQueuedCompletionStatus(port, 0, 0, NULL), "posting");
    expect("a packet ends it", thread_ends(thread, SOON), 1);
    GetExitCodeThread(thread, &error);
    expect("error", error, 0);
    return verdict();
}
