/* Poll: the end of a loop that waits. */
#ifndef POLL_H
#define POLL_H

#include "registrator.h"

typedef struct Poll {
    Loop *loop;       /* NULL once destroyed */
    atomic_bool busy; /* a thread is in poll_wait or poll_destroy */
} Poll;

/* Every function here returns 0 for success or a Win32 error code. */

/* The caller ends with poll_destroy. Errors: ERROR_NOT_ENOUGH_MEMORY, those of
   selector_open. */
DWORD poll_create(Poll *poll);

/* Makes a registrator, to be given up with registrator_release.
   Errors: ERROR_ABANDONED_WAIT_0 if the poll is destroyed. */
DWORD poll_registrator(Poll *poll, Registrator *registrator);

/* selector_select for the loop. Errors: those of selector_select,
   ERROR_ABANDONED_WAIT_0 once the loop is closed and its events handed out;
   with *events left as it was, that one if the poll is destroyed, and ERROR_BUSY
   while another thread waits. */
DWORD poll_wait(Poll *poll, Events *events, DWORD timeout);

/* Ends the loop and waits for the packets of closed sources, among them that of
   each lookup under way, which may take half a minute; close all before. For any
   thread. Errors: ERROR_BUSY while another waits, and nothing is changed, or a
   source is open: then the loop has ended, but the poll is still to be destroyed.
   ERROR_ABANDONED_WAIT_0 if it was destroyed before. */
DWORD poll_destroy(Poll *poll);

#endif
