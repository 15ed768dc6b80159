#include "inbox.h"

DWORD tcp_stream_fill(TcpStream *stream, Registrator *registrator, Token token,
                      Inbox *inbox)
{
    DWORD count;
    DWORD error = tcp_stream_read(stream, inbox->data + inbox->size,
                                  inbox->capacity - inbox->size, &count);
    (void)registrator;
    (void)token;
    inbox->size += count;
    return error;
}
