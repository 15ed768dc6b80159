#include "operation.h"

/* What operation_of relies on. C promises it for any first member (C11
   6.7.2.1p15); this makes moving it a compiler error. */
_Static_assert(offsetof(Operation, overlapped) == 0,
               "overlapped must be the first member of Operation");

/* Copies what there is room for; the copy always ends with a zero byte. */
static void copy_name(char to[OPERATION_NAME], const char *name)
{
    size_t i = 0;
    for (; i < OPERATION_NAME - 1 && name[i] != '\0'; i++)
        to[i] = name[i];
    to[i] = '\0';
}

void operation_init(Operation *operation, SOCKET socket, Token token,
                    const char *name)
{
    operation->socket = socket;
    operation->token = token;
    operation->reads = 0;
    operation->bytes = 0;
    copy_name(operation->name, name);
}

DWORD operation_read(Operation *operation)
{
    operation->overlapped = (WSAOVERLAPPED){0};
    return wsa_recv(operation->socket, operation->buffer, OPERATION_BUFFER,
                    &operation->overlapped);
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

Report operation_report(const OVERLAPPED_ENTRY *packet)
{
    Operation *operation = operation_of(packet->lpOverlapped);
    if (packet->dwNumberOfBytesTransferred > 0)
        operation->reads++;
    operation->bytes += packet->dwNumberOfBytesTransferred;
    Report report = {.token = operation->token,
                     .reads = operation->reads,
                     .bytes = operation->bytes};
    copy_name(report.name, operation->name);
    return report;
}
