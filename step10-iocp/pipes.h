/* A named-pipe server that sends back what it gets, and its clients, all on one port
   and a pool of threads. */
#ifndef PIPES_H
#define PIPES_H

#include "ffi.h"

enum {
    PIPES_INSTANCES = 4, /* so many clients are served at once */
    PIPES_MESSAGE = 4096 /* longest */
};

typedef struct PipesReport {
    ULONG served; /* clients who got back what they had sent */
    ULONG failed;
    DWORD error;              /* the first thing that went wrong, or 0 */
    ULONG parts;              /* reads that brought a message in part: 234 */
    unsigned long long bytes; /* that came back */
} PipesReport;

/* Has so many clients served, of bytes or of messages, by so many threads.
   Errors: those of create_pipe and iocp_create; ERROR_NOT_ENOUGH_MEMORY. */
DWORD pipes_run(BOOL messages, ULONG clients, ULONG threads,
                PipesReport *report);

#endif
