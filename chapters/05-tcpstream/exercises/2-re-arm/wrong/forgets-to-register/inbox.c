#include "inbox.h"

DWORD tcp_stream_fill(TcpStream *stream, Registrator *registrator, Token token,
                      Inbox *inbox)
{
    DWORD count;
    DWORD error;
    if (stream->operation->state == OPERATION_IDLE)
        tcp_stream_register(stream, registrator, token, READABLE);
    while (inbox->size < inbox->capacity) {
        error = tcp_stream_read(stream, inbox->data + inbox->size,
                                inbox->capacity - inbox->size, &count);
        if (error != 0 || count == 0)
            return error;
        inbox->size += count;
    }
    return ERROR_MORE_DATA;
}
