/* Two reads in flight on one port, and a list of the operations that are free
   to be used again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static Operation *start_read(HANDLE port, Link **spare, SOCKET s, Token token)
{
    Operation *operation = link_pop(spare);
    check("associating", associate_socket(port, s, KEY));
    operation_init(operation, s, token);
    check("starting a read", operation_read(operation));
    printf("token %lu: reading\n", (unsigned long)token);
    return operation;
}

static void take_packet(HANDLE port, Link **spare, Operation *expected)
{
    OVERLAPPED_ENTRY entry;
    ULONG count;
    check("waiting",
          get_queued_completion_status_ex(port, &entry, 1, &count, INFINITE));
    Operation *operation = operation_of(entry.lpOverlapped);
    printf("%lu bytes for the operation %lld bytes from where it should be\n",
           entry.dwNumberOfBytesTransferred,
           (long long)((char *)operation - (char *)expected));
    if (operation != expected)
        return;
    check("reading", operation_error(operation));
    printf("token %lu: %.*s\n", (unsigned long)operation->token,
           (int)entry.dwNumberOfBytesTransferred, operation->buffer);
    link_push(spare, operation);
}

int main(void)
{
    HANDLE port;
    SOCKET tortoise[2], hare[2];
    static Operation
        operations[READS]; /* main does not return before the reads */
    Link *spare = NULL;

    check("starting Winsock", wsa_startup());
    check("creating a port", create_completion_port(&port));
    check("connecting", loopback_pair(tortoise));
    check("connecting", loopback_pair(hare));
    for (int i = 0; i < READS; i++)
        link_push(&spare, &operations[i]);

    Operation *slow = start_read(port, &spare, tortoise[0], 10);
    Operation *fast = start_read(port, &spare, hare[0], 11);
    check("sending", send_all(hare[1], "hare", 4));
    take_packet(port, &spare, fast);
    check("sending", send_all(tortoise[1], "tortoise", 8));
    take_packet(port, &spare, slow);

    for (int i = 0; i < 2; i++) {
        check("closing", close_socket(tortoise[i]));
        check("closing", close_socket(hare[i]));
    }
    check("closing the port", close_handle(port));
    return (int)wsa_cleanup();
}
