/* Crowd: clients of an echo server, from a process of their own, so that nothing
   they do counts as the server's. */
#ifndef CROWD_H
#define CROWD_H

#include "ffi.h"

enum { CROWD_MESSAGE = 64 }; /* bytes of an echo */

typedef struct Crowd {
    ULONG clients;
    ULONG echoes;  /* for each of them, one after another, */
    ULONG greedy;  /* or so many bytes in a stream from the first of them; 0 for
                      none: then the others go on until that is through */
    DWORD idle_ms; /* before they hang up */
} Crowd;

typedef struct CrowdTimes {
    ULONG echoes;  /* of those that were not greedy */
    double median; /* milliseconds that an echo took, */
    double slow;   /* and what one of a hundred exceeded */
} CrowdTimes;

/* Runs them against a port of the loopback until all are through. Errors: those of
   TcpStream's functions, ERROR_INVALID_DATA if what came back is not what was
   sent. */
DWORD crowd_run(const Crowd *crowd, const char *port, CrowdTimes *times);

#endif
