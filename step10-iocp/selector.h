/* Selector: owns a completion port and turns its packets into events. */
#ifndef SELECTOR_H
#define SELECTOR_H

#include <stdatomic.h>

#include "runqueue.h"
#include "timers.h"

typedef struct Selector {
    HANDLE port;
    atomic_int open; /* sources attached and not closed */
    atomic_int lent; /* operations in flight or in the queue */
    BOOL woken;      /* the packet of selector_wake has been taken out */
    BOOL empty;      /* the last select found nothing at all */
    BOOL port_first; /* in this turn */
    ULONG hope;      /* how many packets are to be asked for */
    SRWLOCK lock;    /* for all that follows */
    RunQueue queue;
    Timers timers;
    unsigned long long
        awake;       /* when select will be back to look at queue and timers */
    Operation nudge; /* has it look earlier */
} Selector;

/* The caller's name for what it waits for; a number of its own choice. */
typedef uintptr_t Token;

/* Bits, to be combined. */
typedef enum Interests { READABLE = 1, WRITABLE = 2, NOTIFIED = 4 } Interests;

/* What has become of an interest. A copy: nothing in it points at the source. */
typedef struct Event {
    Token token;
    Interests ready; /* one of them, or NOTIFIED */
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

/* Waits up to timeout milliseconds, or INFINITE, for packets and timers, and
   replaces the content of *events by what became of them. An empty batch is a
   success: time was up, or we were woken.
   Errors: ERROR_INVALID_PARAMETER if events has no capacity. */
DWORD selector_select(Selector *selector, Events *events, DWORD timeout);

/* Has the timer's function called at that time, by now_ms; a timer that is set
   already is moved. For any thread. *added tells whether it was not set before.
   Errors: those of post_queued_completion_status. Then it is set all the same,
   but a select that waits already may look too late. */
DWORD selector_set_timer(Selector *selector, Timer *timer,
                         unsigned long long due, BOOL *added);

/* Returns TRUE if the timer was set: then its function is not called. After FALSE
   it may be about to be called. */
BOOL selector_clear_timer(Selector *selector, Timer *timer);

/* Has the operation's Completion called with so many bytes, by the polling thread,
   as if a packet had come. For any thread. Should the port refuse the packet that
   wakes a select which waits already, it is called when that wakes by itself. */
void selector_run(Selector *selector, Operation *operation, DWORD bytes);

/* Has an event come with this token (not 0) and NOTIFIED.
   Errors: ERROR_INVALID_PARAMETER if token is 0. */
DWORD selector_notify(Selector *selector, Token token);

/* Has select return at once: now, or the next time it is called. */
DWORD selector_wake(Selector *selector);

/* Waits for what is in flight or queued of closed sources.
   Errors: ERROR_BUSY if a source attached here has not been closed. */
DWORD selector_drain(Selector *selector);

/* Closes the port. It must have been drained. */
DWORD selector_close(Selector *selector);

#endif
