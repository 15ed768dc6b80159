#include "write.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(offsetof(Write, kind) == offsetof(Operation, kind),
               "kind_of must find the kind of either");

static DWORD start(SOCKET s, Write *write, Token token, const char *data,
                   DWORD size)
{
    *write = (Write){.kind = KIND_WRITE, .token = token};
    memcpy(write->data, data, size);
    return wsa_send(s, write->data, size, &write->overlapped);
}

DWORD tcp_stream_start_write(TcpStream *stream, Token token, const char *data,
                             DWORD size)
{
    Operation *operation = stream->operation;
    if (operation == NULL)
        return WSAENOTSOCK;
    if (operation->selector == NULL)
        return ERROR_INVALID_PARAMETER;
    Write *write = malloc(sizeof *write + size);
    if (write == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    /* Before the call: the packet may be taken out before it returns. */
    operation->selector->lent++;
    DWORD error = start(operation->socket, write, token, data, size);
    if (error != 0)
        operation->selector->lent--;
    return error;
}

void write_finish(const OVERLAPPED_ENTRY *packet, Event *event)
{
    Write *write = (Write *)packet->lpOverlapped;
    /* The socket may be closed by now, so nobody can be asked why. */
    BOOL failed = write->overlapped.Internal != 0;
    *event = (Event){.token = write->token,
                     .bytes = packet->dwNumberOfBytesTransferred,
                     .error = failed ? ERROR_WRITE_FAULT : 0};
    free(write);
}
