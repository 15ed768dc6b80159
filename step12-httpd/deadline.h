/* Deadline: until when a connection may read, connect and write, how long it may
   be idle, and how long it keeps a buffer when it is. */
#ifndef DEADLINE_H
#define DEADLINE_H

#include "connection.h"

/* All below are called with the lock held. */

void deadline_init(Connection *connection);

/* timeout milliseconds from now, INFINITE for never, reading (READABLE) or
   connecting and writing (WRITABLE) will fail with WSAETIMEDOUT. What is in
   flight then is cancelled, and its packet tells how it ended.
   Errors: those of source_set_timer. */
DWORD deadline_set(Connection *connection, Interests interests, DWORD timeout);

/* The same for both, timeout milliseconds after bytes last went either way. */
DWORD deadline_set_idle(Connection *connection, DWORD timeout);

/* Has a buffer that has just been lent taken back once the connection is idle. */
void deadline_lent(Connection *connection);

/* Notes that bytes went either way. */
void deadline_active(Connection *connection);

/* Clears all of them. */
void deadline_forget(Connection *connection);

#endif
