#include "inbox.h"

/* Reads until the inbox is full or nothing is left. What ended it: 0 is the end
   of the stream. */
static DWORD take(TcpStream *stream, Inbox *inbox)
{
    while (inbox->size < inbox->capacity) {
        DWORD count;
        DWORD error = tcp_stream_read(stream, inbox->data + inbox->size,
                                      inbox->capacity - inbox->size, &count);
        if (error != 0 || count == 0)
            return error;
        inbox->size += count;
    }
    return ERROR_MORE_DATA;
}

DWORD tcp_stream_fill(TcpStream *stream, Registrator *registrator, Token token,
                      Inbox *inbox)
{
    DWORD error = take(stream, inbox);
    if (error != WSAEWOULDBLOCK)
        return error;
    tcp_stream_register(stream, registrator, token, READABLE);
    return WSAEWOULDBLOCK;
}
