#include "write.h"

#include <stdlib.h>
#include <string.h>

DWORD tcp_stream_start_write(TcpStream *stream, Token token, const char *data,
                             DWORD size)
{
    Operation *operation = stream->operation;
    if (operation == NULL)
        return WSAENOTSOCK;
    if (operation->selector == NULL)
        return ERROR_INVALID_PARAMETER;
    char *copy = malloc(size);
    if (copy == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    memcpy(copy, data, size);
    operation->token = token;
    operation->overlapped = (WSAOVERLAPPED){0};
    operation->selector->lent++;
    return wsa_send(operation->socket, copy, size, &operation->overlapped);
}

void write_finish(const OVERLAPPED_ENTRY *packet, Event *event)
{
    (void)packet;
    (void)event;
}
