/* Sockets that reach no further than this machine. */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include "ffi.h"

/* Listens on a free port of 127.0.0.1; *address tells which. The caller closes
   *listener. Errors: Winsock's, as for every function here. */
DWORD loopback_listen(SOCKET *listener, struct sockaddr_in *address);

#endif
