/* Operation: what is lent to the system for one call, with the overlapped
   structure at its head and, behind it, what to do when the packet is out. */
#ifndef OPERATION_H
#define OPERATION_H

#include "ffi.h"

typedef struct Operation Operation;
struct Event;

/* Called once for each packet of the operation, by the thread that took it out:
   from then on the operation is ours again. bytes is what the packet says.
   Returns TRUE if it has filled *event. */
typedef BOOL (*Completion)(Operation *operation, DWORD bytes,
                           struct Event *event);

struct Operation {
    OVERLAPPED overlapped; /* stays first: see operation_of */
    Completion completed;
    unsigned in_flight : 1; /* the system's until its packet is taken out, or in
                               a run queue */
    unsigned posted : 1;    /* its packet is from us: no result to ask for */
    DWORD bytes;            /* in the queue: how many it moved, */
    Operation *next;        /* and who is behind it */
};

/* From the pointer in a packet to the operation that was started with it. */
Operation *operation_of(OVERLAPPED *overlapped);

/* Whether a packet comes for an operation whose start returned this: 0 if it was
   done at once, WSA_IO_PENDING if not, or an error. skips tells whether the socket
   skips the port after 0. Of errors, it depends on how bad they are: a warning,
   such as that a message was longer than the buffer, is a result like any other.
   What skips must not meet warnings: nobody documents whether these skip, too.
   https://learn.microsoft.com/windows-hardware/drivers/kernel/using-ntstatus-values */
BOOL packet_follows(DWORD error, BOOL skips);

#endif
