#include "operation.h"

#include <stdlib.h>

#include "selector.h"

/* What operation_of relies on. C promises it for any first member (C11
   6.7.2.1p15); this makes moving it a compiler error. */
_Static_assert(offsetof(Operation, overlapped) == 0,
               "overlapped must be the first member of Operation");

DWORD operation_new(SOCKET socket, Operation **operation)
{
    *operation = calloc(1, sizeof **operation);
    if (*operation == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    (*operation)->socket = socket;
    return 0;
}

DWORD operation_read(Operation *operation, Token token)
{
    operation->overlapped = (WSAOVERLAPPED){0};
    operation->token = token;
    /* Before the call: the other thread may take the packet out before the
       call returns. And last, for it looks at the state first (operation_land),
       and so finds what was written before. */
    operation->state = OPERATION_IN_FLIGHT;
    operation->selector->lent++;
    DWORD bytes;
    DWORD error = wsa_recv(operation->socket, operation->buffer,
                           OPERATION_BUFFER, &operation->overlapped, &bytes);
    /* No packet will come: the operation is ours again. */
    if (error != WSA_IO_PENDING)
        operation_finish(operation, error == 0 ? bytes : 0, error);
    return error == 0 ? WSA_IO_PENDING : error;
}

Operation *operation_of(OVERLAPPED *overlapped)
{
    return (Operation *)overlapped;
}

DWORD operation_error(Operation *operation)
{
    if (operation->overlapped.Internal == 0)
        return 0;
    return wsa_get_overlapped_result(operation->socket, &operation->overlapped);
}

BOOL operation_land(Operation *operation)
{
    OperationState expected = OPERATION_IN_FLIGHT;
    if (atomic_compare_exchange_strong(&operation->state, &expected,
                                       OPERATION_LANDING))
        return TRUE;
    struct Selector *selector = operation->selector;
    free(operation);
    selector->lent--;
    return FALSE;
}

BOOL operation_finish(Operation *operation, DWORD bytes, DWORD error)
{
    struct Selector *selector = operation->selector;
    operation->bytes = bytes;
    operation->error = error;
    BOOL wanted = atomic_exchange(&operation->state, OPERATION_DONE) !=
                  OPERATION_ABANDONED;
    if (!wanted) {
        close_socket(operation->socket);
        free(operation);
        selector->open--;
    }
    selector->lent--;
    return wanted;
}

DWORD operation_close(Operation *operation)
{
    struct Selector *selector = operation->selector;
    SOCKET s = operation->socket;
    switch (atomic_exchange(&operation->state, OPERATION_ABANDONED)) {
    case OPERATION_LANDING:
        /* A socket must not be closed during another call on it. The polling
           thread is in one, and does the rest when it is through. */
        return 0;
    case OPERATION_IN_FLIGHT:
        /* Closing ends a read only with the socket's last handle, and a child
           process may have inherited another. */
        cancel_io(s);
        break;
    default:
        free(operation);
    }
    DWORD error = close_socket(s);
    if (selector != NULL)
        selector->open--;
    return error;
}
