/* Step 1: a completion port is a queue of packets. Put three in, take three
   out with one call, and see what an empty port answers. */
#include <stdio.h>
#include <stdlib.h>

#include "ffi.h"

enum { PACKETS = 3, CAPACITY = 16 };

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

int main(void)
{
    HANDLE port;
    OVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY entries[CAPACITY];
    ULONG count;

    check("creating a port", create_completion_port(&port));
    for (DWORD i = 1; i <= PACKETS; i++)
        check("posting", post_queued_completion_status(
                             port, i * 100, i, i == 1 ? NULL : &overlapped));
    printf("posted %d packets\n", PACKETS);

    check("waiting", get_queued_completion_status_ex(port, entries, CAPACITY,
                                                     &count, INFINITE));
    printf("one call took out %lu:\n", count);
    for (ULONG i = 0; i < count; i++)
        printf("  key %lu, %lu bytes, overlapped %s\n",
               (unsigned long)entries[i].lpCompletionKey,
               entries[i].dwNumberOfBytesTransferred,
               entries[i].lpOverlapped == &overlapped ? "ours" : "NULL");

    DWORD error =
        get_queued_completion_status_ex(port, entries, CAPACITY, &count, 100);
    printf("nothing came in 100 ms: error %lu\n", error);
    check("timing out", error == WAIT_TIMEOUT ? 0 : error);
    check("closing the port", close_handle(port));
    return 0;
}
