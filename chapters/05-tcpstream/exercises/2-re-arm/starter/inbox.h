/* Inbox: where a stream's bytes go, as far as there is room. */
#ifndef INBOX_H
#define INBOX_H

#include "tcpstream.h"

/* Memory of the caller's, who empties it by setting size to 0. */
typedef struct Inbox {
    char *data;
    DWORD size;     /* bytes in it */
    DWORD capacity; /* at least 1 */
} Inbox;

/* Adds to the inbox what has arrived and, when nothing is left of that, starts
   the next read. To be called at the beginning, after each event, and when the
   inbox has been emptied; at any other time it does no harm. Never waits.
   WSAEWOULDBLOCK: a read is in flight, an event will come. ERROR_MORE_DATA: the
   inbox is full, and no event will come: empty it and call again. 0: the stream
   has ended. Anything else: the connection's error, or that of
   registrator_register. */
DWORD tcp_stream_fill(TcpStream *stream, Registrator *registrator, Token token,
                      Inbox *inbox);

#endif
