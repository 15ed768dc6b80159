#include "inflight.h"

#include <stdlib.h>

_Static_assert(offsetof(IocpOperation, overlapped) == 0,
               "overlapped must be the first member of IocpOperation");

/* An id is a serial number and, in its lower bits, the place. */
enum { PLACE_BITS = 21 };
_Static_assert((uint64_t)IN_FLIGHT_FIRST << IN_FLIGHT_BLOCKS <=
                   (uint64_t)1 << PLACE_BITS,
               "every place must fit into an id");

static ULONG size_of_block(int block)
{
    return (ULONG)IN_FLIGHT_FIRST << block;
}

static DWORD add_block(InFlight *all)
{
    if (all->blocks == IN_FLIGHT_BLOCKS)
        return ERROR_NO_SYSTEM_RESOURCES;
    ULONG size = size_of_block(all->blocks);
    IocpOperation *block = calloc(size, sizeof *block);
    if (block == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (ULONG i = size; i-- > 0;) {
        /* The blocks before have size - IN_FLIGHT_FIRST in all. */
        block[i].place = size - IN_FLIGHT_FIRST + i;
        block[i].next = all->free;
        all->free = &block[i];
    }
    all->block[all->blocks++] = block;
    return 0;
}

DWORD in_flight_add(InFlight *all, IocpOperation content, IocpOperation **added)
{
    if (all->free == NULL) {
        DWORD error = add_block(all);
        if (error != 0)
            return error;
    }
    IocpOperation *operation = all->free;
    all->free = operation->next;
    content.place = operation->place;
    content.id = ++all->ever << PLACE_BITS | content.place;
    *operation = content;
    all->count++;
    *added = operation;
    return 0;
}

void in_flight_remove(InFlight *all, IocpOperation *operation)
{
    operation->id = 0;
    operation->next = all->free;
    all->free = operation;
    all->count--;
}

IocpOperation *in_flight_by_id(InFlight *all, IocpId id)
{
    ULONG place = (ULONG)(id & (((IocpId)1 << PLACE_BITS) - 1));
    for (int i = 0; i < all->blocks; place -= size_of_block(i++))
        if (place < size_of_block(i)) {
            IocpOperation *operation = &all->block[i][place];
            return id != 0 && operation->id == id ? operation : NULL;
        }
    return NULL;
}

IocpOperation *in_flight_by_packet(InFlight *all, const OVERLAPPED *overlapped)
{
    for (int i = 0; i < all->blocks; i++) {
        uintptr_t start = (uintptr_t)all->block[i];
        uintptr_t offset = (uintptr_t)overlapped - start; /* huge if before */
        size_t place = offset / sizeof(IocpOperation);
        if (place >= size_of_block(i) || offset % sizeof(IocpOperation) != 0)
            continue;
        IocpOperation *operation = &all->block[i][place];
        return operation->id != 0 ? operation : NULL;
    }
    return NULL;
}

void in_flight_end(InFlight *all)
{
    while (all->blocks > 0)
        free(all->block[--all->blocks]);
    all->free = NULL;
}
