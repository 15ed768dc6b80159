/* Registrator: the end of a loop that other threads hold. It brings sources to the
   loop, and it ends it. Any thread may call any of its functions, but the one that
   releases it must be the last. */
#ifndef REGISTRATOR_H
#define REGISTRATOR_H

#include "source.h"

/* What a poll and its registrators share; it lasts as long as any of them. */
typedef struct Loop {
    Selector selector;
    atomic_int owners;
    atomic_bool closed;
} Loop;

typedef struct Registrator {
    Loop *loop; /* NULL once released */
} Registrator;

/* Every function here returns 0 for success or a Win32 error code. */

/* source_attach for the loop, from any thread, with the source's lock held. Must
   precede each start. Errors: those of source_attach, ERROR_ABANDONED_WAIT_0 if
   the loop is closed or its poll gone. */
DWORD registrator_attach(Registrator *registrator, Source *source);

/* selector_notify for the loop, from any thread. Errors: those of it,
   ERROR_ABANDONED_WAIT_0 if the loop is closed or its poll gone. */
DWORD registrator_notify(Registrator *registrator, Token token);

/* Ends the loop: the poll hands out what has completed, then reports the end.
   Errors: ERROR_ABANDONED_WAIT_0 if the loop is closed or its poll gone. */
DWORD registrator_close_loop(Registrator *registrator);

/* Gives the registrator up, before or after the poll is gone.
   Errors: ERROR_ABANDONED_WAIT_0, here and above, if that was done before. */
DWORD registrator_release(Registrator *registrator);

/* One owner less; the last one closes the port and frees the loop. */
DWORD loop_release(Loop *loop);

#endif
