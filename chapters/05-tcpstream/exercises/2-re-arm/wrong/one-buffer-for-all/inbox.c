#include "inbox.h"

#include <string.h>

/* What has been read and found no room. */
static char rest[OPERATION_BUFFER];
static DWORD size;

/* Reads until the inbox is full or nothing is left. What ended it: 0 is the end
   of the stream. */
static DWORD take(TcpStream *stream, Inbox *inbox)
{
    while (inbox->size < inbox->capacity) {
        if (size == 0) {
            DWORD error = tcp_stream_read(stream, rest, sizeof rest, &size);
            if (error != 0 || size == 0)
                return error;
        }
        DWORD room = inbox->capacity - inbox->size;
        DWORD count = size < room ? size : room;
        memcpy(inbox->data + inbox->size, rest, count);
        memmove(rest, rest + count, size - count);
        inbox->size += count;
        size -= count;
    }
    return ERROR_MORE_DATA;
}

DWORD tcp_stream_fill(TcpStream *stream, Registrator *registrator, Token token,
                      Inbox *inbox)
{
    DWORD error = take(stream, inbox);
    if (error != WSAEWOULDBLOCK)
        return error;
    error = tcp_stream_register(stream, registrator, token, READABLE);
    return error == 0 || error == WSAEALREADY ? WSAEWOULDBLOCK : error;
}
