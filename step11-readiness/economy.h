/* Economy: what is done to have each operation cost less. It holds for all loops
   of the program, and is to be set before the first of them is created. */
#ifndef ECONOMY_H
#define ECONOMY_H

#include "ffi.h"

typedef struct Economy {
    BOOL skip; /* what is done at once sends no packet through the port */
    BOOL fair; /* and the port is looked at in between all the same */
    /* For so long a stream on which nothing comes lends a buffer to its read;
       then it waits with zero bytes. 0: it always does, INFINITE: never. */
    DWORD lend_ms;
    ULONG spares;  /* blocks of each kind that are kept for the next one who
                      needs one, instead of being freed; 0 for none */
    ULONG buffers; /* so many streams can lend or hold a buffer at once */
} Economy;

/* TRUE, TRUE, 1000, 64 and 16384, unless set. */
extern Economy economy;

#endif
