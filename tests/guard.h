/* An allocator for tests of lifetimes, to be linked with
     // wrap: calloc malloc realloc free
   Every block ends where a page ends and the next page is inaccessible; a freed
   block becomes inaccessible itself, and its address is not used again.
   Touching either ends the program with a line that says so.
   That is for what the program touches. The system may write to a page by other
   ways, or be refused without a sound, so what is lent to it is kept in a list,
   and freeing a block that is still lent is counted in guard_faults. */
#ifndef GUARD_H
#define GUARD_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ffi.h"

void *WINAPI VirtualAlloc(void *address, size_t size, DWORD type, DWORD access);
BOOL WINAPI VirtualFree(void *address, size_t size, DWORD type);
BOOL WINAPI VirtualProtect(void *address, size_t size, DWORD access,
                           DWORD *before);
void WINAPI Sleep(DWORD milliseconds);

void *__real_realloc(void *, size_t);
void __real_free(void *);

enum {
    GUARD_PAGE = 4096,
    GUARD_ALIGN = 16,
    GUARD_FREED = 0xDD,    /* what a freed block is filled with */
    GUARD_SLACK = 0xFD,    /* between a block and the end of its page */
    GUARD_QUARANTINE = 64, /* freed blocks whose content is still watched */
    GUARD_LENT = 4096,
    GUARD_COMMIT = 0x1000,
    GUARD_RESERVE = 0x2000,
    GUARD_DECOMMIT = 0x4000,
    GUARD_NO_ACCESS = 1,
    GUARD_READ_ONLY = 2,
    GUARD_READ_WRITE = 4
};

#define GUARD_ARENA ((size_t)1 << (sizeof(void *) == 8 ? 32 : 28))
#define GUARD_LIVE_MARK 0x4c495645 /* in the head of a block in use */

/* Stands directly before a block. */
typedef struct GuardHead {
    size_t size;
    size_t mark;
} GuardHead;

typedef struct GuardPages {
    char *start;
    size_t size;
} GuardPages;

typedef struct GuardLoan {
    const void *key;
    const char *start;
    size_t size;
} GuardLoan;

static char *guard_arena;
static size_t guard_next;
static atomic_int guard_live;   /* blocks in use */
static atomic_int guard_faults; /* things that must not happen */
static int guard_quiet;         /* for tests of the guard itself */
static BOOL (*guard_refuse)(const char *call); /* has allocations fail */
static GuardPages guard_quarantine[GUARD_QUARANTINE];
static unsigned guard_freed;
static GuardLoan guard_loans[GUARD_LENT];
static int guard_loan_count;
static atomic_flag guard_flag = ATOMIC_FLAG_INIT;

static inline void guard_lock(void)
{
    while (atomic_flag_test_and_set(&guard_flag))
        Sleep(0);
}

static inline void guard_unlock(void)
{
    atomic_flag_clear(&guard_flag);
}

static inline void guard_fault(const char *what, const void *where)
{
    guard_faults++;
    if (!guard_quiet)
        printf("# %s: %p\n", what, where);
    fflush(stdout);
}

__attribute__((noreturn)) static inline void guard_die(const char *why)
{
    if (!guard_quiet)
        printf("not ok - guard: %s\n", why);
    fflush(stdout);
    _Exit(255);
}

/* The crash handler: one line instead of a page of registers. */
typedef struct GuardCrash {
    struct {
        DWORD code;
        DWORD flags;
        void *nested;
        void *address;
        DWORD count;
        ULONG_PTR information[15];
    } * record;
    void *context;
} GuardCrash;

void *WINAPI AddVectoredExceptionHandler(ULONG first,
                                         long(WINAPI *handler)(GuardCrash *));

static inline int guard_owns(const void *address)
{
    return guard_arena != NULL && (const char *)address >= guard_arena &&
           (const char *)address < guard_arena + GUARD_ARENA;
}

static inline long WINAPI guard_crash(GuardCrash *crash)
{
    enum { CONTINUE_SEARCH = 0 };
    if (crash->record->code != 0xC0000005 ||
        !guard_owns((void *)crash->record->information[1]))
        return CONTINUE_SEARCH;
    guard_die("touched memory that is freed or past the end of a block");
}

static inline size_t guard_room(size_t size)
{
    return (size + GUARD_ALIGN - 1) / GUARD_ALIGN * GUARD_ALIGN;
}

/* The size of the pages of a block: its head, and the block to their end. */
static inline size_t guard_span(size_t size)
{
    size_t needed = sizeof(GuardHead) + guard_room(size);
    return (needed + GUARD_PAGE - 1) / GUARD_PAGE * GUARD_PAGE;
}

/* Takes address space that has not been used before. */
static inline char *guard_reserve(size_t span)
{
    guard_lock();
    if (guard_arena == NULL) {
        guard_arena =
            VirtualAlloc(NULL, GUARD_ARENA, GUARD_RESERVE, GUARD_NO_ACCESS);
        AddVectoredExceptionHandler(1, guard_crash);
    }
    size_t offset = guard_next;
    guard_next += span + GUARD_PAGE;
    guard_unlock();
    if (guard_arena == NULL || offset + span > GUARD_ARENA - GUARD_PAGE)
        guard_die("no address space left");
    return guard_arena + offset;
}

static inline void *guard_allocate(size_t size)
{
    size_t span = guard_span(size), room = guard_room(size);
    char *pages = guard_reserve(span);
    if (VirtualAlloc(pages, span, GUARD_COMMIT, GUARD_READ_WRITE) == NULL)
        return NULL;
    char *block = pages + span - room;
    ((GuardHead *)block)[-1] = (GuardHead){size, GUARD_LIVE_MARK};
    memset(block + size, GUARD_SLACK, room - size);
    guard_live++;
    return block;
}

static inline int guard_filled(const char *start, size_t size, int with)
{
    while (size > 0 && (unsigned char)start[size - 1] == with)
        size--;
    return size == 0;
}

/* Looks whether anyone wrote into freed pages, and gives the memory back. */
static inline void guard_give_back(GuardPages pages)
{
    DWORD before;
    if (pages.start == NULL)
        return;
    VirtualProtect(pages.start, pages.size, GUARD_READ_ONLY, &before);
    if (!guard_filled(pages.start, pages.size, GUARD_FREED))
        guard_fault("freed memory was written to", pages.start);
    VirtualFree(pages.start, pages.size, GUARD_DECOMMIT);
}

/* Gives back every freed page; to be called before guard_faults is judged. */
static inline void guard_settle(void)
{
    for (int i = 0; i < GUARD_QUARANTINE; i++) {
        guard_lock();
        GuardPages pages = guard_quarantine[i];
        guard_quarantine[i].start = NULL;
        guard_unlock();
        guard_give_back(pages);
    }
}

static inline void guard_check_loans(const char *start, size_t size)
{
    int lent = 0;
    guard_lock();
    for (int i = 0; i < guard_loan_count; i++)
        lent |= guard_loans[i].start < start + size &&
                start < guard_loans[i].start + guard_loans[i].size;
    guard_unlock();
    if (lent)
        guard_fault("freed while the system owns it", start);
}

static inline void guard_free(char *block)
{
    DWORD before;
    GuardHead head = ((GuardHead *)block)[-1];
    if (head.mark != GUARD_LIVE_MARK)
        guard_die("freed what is no block");
    GuardPages pages = {.size = guard_span(head.size)};
    pages.start = block + guard_room(head.size) - pages.size;
    if (!guard_filled(block + head.size,
                      (size_t)(pages.start + pages.size - block) - head.size,
                      GUARD_SLACK))
        guard_fault("written past the end of a block", block);
    guard_check_loans(block, head.size);
    memset(pages.start, GUARD_FREED, pages.size);
    VirtualProtect(pages.start, pages.size, GUARD_NO_ACCESS, &before);
    guard_live--;
    guard_lock();
    GuardPages *slot = &guard_quarantine[guard_freed++ % GUARD_QUARANTINE];
    GuardPages oldest = *slot;
    *slot = pages;
    guard_unlock();
    guard_give_back(oldest);
}

/* Notes what the system owns from now on, under a key. */
static inline void guard_lend(const void *key, const void *start, size_t size)
{
    guard_lock();
    int full = guard_loan_count == GUARD_LENT;
    if (!full)
        guard_loans[guard_loan_count++] = (GuardLoan){key, start, size};
    guard_unlock();
    if (full)
        guard_die("too much is lent");
}

/* Everything under the key is ours again. Returns how many loans that were. */
static inline int guard_take_back(const void *key)
{
    int found = 0;
    guard_lock();
    for (int i = 0; i < guard_loan_count;)
        if (guard_loans[i].key == key) {
            guard_loans[i] = guard_loans[--guard_loan_count];
            found++;
        } else {
            i++;
        }
    guard_unlock();
    return found;
}

/* What the linker puts in the place of the C library's functions. */

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

void *__wrap_malloc(size_t size)
{
    if (guard_refuse != NULL && guard_refuse("malloc"))
        return NULL;
    return guard_allocate(size);
}

/* Pages come zeroed. */
void *__wrap_calloc(size_t count, size_t size)
{
    if (guard_refuse != NULL && guard_refuse("calloc"))
        return NULL;
    if (size > 0 && count > SIZE_MAX / size)
        return NULL;
    return guard_allocate(count * size);
}

void __wrap_free(void *block)
{
    if (guard_owns(block))
        guard_free(block);
    else
        __real_free(block); /* the C library's own */
}

/* Always moves, so that an old pointer is found out. */
void *__wrap_realloc(void *block, size_t size)
{
    if (guard_refuse != NULL && guard_refuse("realloc"))
        return NULL;
    if (block != NULL && !guard_owns(block))
        return __real_realloc(block, size);
    char *moved = guard_allocate(size);
    if (moved == NULL || block == NULL)
        return moved;
    size_t before = ((GuardHead *)block)[-1].size;
    memcpy(moved, block, before < size ? before : size);
    guard_free(block);
    return moved;
}

#endif
