/* NamedPipe: one connection between programs of this machine, for poll_register.
   To a server's instance a client comes; the rest is as with a TcpStream, but for
   the end: it comes for both directions at once, when one side closes. A pipe that
   waits for bytes always lends a buffer. Any thread may call any of its functions,
   but the one that closes it must be the last. */
#ifndef NAMEDPIPE_H
#define NAMEDPIPE_H

#include "tcpstream.h"

typedef struct NamedPipe {
    TcpStream stream; /* on another transport */
} NamedPipe;

/* Every function here returns 0 for success or a Win32 error code;
   WSAENOTSOCK if the pipe is closed. */

/* For poll_register: reading begins then. NULL once closed. */
Source *named_pipe_source(const NamedPipe *pipe);

/* Makes an instance of the pipe, \\.\pipe\NAME, and waits for its client in the
   background: WRITABLE tells that it is there. It serves no other one after it:
   whoever wants to be reached at all times has the next instance ready first.
   first: there must be no instance with this name yet, of nobody. The caller ends
   with named_pipe_close. Errors: 5 (ERROR_ACCESS_DENIED) if there is one, or its
   owner is another; ERROR_INVALID_NAME; ERROR_NOT_ENOUGH_MEMORY; those of
   registrator_attach. */
DWORD named_pipe_serve(NamedPipe *pipe, Registrator *registrator,
                       const wchar_t *name, BOOL first);

/* Opens an instance that has no client yet. Errors: 2 (ERROR_FILE_NOT_FOUND) if
   nobody serves the name, 231 (ERROR_PIPE_BUSY) if all instances have their
   clients: try again a little later; those of named_pipe_serve. */
DWORD named_pipe_open(NamedPipe *pipe, Registrator *registrator,
                      const wchar_t *name);

/* tcp_stream_read and tcp_stream_write. A pipe whose other end is gone reads to
   its end, and can't be written to: 232 (ERROR_NO_DATA). */
DWORD named_pipe_read(NamedPipe *pipe, char *buffer, DWORD size, DWORD *count);
DWORD named_pipe_write(NamedPipe *pipe, const char *data, size_t size,
                       DWORD *count);

/* What the system has taken can still be read at the other end. */
DWORD named_pipe_close(NamedPipe *pipe);

#endif
