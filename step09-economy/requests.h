/* Requests: how often this process has asked Wine's server, which does there what
   the kernel does on Windows. Nearly every call on a port or socket is one request
   or more, so the count says what a call costs, and is the same each time. */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "ffi.h"

/* The requests since the program started, not counting those of this function.
   Errors: ERROR_NOT_SUPPORTED where nobody counts them: on Windows. */
DWORD requests_count(unsigned long long *count);

#endif
