/* An allocator that finds wrong uses of memory. Each block ends where a page
   ends and the next page can't be touched; a freed block's pages can't be
   touched ever again. Include it in a checker tagged
       // wrap: malloc calloc realloc free */
#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>
#include <string.h>

enum { GUARD_PAGE = 4096, GUARD_BLOCKS = 4096 };

void *__stdcall VirtualAlloc(void *address, size_t size, unsigned long type,
                             unsigned long protection);
int __stdcall VirtualFree(void *address, size_t size, unsigned long type);

typedef struct GuardBlock {
    char *memory;
    size_t size;
    char *pages;
    size_t usable; /* bytes of pages */
    int freed;
} GuardBlock;

static GuardBlock guard_blocks[GUARD_BLOCKS];
static volatile long guard_count;

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);
void __real_free(void *memory);

static GuardBlock *guard_find(const void *memory)
{
    for (long i = guard_count - 1; i >= 0; i--)
        if (guard_blocks[i].memory == memory)
            return &guard_blocks[i];
    return NULL;
}

/* Is this the address of a block that has not been freed? */
__attribute__((unused)) static int guard_lives(const void *memory)
{
    const GuardBlock *block = memory == NULL ? NULL : guard_find(memory);
    return block != NULL && !block->freed;
}

/* How many blocks have not been freed. */
__attribute__((unused)) static int guard_living(void)
{
    int living = 0;
    for (long i = 0; i < guard_count; i++)
        living += guard_blocks[i].memory != NULL && !guard_blocks[i].freed;
    return living;
}

void *__wrap_malloc(size_t size)
{
    const unsigned long reserve = 0x2000, commit = 0x1000, read_write = 4;
    long index = __sync_fetch_and_add(&guard_count, 1);
    if (index >= GUARD_BLOCKS) {
        guard_count = GUARD_BLOCKS;
        return NULL;
    }
    GuardBlock *block = &guard_blocks[index];
    size_t aligned = (size > 0 ? size + 15 : 16) / 16 * 16;
    block->size = size;
    block->usable = (aligned + GUARD_PAGE - 1) / GUARD_PAGE * GUARD_PAGE;
    block->pages =
        VirtualAlloc(NULL, block->usable + GUARD_PAGE, reserve, read_write);
    if (block->pages == NULL ||
        VirtualAlloc(block->pages, block->usable, commit, read_write) == NULL)
        return NULL;
    block->memory = block->pages + block->usable - aligned;
    memset(block->memory, 0xA5, aligned); /* nobody is to count on zeros */
    return block->memory;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *memory = __wrap_malloc(count * size);
    if (memory != NULL)
        memset(memory, 0, count * size);
    return memory;
}

void __wrap_free(void *memory)
{
    const unsigned long decommit = 0x4000;
    GuardBlock *block = memory == NULL ? NULL : guard_find(memory);
    if (block == NULL) {
        __real_free(memory); /* the C library's own */
        return;
    }
    if (block->freed)
        *(volatile char *)memory = 0; /* freed twice: crashes here */
    block->freed = 1;
    VirtualFree(block->pages, block->usable, decommit);
}

void *__wrap_realloc(void *memory, size_t size)
{
    void *larger = __wrap_malloc(size);
    const GuardBlock *block = memory == NULL ? NULL : guard_find(memory);
    if (larger == NULL || block == NULL)
        return larger;
    memcpy(larger, memory, block->size < size ? block->size : size);
    __wrap_free(memory);
    return larger;
}

#endif
