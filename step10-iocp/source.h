/* Source: what every user of a socket on a port has in common. It is referred to
   by its owner, by each of its operations in flight and by each of its timers that
   are set; the last one frees it. */
#ifndef SOURCE_H
#define SOURCE_H

#include "selector.h"

typedef struct Source {
    SRWLOCK lock;       /* for all that follows, and for what surrounds it */
    SOCKET socket;      /* INVALID_SOCKET until it has one */
    Selector *selector; /* whose port the socket has, or NULL */
    _Bool closed;       /* by its owner */
    _Bool skips;        /* what is done at once sends no packet */
    atomic_int references;
    void (*destroy)(struct Source *source);
} Source;

/* Takes the socket over. destroy is called for the last reference, without the
   lock, by whichever thread gives it up. */
void source_init(Source *source, SOCKET s, void (*destroy)(Source *source));

void source_lock(Source *source);
void source_unlock(Source *source);

/* Closes the socket, with whatever is in flight on it, and gives up the owner's
   reference. Errors: those of closesocket. */
DWORD source_close(Source *source);

/* All below are called with the lock held. */

/* Gives the socket the selector's port. Nothing happens if it has it already.
   Errors: ERROR_INVALID_PARAMETER if it has another, those of
   associate_socket. */
DWORD source_attach(Source *source, Selector *selector);

/* Closes the socket, if there is one. Nothing may be in flight. */
void source_drop(Source *source);

/* Gives the source another socket, which it takes over, in place of the one it
   has. Nothing may be in flight. Errors: those of associate_socket. */
DWORD source_replace(Source *source, SOCKET s);

/* Readies the operation for the call that is to start it, which must follow. */
void source_lend(Source *source, Operation *operation);

/* Takes what that call returned, and how many bytes it moved. After 0 the
   operation is the system's until its packet has been taken out, or, if it was done
   at once, in the run queue: its Completion will be called either way. After an
   error it will not. */
DWORD source_started(Source *source, Operation *operation, DWORD error,
                     DWORD bytes);

/* The same for a packet that somebody posts, or was to post. */
DWORD source_posted(Source *source, Operation *operation, DWORD error);

/* Has the operation's Completion called soon, with 0 bytes. */
void source_run(Source *source, Operation *operation);

/* Has a timer of the source's expire timeout milliseconds from now. It may be
   set already. Errors: those of selector_set_timer. */
DWORD source_set_timer(Source *source, Timer *timer, DWORD timeout);

/* Has it not expire, whether it is set or not. */
void source_clear_timer(Source *source, Timer *timer);

/* For a timer's Expiry: takes the lock. Returns FALSE if there is nothing to do:
   the source is closed, or the timer has been set anew or cleared meanwhile.
   source_leave_timer must follow. */
BOOL source_enter_timer(Source *source, Timer *timer);

/* Releases the lock and gives up the timer's reference. */
void source_leave_timer(Source *source);

/* For the operation's Completion. Takes the lock and says in *error, unless that
   is NULL, how the operation ended. Returns FALSE if the source is closed: then
   nobody wants to know. source_leave must follow. */
BOOL source_enter(Source *source, Operation *operation, DWORD *error);

/* Releases the lock and gives up the operation's reference. */
void source_leave(Source *source);

#endif
