/* Waker: has a poll return, from any thread. It takes no socket, no port and no
   thread: a posted packet. Any thread may wake; whoever closes it must be the last
   to use it. */
#ifndef WAKER_H
#define WAKER_H

#include "poll.h"

typedef struct Waker {
    Loop *loop; /* NULL once closed */
} Waker;

/* Every function here returns 0 for success or a Win32 error code;
   ERROR_ABANDONED_WAIT_0 if the waker is closed, its poll destroyed or its loop
   closed. */

/* Its events will have this token and NOTIFIED. The caller ends with waker_close,
   before or after the poll is gone.
   Errors: ERROR_ALREADY_EXISTS if the poll has a waker. */
DWORD waker_create(Waker *waker, Poll *poll, Token token);

/* Has one event come: from this poll_wait, or from the next. Wakes that come
   before it are one with it; one that comes after it brings another.
   Errors: those of post_queued_completion_status. */
DWORD waker_wake(Waker *waker);

/* The poll can have another one then. */
DWORD waker_close(Waker *waker);

#endif
