/* Deadlines: reads that are cancelled when their time has come. */
#ifndef DEADLINE_H
#define DEADLINE_H

#include "poll.h"
#include "tcpstream.h"

/* When a stream's read is to end, come what may. */
typedef struct Deadline {
    TcpStream *stream;       /* NULL: there is no deadline */
    Token token;             /* with which the read was registered */
    unsigned long long time; /* by GetTickCount64 */
} Deadline;

/* poll_wait that cancels each read whose deadline comes meanwhile or has passed
   before, whatever else is ready. An event of such a read comes like any other:
   with ERROR_OPERATION_ABORTED, or with what arrived before.
   A deadline is over, its stream set to NULL, when it has come or when the
   event of its read is handed out. If the stream has been closed by then, or
   its read is over, there is nothing to cancel, and that is no error. A
   deadline that comes just as timeout ends may be left to the next call.
   The deadlines that stand have different tokens, and nobody else registers or
   closes while this waits.
   Errors: those of poll_wait and of CancelIoEx. After an error the batch is
   empty, and what has completed comes with the next call. */
DWORD poll_wait_with_deadlines(Poll *poll, Events *events, DWORD timeout,
                               Deadline *deadlines, int count);

#endif
