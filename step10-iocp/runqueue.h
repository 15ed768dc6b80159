/* RunQueue: operations that were done at once and whose turn has not come yet, in
   their order. Its links are inside the operations, so putting one in takes no
   memory, and cannot fail. */
#ifndef RUNQUEUE_H
#define RUNQUEUE_H

#include "operation.h"

typedef struct RunQueue {
    Operation *first; /* or NULL */
    Operation *last;  /* of no meaning while there is no first */
    ULONG count;
} RunQueue;

void runqueue_put(RunQueue *queue, Operation *operation);

/* Takes the first one out, or returns NULL. */
Operation *runqueue_take(RunQueue *queue);

#endif
