/* Loop: takes packets out of a port and has each operation say what is next. It
   knows none of the kinds of operations there are. */
#ifndef LOOP_H
#define LOOP_H

#include "operation.h"

/* Waits up to timeout milliseconds for packets, takes out one batch, those that
   are there, up to 16, and calls the callback of each one's operation, in order.
   A packet without an OVERLAPPED is taken out, and that is all: a turn with no
   other succeeds. A callback may call loop_turn.
   Errors: WAIT_TIMEOUT if no packet came in time, and others of
   get_queued_completion_status_ex. */
DWORD loop_turn(HANDLE port, DWORD timeout);

#endif
