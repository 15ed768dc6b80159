/* Writes that don't wait: handed to the system, with an event at the end. */
#ifndef WRITE_H
#define WRITE_H

#include "tcpstream.h"

/* All that is lent to the system for one write, in one block. */
typedef struct Write {
    WSAOVERLAPPED overlapped; /* stays first, */
    Kind kind;                /* and this second: see kind_of */
    Token token;
    char data[];
} Write;

/* Starts a write and returns at once; data may be reused. However it ends, an
   event comes, with the token, the number of bytes sent, and an error other
   than 0 (any) if that is not all: also if the stream is closed meanwhile,
   which ends its writes. Several writes of a stream may be in flight. A write
   of size 0 sends nothing, and has its event, too. Errors: WSAENOTSOCK if the
   stream is closed, ERROR_INVALID_PARAMETER if it was never registered (its
   socket has no port, so no packet could come), ERROR_NOT_ENOUGH_MEMORY,
   those of wsa_send; then no event comes. */
DWORD tcp_stream_start_write(TcpStream *stream, Token token, const char *data,
                             DWORD size);

/* Takes a write back from the system. The event tells how it ended. */
void write_finish(const OVERLAPPED_ENTRY *packet, Event *event);

#endif
