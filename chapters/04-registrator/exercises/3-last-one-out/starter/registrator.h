/* Registrator: the end of a loop that other threads hold. It starts reads,
   whose events the poll hands out, and it ends the loop. */
#ifndef REGISTRATOR_H
#define REGISTRATOR_H

#include "selector.h"

/* What a poll and its registrators share; it lasts as long as any of them. */
typedef struct Loop {
    Selector selector;
    atomic_int owners;
    atomic_bool closed;
} Loop;

typedef struct Registrator {
    Loop *loop; /* NULL once released */
} Registrator;

/* Bits, so that a later part can combine them. */
typedef enum Interests { READABLE = 1, WRITABLE = 2 } Interests;

/* Every function here returns 0 for success or a Win32 error code. */

/* selector_register for any thread, but one at a time for each operation; the
   thread should outlive the read, which Windows may cancel when it ends.
   Errors: those of selector_register, ERROR_NOT_SUPPORTED if interests is not
   READABLE, ERROR_ABANDONED_WAIT_0 if the loop is closed or its poll gone. */
DWORD registrator_register(Registrator *registrator, Operation *operation,
                           Token token, Interests interests);

/* Ends the loop: the poll hands out what has completed, then reports the end.
   Errors: ERROR_ABANDONED_WAIT_0 if the loop is closed or its poll gone. */
DWORD registrator_close_loop(Registrator *registrator);

/* Makes another registrator of the same loop, for any thread to have. To be
   given up with registrator_release like the first one. */
DWORD registrator_clone(const Registrator *registrator, Registrator *clone);

/* Gives the registrator up, before or after the poll is gone. The last one that
   goes closes the loop, if it isn't closed already; if waking the poll fails, it
   returns that error and is given up all the same.
   Errors: ERROR_ABANDONED_WAIT_0, here and above, if that was done before. */
DWORD registrator_release(Registrator *registrator);

/* One owner less; the last one closes the port and frees the loop. */
DWORD loop_release(Loop *loop);

#endif
