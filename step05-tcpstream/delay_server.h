/* A stand-in for a slow web site: answers GET /300 after 300 milliseconds. */
#ifndef DELAY_SERVER_H
#define DELAY_SERVER_H

#include "ffi.h"

/* Starts the server on a free port of 127.0.0.1, for as long as the program
   runs; *port tells which. Errors: those of loopback_listen, start_thread. */
DWORD delay_server_start(unsigned short *port);

#endif
