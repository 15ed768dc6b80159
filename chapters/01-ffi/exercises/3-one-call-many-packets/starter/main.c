/* A thousand packets are in the port; 900 are to be added up. */
#include <stdio.h>
#include <stdlib.h>

#include "tally.h"

enum { PACKETS = 1000, WANTED = 900 };

BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);

static ULONG calls;

/* The Makefile has the linker put this in front of the real call. */
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    calls++;
    return __real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                              timeout, alertable);
}

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static void show(HANDLE port, ULONG count)
{
    Tally tally = {0};
    calls = 0;
    DWORD error = tally_packets(port, count, 100, &tally);
    printf("wanted %lu: got %lu with %llu bytes in %lu calls, error %lu\n",
           count, tally.packets, tally.bytes, calls, error);
}

int main(void)
{
    HANDLE port;
    check("creating a port", create_completion_port(&port));
    for (int i = 0; i < PACKETS; i++)
        check("posting", post_queued_completion_status(port, 10, 1, NULL));
    printf("posted %d packets of 10 bytes\n", PACKETS);
    show(port, WANTED);
    show(port, PACKETS - WANTED);
    show(port, 1);
    check("closing the port", close_handle(port));
    return 0;
}
