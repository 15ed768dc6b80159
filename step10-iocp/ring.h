/* Ring: bytes that wait to be sent, in one block of fixed size. Those at its
   front may be lent to the system while more are put behind them. */
#ifndef RING_H
#define RING_H

#include "ffi.h"

typedef struct Ring {
    char *block; /* NULL while empty: an idle stream holds no memory for it */
    DWORD size;  /* of the block; at least 1 */
    DWORD start; /* where the first byte is */
    DWORD used;
} Ring;

/* Copies as many bytes as there is room for and says how many in *count.
   Errors: ERROR_NOT_ENOUGH_MEMORY. */
DWORD ring_put(Ring *ring, const char *data, size_t size, DWORD *count);

/* The bytes in their order: in two parts where they go round the block's end.
   Returns how many parts, 0 if there are no bytes. */
DWORD ring_parts(const Ring *ring, WSABUF parts[2]);

/* Takes the first count bytes out. None of the ring may be lent. */
void ring_drop(Ring *ring, DWORD count);

#endif
