/* Crowd: many clients at once, each of which checks what it gets back. */
#ifndef CROWD_H
#define CROWD_H

#include "registrator.h"

typedef struct Crowd {
    Registrator *registrator;
    struct Member *members;
    ULONG size;
    ULONG running;
    ULONG right; /* got every byte back, and then the end */
} Crowd;

/* Starts to connect size clients to a port of the loopback. Their tokens are odd.
   The caller ends with crowd_end. Errors: ERROR_NOT_ENOUGH_MEMORY. */
DWORD crowd_start(Crowd *crowd, Registrator *registrator, ULONG size,
                  unsigned short port);

/* Handles an event of one of the clients. */
void crowd_handle(Crowd *crowd, const Event *event);

/* Nobody may be running. */
void crowd_end(Crowd *crowd);

#endif
