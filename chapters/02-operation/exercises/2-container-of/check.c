// wrap: WSARecv
// sizes: Operation Operation.token
/* Starts two reads and follows the addresses that the system gets and gives.
   An Operation is as large as the student made it: it is never looked into. */
#include <stdlib.h>

#include "check.h"
#include "link.h"
#include "loopback.h"
#include "operation.h"

enum { READS = 2 };

extern const unsigned long long size_of_Operation, offset_of_Operation_token;

int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);

static WSAOVERLAPPED *lent;

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    lent = overlapped;
    return __real_WSARecv(s, buffers, count, received, flags, overlapped,
                          routine);
}

static Token token_of(const Operation *operation)
{
    return *(const Token *)((const char *)operation +
                            offset_of_Operation_token);
}

static long distance(const void *a, const void *b)
{
    return (long)((const char *)a - (const char *)b);
}

void examine(const Checker *table)
{
    HANDLE port;
    SOCKET pair[READS][2];
    Operation *operation[READS];
    WSAOVERLAPPED *overlapped[READS];
    OVERLAPPED_ENTRY entry;
    ULONG count;
    Link *list = NULL;
    BEGIN(table);

    stage("starting two reads");
    require(wsa_startup() == 0 && create_completion_port(&port) == 0,
            "Winsock did not start, or no port was created");
    for (int i = 0; i < READS; i++) {
        operation[i] = calloc(1, size_of_Operation);
        require(operation[i] != NULL && loopback_pair(pair[i]) == 0 &&
                    associate_socket(port, pair[i][0], 7) == 0,
                "no pair of sockets could be made");
        operation_init(operation[i], pair[i][0], 10 + (Token)i);
        lent = NULL;
        DWORD error = operation_read(operation[i]);
        overlapped[i] = lent;
        need(error == 0 && lent != NULL, "a read starts",
             "operation_read failed with %lu", error);
    }

    stage("keeping an operation in a list");
    need(distance(overlapped[0], operation[0]) != 0, "overlapped is not first",
         "overlapped is the first member again, but so must link be: link.c "
         "writes its pointer to the first bytes of what it links");
    link_push(&list, operation[0]);
    link_push(&list, operation[1]);
    need(link_pop(&list) == operation[1] && link_pop(&list) == operation[0],
         "two operations go through a list", "they came back as others");
    for (int i = 0; i < READS; i++)
        need(token_of(operation[i]) == 10 + (Token)i,
             "the list leaves the token alone",
             "the list has written over the token: is link the first member?");

    stage("operation_of");
    for (int i = READS - 1; i >= 0; i--) {
        require(send_all(pair[i][1], "hello", 5) == 0 &&
                    get_queued_completion_status_ex(port, &entry, 1, &count,
                                                    2000) == 0,
                "no packet came for a read that has five bytes to read");
        Operation *found = operation_of(entry.lpOverlapped);
        need(
            found == operation[i], "operation_of finds the operation",
            "operation_of is %ld bytes off: overlapped stands %ld bytes behind "
            "the operation's beginning. How far back did you go?",
            distance(found, operation[i]),
            distance(overlapped[i], operation[i]));
        expect(operation_error(found) == 0, "the read has succeeded",
               "operation_error gave %lu for a read of five bytes",
               operation_error(found));
    }
    expect(operation_of(NULL) == NULL, "no OVERLAPPED, no operation",
           "operation_of(NULL) gave the address %p: what is 0 minus an offset?",
           (void *)operation_of(NULL));
}
