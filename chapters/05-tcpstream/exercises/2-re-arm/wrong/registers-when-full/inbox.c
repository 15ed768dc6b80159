#include "inbox.h"

/* Reads until the inbox is full or nothing is left. 0 at the end of the stream,
   WSAEWOULDBLOCK if there may be more. */
static DWORD take(TcpStream *stream, Inbox *inbox)
{
    DWORD count = 1;
    DWORD error = WSAEWOULDBLOCK;
    while (inbox->size < inbox->capacity) {
        error = tcp_stream_read(stream, inbox->data + inbox->size,
                                inbox->capacity - inbox->size, &count);
        if (error != 0 || count == 0)
            break;
        inbox->size += count;
        error = WSAEWOULDBLOCK;
    }
    return error;
}

/* tcp_stream_register knows whether bytes are left. */
DWORD tcp_stream_fill(TcpStream *stream, Registrator *registrator, Token token,
                      Inbox *inbox)
{
    DWORD error = take(stream, inbox);
    if (error != WSAEWOULDBLOCK)
        return error;
    error = tcp_stream_register(stream, registrator, token, READABLE);
    return error == 0 || error == WSAEALREADY ? WSAEWOULDBLOCK : error;
}
