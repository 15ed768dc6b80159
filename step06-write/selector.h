/* Selector: owns a completion port and turns its packets into events. */
#ifndef SELECTOR_H
#define SELECTOR_H

#include <stdatomic.h>

#include "operation.h"

typedef struct Selector {
    HANDLE port;
    atomic_int open; /* sources attached and not closed */
    atomic_int lent; /* operations whose packet has not been taken out */
    BOOL woken;      /* a packet without an operation has been taken out */
    BOOL empty;      /* the last select found no packet at all */
} Selector;

/* The caller's name for what it waits for; a number of its own choice. */
typedef uintptr_t Token;

/* Bits, to be combined. */
typedef enum Interests { READABLE = 1, WRITABLE = 2 } Interests;

/* What has become of an interest. A copy: nothing in it points at the source. */
typedef struct Event {
    Token token;
    Interests ready; /* one of them */
    DWORD bytes;     /* READABLE: how many arrived, 0 without an error: the peer
                        will send no more. WRITABLE: for how many there is room */
    DWORD error;     /* 0, or how reading or writing failed */
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

/* Waits up to timeout milliseconds, or INFINITE, for packets, and replaces
   the content of *events by what it found. An empty batch is a success: time
   was up, or the packets were those of closed sources, or we were woken.
   Errors: ERROR_INVALID_PARAMETER if events has no capacity. */
DWORD selector_select(Selector *selector, Events *events, DWORD timeout);

/* Has select return at once: now, or the next time it is called. */
DWORD selector_wake(Selector *selector);

/* Waits for the packets of closed sources.
   Errors: ERROR_BUSY if a source attached here has not been closed. */
DWORD selector_drain(Selector *selector);

/* Closes the port. It must have been drained. */
DWORD selector_close(Selector *selector);

#endif
