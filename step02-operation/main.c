/* Step 2: two reads in flight on one port, under one completion key. What
   tells them apart is the operation each was started with. */
#include <stdio.h>
#include <stdlib.h>

#include "loopback.h"
#include "operation.h"

enum { READS = 2, KEY = 7 };

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static void start_read(HANDLE port, Operation *operation, SOCKET s, Token token)
{
    check("associating", associate_socket(port, s, KEY));
    operation_init(operation, s, token);
    check("starting a read", operation_read(operation));
    printf("token %lu: reading, key %d\n", (unsigned long)token, KEY);
}

static void take_packet(HANDLE port)
{
    OVERLAPPED_ENTRY entry;
    ULONG count;
    check("waiting",
          get_queued_completion_status_ex(port, &entry, 1, &count, INFINITE));
    Operation *operation = operation_of(entry.lpOverlapped);
    check("reading", operation_error(operation));
    printf("token %lu: %lu bytes, key %lu: %.*s\n",
           (unsigned long)operation->token, entry.dwNumberOfBytesTransferred,
           (unsigned long)entry.lpCompletionKey,
           (int)entry.dwNumberOfBytesTransferred, operation->buffer);
}

int main(void)
{
    HANDLE port;
    SOCKET tortoise[2], hare[2];
    Operation operations[READS]; /* main does not return before the reads */

    check("starting Winsock", wsa_startup());
    check("creating a port", create_completion_port(&port));
    check("connecting", loopback_pair(tortoise));
    check("connecting", loopback_pair(hare));

    start_read(port, &operations[0], tortoise[0], 10);
    start_read(port, &operations[1], hare[0], 11);
    check("sending", send_all(hare[1], "hare", 4));
    take_packet(port);
    check("sending", send_all(tortoise[1], "tortoise", 8));
    take_packet(port);

    for (int i = 0; i < 2; i++) {
        check("closing", close_socket(tortoise[i]));
        check("closing", close_socket(hare[i]));
    }
    check("closing the port", close_handle(port));
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
