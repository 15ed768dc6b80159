/* Selector: owns a completion port and turns its packets into events. */
#ifndef SELECTOR_H
#define SELECTOR_H

#include "operation.h"

struct Timer;

typedef struct Selector {
    HANDLE port;
    atomic_int open;      /* operations registered and not closed */
    atomic_int lent;      /* packets to come that carry memory of ours */
    BOOL woken;           /* a packet without an operation has been taken out */
    BOOL empty;           /* the last select found no packet at all */
    struct Timer *timers; /* taken out of the port, and not due yet */
    unsigned long long end; /* when it was closed, or 0 */
} Selector;

/* What became of one read. A copy: nothing in it points at the operation. */
typedef struct Event {
    Token token;
    DWORD bytes; /* 0 without an error: the peer will send no more */
    DWORD error; /* 0, or how the read failed */
} Event;

/* A batch of events, in an array of the caller's. */
typedef struct Events {
    Event *list;
    ULONG capacity; /* at least 1: so many packets, not events, are taken out */
    ULONG count;
} Events;

/* Every function here returns 0 for success or a Win32 error code. */

/* Creates the port. The caller ends with selector_close. */
DWORD selector_open(Selector *selector);

/* Starts one read, whose event will carry the token. An operation stays with
   the selector it was first registered with. After an error no event comes.
   Errors: ERROR_INVALID_PARAMETER if it was registered with another selector,
   WSAEALREADY if its last read is in flight, those of wsa_recv. */
DWORD selector_register(Selector *selector, Operation *operation, Token token);

/* Posts a timer, for select to keep until it is due. Any thread may do that.
   Errors: ERROR_NOT_ENOUGH_MEMORY, those of PostQueuedCompletionStatus. */
DWORD selector_register_timer(Selector *selector, DWORD delay, Token token);

/* Waits up to timeout milliseconds, or INFINITE, for reads to end, and replaces
   the content of *events by what it found. An empty batch is a success: time
   was up, or the packets were those of closed operations, or we were woken.
   Errors: ERROR_INVALID_PARAMETER if events has no capacity. */
DWORD selector_select(Selector *selector, Events *events, DWORD timeout);

/* Has select return at once: now, or the next time it is called. */
DWORD selector_wake(Selector *selector);

/* Waits for the packets of closed operations, and drops all timers.
   Errors: ERROR_BUSY if an operation registered here has not been closed. */
DWORD selector_drain(Selector *selector);

/* Closes the port. It must have been drained. */
DWORD selector_close(Selector *selector);

#endif
