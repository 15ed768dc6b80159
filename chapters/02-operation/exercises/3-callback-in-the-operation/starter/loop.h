/* Loop: takes packets out of a port and has each operation say what is next. It
   knows none of the kinds of operations there are. */
#ifndef LOOP_H
#define LOOP_H

#include "operation.h"

/* Waits up to timeout milliseconds for packets, takes out one batch of those
   that are there, and calls the callback of each one's operation, in order. A
   packet without an OVERLAPPED is taken out, and that is all.
   Errors: WAIT_TIMEOUT if no packet came in time. */
DWORD loop_turn(HANDLE port, DWORD timeout);

#endif
