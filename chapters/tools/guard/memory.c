/* malloc, calloc, realloc and free in front of the C library's. Every block
   ends where a page ends and the next page is inaccessible; a freed block
   becomes inaccessible itself, and its pages are not used again while there
   are others. A block that is lent is not to be freed, nor moved. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "inside.h"

#define CALLER ((void **)__builtin_dwarf_cfa() - 1)

enum { ALIGN = 16, SLACK = 0xFD };
#define ARENA ((size_t)1 << (sizeof(void *) == 8 ? 34 : 29))
#define ARENA_PAGES (ARENA / PAGE)

typedef struct Block {
    struct Block *next_freed;
    char *start;
    size_t size;
    char *pages;
    size_t span; /* bytes of pages, with the inaccessible one */
    int freed;
    Place place; /* that freed it */
} Block;

int (*guard_refuse)(const char *call);

static SRWLOCK heap_lock = SRWLOCK_INIT;
static char *arena;
static size_t unused;  /* its part that was never used begins here */
static Block **blocks; /* by the number of a block's first page */
static Block *freed_first, *freed_last;
static volatile LONG living;

static int is_ours(const void *address)
{
    return arena != NULL && (const char *)address >= arena &&
           (const char *)address < arena + ARENA;
}

/* The block whose pages these are, or NULL. */
static Block *block_at(const void *address)
{
    size_t page = (size_t)((const char *)address - arena) / PAGE;
    while (page > 0 && blocks[page] == NULL)
        page--;
    return blocks[page];
}

static LONG WINAPI crashed(EXCEPTION_POINTERS *crash)
{
    const EXCEPTION_RECORD *record = crash->ExceptionRecord;
    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION ||
        !is_ours((void *)record->ExceptionInformation[1]))
        return EXCEPTION_CONTINUE_SEARCH;
    Place here;
    here.depth = intercept_callers_in(crash->ContextRecord, NULL, here.offsets,
                                      PLACE_DEPTH);
    Block *block = block_at((void *)record->ExceptionInformation[1]);
    int writes = record->ExceptionInformation[0] == 1;
    if (block == NULL)
        fault(RULE_HEAP, &here, NULL, NULL, NULL, "%s no block of memory",
              writes ? "writes to" : "reads");
    if (block->freed)
        fault(RULE_HEAP, &here, NULL, "freed", &block->place,
              "%s a block that has been freed", writes ? "writes to" : "reads");
    fault(RULE_HEAP, &here, NULL, NULL, NULL,
          "%s past the end of a block of %llu bytes",
          writes ? "writes" : "reads", (unsigned long long)block->size);
}

static void make_arena(void)
{
    arena = VirtualAlloc(NULL, ARENA, MEM_RESERVE, PAGE_NOACCESS);
    blocks = VirtualAlloc(NULL, ARENA_PAGES * sizeof *blocks,
                          MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (arena == NULL || blocks == NULL) {
        fputs("guard: no address space for its heap\n", stderr);
        TerminateProcess(GetCurrentProcess(), 255);
    }
    AddVectoredExceptionHandler(1, crashed);
}

/* Pages that were never used, or else those that were freed longest ago. */
static Block *take_pages(size_t span)
{
    Block *block = NULL;
    AcquireSRWLockExclusive(&heap_lock);
    if (arena == NULL)
        make_arena();
    if (unused + span <= ARENA) {
        block = own(sizeof *block);
        block->pages = arena + unused;
        block->span = span;
        unused += span;
        blocks[(size_t)(block->pages - arena) / PAGE] = block;
    } else {
        Block **at = &freed_first, *before = NULL;
        while (*at != NULL && (*at)->span != span) {
            before = *at;
            at = &(*at)->next_freed;
        }
        block = *at;
        if (block != NULL) {
            *at = block->next_freed;
            if (freed_last == block)
                freed_last = before;
        }
    }
    ReleaseSRWLockExclusive(&heap_lock);
    return block;
}

static size_t room_of(size_t size)
{
    return (size + ALIGN - 1) / ALIGN * ALIGN;
}

static void *allocate(size_t size)
{
    if (size > ARENA / 2)
        return NULL;
    size_t room = room_of(size > 0 ? size : 1);
    size_t usable = (room + PAGE - 1) / PAGE * PAGE;
    Block *block = take_pages(usable + PAGE);
    if (block == NULL ||
        VirtualAlloc(block->pages, usable, MEM_COMMIT, PAGE_READWRITE) == NULL)
        return NULL;
    block->start = block->pages + usable - room;
    block->size = size;
    block->freed = 0;
    memset(block->start + size, SLACK, room - size);
    InterlockedIncrement(&living);
    return block->start;
}

static void release(const void *caller, char *memory)
{
    Place here = place_of(caller);
    Block *block = block_at(memory);
    if (block == NULL || block->start != memory)
        fault(RULE_HEAP, &here, NULL, NULL, NULL, "frees what is no block");
    if (block->freed)
        fault(RULE_HEAP, &here, NULL, "freed", &block->place,
              "frees a block a second time");
    for (char *end = memory + block->size;
         end < block->pages + block->span - PAGE; end++)
        if (*(unsigned char *)end != SLACK)
            fault(RULE_HEAP, &here, NULL, NULL, NULL,
                  "frees a block of %llu bytes that was written past its end",
                  (unsigned long long)block->size);
    freed_while_lent(caller, memory, block->size);
    VirtualFree(block->pages, block->span - PAGE, MEM_DECOMMIT);
    InterlockedDecrement(&living);
    AcquireSRWLockExclusive(&heap_lock);
    block->freed = 1;
    block->place = here;
    block->next_freed = NULL;
    if (freed_last != NULL)
        freed_last->next_freed = block;
    else
        freed_first = block;
    freed_last = block;
    ReleaseSRWLockExclusive(&heap_lock);
}

/* What the C library itself has allocated, as strdup does, is its own. */
static void *library(const char *name)
{
#ifdef _UCRT
    return (void *)GetProcAddress(GetModuleHandleA("ucrtbase.dll"), name);
#else
    return (void *)GetProcAddress(GetModuleHandleA("msvcrt.dll"), name);
#endif
}

static int refused(const char *call)
{
    if (guard_refuse == NULL || !guard_refuse(call))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return refused("malloc") ? NULL : allocate(size);
}

void *calloc(size_t count, size_t size)
{
    if (refused("calloc") || (size > 0 && count > SIZE_MAX / size))
        return NULL;
    return allocate(count * size); /* pages come zeroed */
}

void free(void *memory)
{
    if (memory == NULL)
        return;
    if (is_ours(memory))
        release(CALLER, memory);
    else
        ((void (*)(void *))library("free"))(memory);
}

/* Always moves, so that an old pointer is found out. */
void *realloc(void *memory, size_t size)
{
    if (refused("realloc"))
        return NULL;
    if (memory != NULL && !is_ours(memory))
        return ((void *(*)(void *, size_t))library("realloc"))(memory, size);
    if (memory == NULL)
        return allocate(size);
    Block *block = block_at(memory);
    if (block == NULL || block->start != memory || block->freed)
        release(CALLER, memory); /* which tells of it */
    freed_while_lent(CALLER, memory, block->size);
    if (size == 0) {
        release(CALLER, memory);
        return NULL;
    }
    char *moved = allocate(size);
    if (moved == NULL)
        return NULL;
    memcpy(moved, memory, block->size < size ? block->size : size);
    release(CALLER, memory);
    return moved;
}

/* By these the functions are called where they are declared dllimport. */
#ifdef _WIN64
#define IMPORT(name) __asm__("__imp_" #name)
#else
#define IMPORT(name) __asm__("__imp__" #name)
#endif
extern void *(*const import_malloc)(size_t)IMPORT(malloc);
extern void *(*const import_calloc)(size_t, size_t)IMPORT(calloc);
extern void *(*const import_realloc)(void *, size_t)IMPORT(realloc);
extern void (*const import_free)(void *) IMPORT(free);
void *(*const import_malloc)(size_t) = malloc;
void *(*const import_calloc)(size_t, size_t) = calloc;
void *(*const import_realloc)(void *, size_t) = realloc;
void (*const import_free)(void *) = free;

int guard_living(void)
{
    return (int)living;
}

int guard_lives(const void *memory)
{
    if (!is_ours(memory))
        return 0;
    const Block *block = block_at(memory);
    return block != NULL && block->start == memory && !block->freed;
}
