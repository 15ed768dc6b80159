/* Accept: an accept that doesn't wait. */
#ifndef ACCEPT_H
#define ACCEPT_H

#include "ffi.h"

/* All that is lent to the system for one accept: add what it needs. */
typedef struct Accept {
    WSAOVERLAPPED overlapped; /* stays first: a packet points here */
    SOCKET listener;
    SOCKET socket; /* the connection's, once there is one */
} Accept;

/* Starts to accept one connection on the listener, which is associated with a
   port. *accept may hold anything, or have been used before. After 0 it belongs
   to the system until its packet has been taken out. Errors: Winsock's; then no
   packet will come and nothing is left open. */
DWORD accept_start(Accept *accept, SOCKET listener);

/* To be called when the packet has been taken out; it points at the Accept. *s
   is the connection, whole: all that works with a socket from accept() works
   with it. The caller closes it. Errors, with nothing left open: how the accept
   failed, in Winsock's codes (995, WSA_OPERATION_ABORTED, if it was cancelled),
   or why the connection can't be made whole. If the accept failed because the
   listener was closed: any error, as a closed socket can't be asked. */
DWORD accept_finish(Accept *accept, SOCKET *s);

#endif
