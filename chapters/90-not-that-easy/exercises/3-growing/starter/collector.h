/* Collector: keeps all that comes on a socket, in one piece of memory that
   grows with it. */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include "ffi.h"

typedef struct Collector {
    WSAOVERLAPPED overlapped;
    HANDLE port; /* for this socket alone */
    SOCKET socket;
    BOOL reading; /* a read is in flight */
    DWORD error;  /* if none is: why, or 0 at the end */
    char *text;
    DWORD length;   /* of what has come */
    DWORD capacity; /* of the memory */
} Collector;

/* Every function here returns 0 for success or a Win32 error code. */

/* Takes the socket over and starts to read. The caller ends with
   collector_close, after an error, too. */
DWORD collector_open(Collector *collector, SOCKET s);

/* Waits up to timeout milliseconds, or INFINITE, for more text; *count tells
   how much, 0 at the end. Errors: WAIT_TIMEOUT if nothing came in time;
   ERROR_NOT_ENOUGH_MEMORY and the connection's own, and these from then on. */
DWORD collector_more(Collector *collector, DWORD *count, DWORD timeout);

/* All that has come so far; it stays there until the next collector_more. */
const char *collector_text(const Collector *collector, DWORD *length);

/* Closes the socket and frees the text. */
DWORD collector_close(Collector *collector);

#endif
