/* Accept: an accept that doesn't wait. */
#ifndef ACCEPT_H
#define ACCEPT_H

#include "ffi.h"

/* All that is lent to the system for one accept: add what it needs. */
typedef struct Accept {
    WSAOVERLAPPED overlapped; /* stays first */
    SOCKET listener;
    SOCKET socket; /* the connection's, once there is one */
} Accept;

/* Starts to accept one connection on the listener, which is associated with a
   port. After 0 *accept belongs to the system until its packet has been taken
   out. Errors: Winsock's; then no packet will come and nothing is left open. */
DWORD accept_start(Accept *accept, SOCKET listener);

/* To be called when the packet has been taken out. *s is the connection, whole:
   all that works with a socket from accept() works with it. The caller closes
   it. Errors: how the accept failed; then nothing is left open. */
DWORD accept_finish(Accept *accept, SOCKET *s);

#endif
