#include "claim.h"

static DWORD WINAPI wait_on(void *port)
{
    OVERLAPPED_ENTRY packet;
    return take_packet(port, &packet, SOON / 4);
}

int main(void)
{
    CLAIM("Closing a port wakes the thread that waits on it, with error 735.",
          DOCS "fileio/getqueuedcompletionstatusex-func");
    HANDLE port = new_port();
    HANDLE thread = run_thread(wait_on, port);
    DWORD error = 0;
    Sleep(QUIET); /* by now it waits */
    CloseHandle(port);
    expect("woken", thread_ends(thread, 3 * QUIET), 1);
    need(thread_ends(thread, SOON), "ending the wait");
    GetExitCodeThread(thread, &error);
    expect("error", error, ERROR_ABANDONED_WAIT_0);
    return verdict();
}
