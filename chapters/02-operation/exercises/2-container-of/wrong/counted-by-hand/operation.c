#include "operation.h"

void operation_init(Operation *operation, SOCKET socket, Token token)
{
    operation->socket = socket;
    operation->token = token;
}

DWORD operation_read(Operation *operation)
{
    operation->overlapped = (WSAOVERLAPPED){0};
    return wsa_recv(operation->socket, operation->buffer, OPERATION_BUFFER,
                    &operation->overlapped);
}

Operation *operation_of(OVERLAPPED *overlapped)
{
    if (overlapped == NULL)
        return NULL;
    return (Operation *)((char *)overlapped - 24);
}

DWORD operation_error(Operation *operation)
{
    if (operation->overlapped.Internal == 0)
        return 0;
    return wsa_get_overlapped_result(operation->socket, &operation->overlapped);
}
