#include "ring.h"

#include <stdlib.h>
#include <string.h>

DWORD ring_put(Ring *ring, const char *data, size_t size, DWORD *count)
{
    DWORD room = ring->size - ring->used;
    *count = size < room ? (DWORD)size : room;
    if (*count == 0)
        return 0;
    if (ring->block == NULL)
        ring->block = malloc(ring->size);
    if (ring->block == NULL) {
        *count = 0;
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    DWORD end = (DWORD)(((size_t)ring->start + ring->used) % ring->size);
    DWORD first = ring->size - end < *count ? ring->size - end : *count;
    memcpy(ring->block + end, data, first);
    memcpy(ring->block, data + first, *count - first);
    ring->used += *count;
    return 0;
}

DWORD ring_parts(const Ring *ring, WSABUF parts[2])
{
    DWORD first = ring->size - ring->start;
    if (first > ring->used)
        first = ring->used;
    parts[0] = (WSABUF){first, ring->block + ring->start};
    parts[1] = (WSABUF){ring->used - first, ring->block};
    return (first > 0) + (ring->used > first);
}

void ring_drop(Ring *ring, DWORD count)
{
    ring->used -= count;
    ring->start = (DWORD)(((size_t)ring->start + count) % ring->size);
    if (ring->used > 0)
        return;
    free(ring->block);
    ring->block = NULL;
    ring->start = 0;
}
