/* Reader: reads from a socket, and waits no longer than it is told to. */
#ifndef READER_H
#define READER_H

#include "ffi.h"

typedef struct Reader {
    HANDLE port; /* for this socket alone */
    SOCKET socket;
    BOOL reading; /* overlapped is in flight */
    WSAOVERLAPPED overlapped;
} Reader;

/* Every function here returns 0 for success or a Win32 error code. */

/* Takes the socket over, unless it fails: then the socket is the caller's still,
   and there is nothing to close. The caller ends with reader_close. */
DWORD reader_open(Reader *reader, SOCKET s);

/* Waits up to timeout milliseconds, or INFINITE, for bytes, and hands out at
   most size of them; *count tells how many, 0 at the end of the stream. Those
   that come later are for the next call: none is lost.
   Errors: WAIT_TIMEOUT if nothing came in time; the connection's own. */
DWORD reader_read(Reader *reader, char *buffer, DWORD size, DWORD *count,
                  DWORD timeout);

/* Closes the socket; after it nothing is lent to the system. */
DWORD reader_close(Reader *reader);

#endif
