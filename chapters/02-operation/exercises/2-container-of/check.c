// wrap: WSARecv
/* Starts two reads and follows the addresses that the system gets and gives,
   with another layout than the one that was handed out. */
#include <stdlib.h>

#include "check.h"
#include "loopback.h"
#include "operation.h"

enum { READS = 2 };

WRAPPED(WSARecv);

static WSAOVERLAPPED *lent;

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    lent = overlapped;
    return __real_WSARecv(s, buffers, count, received, flags, overlapped,
                          routine);
}

static long long distance(const void *a, const void *b)
{
    return (const char *)a - (const char *)b;
}

void examine(const Checker *table)
{
    HANDLE port;
    SOCKET pair[READS][2];
    Operation *operation[READS];
    OVERLAPPED_ENTRY entry;
    ULONG count;
    BEGIN(table);

    stage("starting two reads");
    require(wsa_startup() == 0 && create_completion_port(&port) == 0,
            "Winsock did not start, or no port was created");
    for (int i = 0; i < READS; i++) {
        operation[i] = calloc(1, sizeof *operation[i]);
        require(operation[i] != NULL && loopback_pair(pair[i]) == 0 &&
                    associate_socket(port, pair[i][0], 7) == 0,
                "no pair of sockets could be made");
        operation_init(operation[i], pair[i][0], 10 + (Token)i);
        lent = NULL;
        DWORD error = operation_read(operation[i]);
        need(error == 0 && lent == &operation[i]->overlapped, "a read starts",
             "operation_read gave %lu, and lent the address %p; overlapped "
             "stands at %p",
             error, (void *)lent, (void *)&operation[i]->overlapped);
    }

    stage("operation_of");
    for (int i = READS - 1; i >= 0; i--) {
        require(send_all(pair[i][1], "hello", 5) == 0 &&
                    get_queued_completion_status_ex(port, &entry, 1, &count,
                                                    2000) == 0,
                "no packet came for a read that has five bytes to read");
        Operation *found = operation_of(entry.lpOverlapped);
        need(found == operation[i], "operation_of finds the operation",
             "operation_of is %lld bytes off: in next week's operation.h "
             "overlapped stands %lld bytes behind the operation's beginning. "
             "How far back did you go?",
             distance(found, operation[i]),
             distance(&operation[i]->overlapped, operation[i]));
        expect(operation_error(found) == 0, "the read has succeeded",
               "operation_error gave %lu for a read of five bytes",
               operation_error(found));
    }
    expect(operation_of(NULL) == NULL, "no OVERLAPPED, no operation",
           "operation_of(NULL) gave the address %p: what is 0 minus an offset?",
           (void *)operation_of(NULL));
}
