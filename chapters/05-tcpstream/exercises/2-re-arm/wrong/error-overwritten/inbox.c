#include "inbox.h"

DWORD tcp_stream_fill(TcpStream *stream, Registrator *registrator, Token token,
                      Inbox *inbox)
{
    DWORD count;
    DWORD error = tcp_stream_read(stream, inbox->data + inbox->size,
                                  inbox->capacity - inbox->size, &count);
    if (error == 0 && count == 0)
        return 0;
    inbox->size += count;
    error = tcp_stream_register(stream, registrator, token, READABLE);
    return error == 0 || error == WSAEALREADY ? WSAEWOULDBLOCK : error;
}
