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
   inbox has been emptied; at any other time it does no harm. Never waits. Only
   for the thread that polls: a packet taken out in the middle would be missed.
   WSAEWOULDBLOCK: a read is in flight, an event will come. With any other
   answer none is started. ERROR_MORE_DATA: the inbox is full, whatever the
   stream has to say: empty it and call again. 0: the stream has ended. Anything
   else: the connection's error, that of registrator_register, or WSAENOTSOCK if
   the stream is closed. */
DWORD tcp_stream_fill(TcpStream *stream, Registrator *registrator, Token token,
                      Inbox *inbox);

#endif
