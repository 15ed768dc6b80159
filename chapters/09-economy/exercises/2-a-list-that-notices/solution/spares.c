#include "spares.h"

#include <stdlib.h>
#include <string.h>

enum { NOBODYS = 0xB5 }; /* each byte of a watched block that nobody has */

/* What a block is while nobody has it; of one that is watched, what lies in front
   of it at all times. */
typedef struct Spare {
    struct Spare *next;
    BOOL kept; /* only of one that is watched */
} Spare;

/* How many bytes lie in front of what is handed out: it stays aligned. */
static size_t header(const Spares *spares)
{
    return spares->watched ? (sizeof(Spare) + 15) / 16 * 16 : 0;
}

static char *block_of(const Spares *spares, Spare *spare)
{
    return (char *)spare + header(spares);
}

static BOOL is_spoiled(const Spares *spares, Spare *spare)
{
    const unsigned char *bytes = (const unsigned char *)block_of(spares, spare);
    for (size_t i = 0; spares->watched && i < spares->size; i++)
        if (bytes[i] != NOBODYS)
            return TRUE;
    return FALSE;
}

/* The next one that is kept, or NULL. One that is spoiled is somebody's, whoever
   that is: nobody else gets it. */
static Spare *take_kept(Spares *spares)
{
    Spare *spare;
    while ((spare = spares->kept) != NULL) {
        spares->kept = spare->next;
        spares->kept_count--;
        if (!is_spoiled(spares, spare))
            return spare;
        spares->spoiled++;
    }
    return NULL;
}

static void keep(Spares *spares, Spare *spare)
{
    if (spares->watched && spares->kept != NULL) {
        spare->next = NULL;
        spares->last->next = spare;
    } else {
        spare->next = spares->kept;
        spares->kept = spare;
    }
    spares->last = spare;
    spares->kept_count++;
    if (spares->watched) {
        spare->kept = TRUE;
        memset(block_of(spares, spare), NOBODYS, spares->size);
    }
}

void *spares_take(Spares *spares, ULONG limit)
{
    Spare *spare = NULL;
    AcquireSRWLockExclusive(&spares->lock);
    if (spares->taken < limit) {
        spare = take_kept(spares);
        if (spare == NULL) {
            spare = calloc(1, header(spares) + spares->size);
            spares->made++;
        }
    }
    if (spare != NULL) {
        spares->taken++;
        if (spares->watched)
            spare->kept = FALSE;
    }
    ReleaseSRWLockExclusive(&spares->lock);
    return spare == NULL ? NULL : block_of(spares, spare);
}

void spares_give(Spares *spares, void *block)
{
    if (block == NULL)
        return;
    Spare *spare = (Spare *)((char *)block - header(spares));
    AcquireSRWLockExclusive(&spares->lock);
    if (spares->watched && spare->kept) {
        spares->twice++;
        spare = NULL;
    } else {
        spares->taken--;
        if (spares->kept_count < economy.spares) {
            keep(spares, spare);
            spare = NULL;
        }
    }
    ReleaseSRWLockExclusive(&spares->lock);
    free(spare);
}

void spares_free(Spares *spares)
{
    Spare *spare;
    do {
        AcquireSRWLockExclusive(&spares->lock);
        spare = take_kept(spares);
        ReleaseSRWLockExclusive(&spares->lock);
        free(spare);
    } while (spare != NULL);
}
