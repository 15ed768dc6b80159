/* Spares: blocks of one size, some of which are kept when they are given back, for
   the next one who needs one. Any thread may call. */
#ifndef SPARES_H
#define SPARES_H

#include "economy.h"

typedef struct Spares {
    size_t size;        /* of a block, not less than a pointer's */
    SRWLOCK lock;       /* for what follows; zero is unlocked */
    struct Spare *kept; /* none of them is anybody's */
    ULONG kept_count;
    ULONG taken; /* blocks that somebody has */
    ULONG made;  /* how often memory was asked for */
} Spares;

/* A block, not cleared, or NULL: memory has run out, or so many as limit are
   taken. The caller ends with spares_give. */
void *spares_take(Spares *spares, ULONG limit);

/* Keeps the block if there are not economy.spares already, or frees it. NULL is
   allowed. */
void spares_give(Spares *spares, void *block);

/* Frees those that are kept. */
void spares_free(Spares *spares);

#endif
