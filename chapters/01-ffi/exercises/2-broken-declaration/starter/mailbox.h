/* A port used as a mailbox: what a packet carries, under our own names. */
#ifndef MAILBOX_H
#define MAILBOX_H

#include "ffi.h"

typedef struct Letter {
    ULONG_PTR sender;
    DWORD size;
    const void *mark;
} Letter;

/* Takes out at least one letter and at most capacity (up to 16), waiting
   for the first no longer than timeout milliseconds. Errors: WAIT_TIMEOUT. */
DWORD mailbox_take(HANDLE port, Letter *letters, ULONG capacity, ULONG *count,
                   DWORD timeout);

#endif
