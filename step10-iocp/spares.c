#include "spares.h"

#include <stdlib.h>

/* What a block is while nobody has it. */
typedef struct Spare {
    struct Spare *next;
} Spare;

void *spares_take(Spares *spares, ULONG limit)
{
    AcquireSRWLockExclusive(&spares->lock);
    Spare *block = spares->kept;
    if (spares->taken >= limit) {
        block = NULL;
    } else if (block != NULL) {
        spares->kept = block->next;
        spares->kept_count--;
    } else {
        block = calloc(1, spares->size);
        spares->made++;
    }
    if (block != NULL)
        spares->taken++;
    ReleaseSRWLockExclusive(&spares->lock);
    return block;
}

void spares_give(Spares *spares, void *block)
{
    Spare *spare = block;
    if (block == NULL)
        return;
    AcquireSRWLockExclusive(&spares->lock);
    spares->taken--;
    if (spares->kept_count < economy.spares) {
        spare->next = spares->kept;
        spares->kept = spare;
        spares->kept_count++;
        spare = NULL;
    }
    ReleaseSRWLockExclusive(&spares->lock);
    free(spare);
}

void spares_free(Spares *spares)
{
    AcquireSRWLockExclusive(&spares->lock);
    Spare *spare = spares->kept;
    spares->kept = NULL;
    spares->kept_count = 0;
    ReleaseSRWLockExclusive(&spares->lock);
    while (spare != NULL) {
        Spare *next = spare->next;
        free(spare);
        spare = next;
    }
}
