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
    operation->state = OPERATION_IN_FLIGHT;
    operation->selector->lent++;
    DWORD error = wsa_recv(operation->socket, operation->buffer,
                           OPERATION_BUFFER, &operation->overlapped);
    if (error != 0)
        operation_finish(operation, 0, error);
    return error;
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

BOOL operation_finish(Operation *operation, DWORD bytes, DWORD error)
{
    struct Selector *selector = operation->selector;
    BOOL wanted = operation->state != OPERATION_ABANDONED;
    operation->bytes = bytes;
    operation->error = error;
    operation->state = OPERATION_DONE;
    if (!wanted)
        free(operation);
    selector->lent--;
    return wanted;
}

DWORD operation_close(Operation *operation)
{
    struct Selector *selector = operation->selector;
    SOCKET s = operation->socket;
    if (operation->waiting)
        selector_forget(selector, operation);
    /* Closing ends a read only with the socket's last handle, and a child
       process may have inherited another. */
    if (operation->state == OPERATION_IN_FLIGHT) {
        operation->state = OPERATION_ABANDONED;
        cancel_io(s);
    } else {
        free(operation);
    }
    DWORD error = close_socket(s);
    if (selector != NULL)
        selector->open--;
    return error;
}
