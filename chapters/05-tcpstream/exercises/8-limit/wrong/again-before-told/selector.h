/* Selector: owns a completion port and turns its packets into events. */
#ifndef SELECTOR_H
#define SELECTOR_H

#include "operation.h"

typedef struct Selector {
    HANDLE port;
    ULONG open;       /* operations registered and not closed */
    ULONG lent;       /* operations whose packet has not been taken out */
    ULONG limit;      /* lent is never more than this */
    Operation *first; /* of those that wait for their turn, or NULL */
    Operation *last;
    Operation *failed; /* their events are still to come */
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

/* Creates the port, for at most limit reads in flight. The caller ends with
   selector_close. Errors: ERROR_INVALID_PARAMETER if limit is 0. */
DWORD selector_open(Selector *selector, ULONG limit);

/* Starts one read, whose event will carry the token: at once, or, if as many
   are in flight as may be, in a later selector_select, when its turn comes. If
   it can't be started then, its event tells the error. An operation stays with
   the selector it was first registered with. After an error no event comes.
   Errors: ERROR_INVALID_PARAMETER if it was registered with another selector,
   WSAEALREADY if its last read is in flight or waits, those of wsa_recv. */
DWORD selector_register(Selector *selector, Operation *operation, Token token);

/* Waits up to timeout milliseconds, or INFINITE, for reads to end, and replaces
   the content of *events by what it found. Never waits while one of the limit's
   buffers is free and an operation waits for it, nor while it knows of a read
   that couldn't be started. An empty batch is a success: time was up, or the
   packets were those of closed operations.
   Errors: ERROR_INVALID_PARAMETER if events has no capacity. */
DWORD selector_select(Selector *selector, Events *events, DWORD timeout);

/* Takes an operation out of the queue. */
void selector_forget(Selector *selector, const Operation *operation);

/* Waits for the packets of closed operations, then closes the port.
   Errors: ERROR_BUSY if an operation registered here has not been closed. */
DWORD selector_close(Selector *selector);

#endif
