/* Readiness: what epoll's users know, made of completions. A source that is
   registered keeps operations in flight of its own accord; when their packets
   have come, the poll tells that reading, accepting or writing would not have to
   wait. */
#ifndef READINESS_H
#define READINESS_H

#include "poll.h"
#include "registration.h"

/* All below may be called from any thread, also while another one waits, and
   return 0 for success or a Win32 error code: ERROR_ABANDONED_WAIT_0 once the
   poll is destroyed or its loop closed; WSAENOTSOCK if source is NULL, as that of
   something closed is; ERROR_ALREADY_EXISTS if it is registered with another
   poll. */

/* Has the poll tell of the source: READABLE, that bytes or their end, a datagram
   or a connection are there to be taken; WRITABLE, that there is room, for a
   stream that is connected; both, if it has failed. Interests may be none: then
   only failure is told. The first event tells what is true already, in every
   mode. From now on this is the only way the source tells of anything, and what
   tcp_stream_register, tcp_stream_connect or tcp_listener_open have promised
   doesn't come any more. A source keeps the poll it first had for life, as
   its handle keeps the port.
   Errors: ERROR_ALREADY_EXISTS if it is registered already; ERROR_INVALID_PARAMETER
   if its handle has another port, or for interests other than READABLE and
   WRITABLE; ERROR_NOT_ENOUGH_MEMORY; those of associate_socket. */
DWORD poll_register(Poll *poll, Source *source, Token token,
                    Interests interests, Mode mode);

/* The same for a source that is registered, in place of what it was registered
   for: nothing that has not been told yet comes with the old token.
   Errors: ERROR_NOT_FOUND if it isn't; those of poll_register. */
DWORD poll_reregister(Poll *poll, Source *source, Token token,
                      Interests interests, Mode mode);

/* Has the poll tell nothing of the source any more. What is in flight stays so,
   and reading and accepting by hand go on. Closing a source does the same.
   Errors: ERROR_NOT_FOUND if it isn't registered. */
DWORD poll_deregister(Poll *poll, Source *source);

#endif
