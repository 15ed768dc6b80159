/* Tally: adds up what the packets of a port say. */
#ifndef TALLY_H
#define TALLY_H

#include "ffi.h"

enum { TALLY_BATCH = 64 };

typedef struct Tally {
    ULONG packets;
    unsigned long long bytes;
} Tally;

/* Takes count packets out of the port, in the order in which they come, and
   adds them to *tally. What else is in the port stays there: it is for somebody
   else. Whenever the port is empty it waits, up to timeout milliseconds.
   Errors: WAIT_TIMEOUT if the port stayed empty for so long, and others of
   get_queued_completion_status_ex; *tally then holds what was taken out by
   then. */
DWORD tally_packets(HANDLE port, ULONG count, DWORD timeout, Tally *tally);

#endif
