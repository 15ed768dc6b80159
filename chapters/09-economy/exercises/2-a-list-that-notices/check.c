// wrap: calloc malloc realloc free
// sizes: Spares Spares.size Spares.watched Spares.taken Spares.made Spares.spoiled Spares.twice
/* Takes blocks, gives them back, and writes where nobody should. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "spares.h"

/* A point only where it does not hold: what is looked at a thousand times. */
#define must(held, ...)           \
    do {                          \
        if (!(held))              \
            need(0, __VA_ARGS__); \
    } while (0)

enum { SIZE = 100, LIMIT = 50, MANY = 6, BLOCKS = 512 };

extern const unsigned long long size_of_Spares, offset_of_Spares_size,
    offset_of_Spares_watched, offset_of_Spares_taken, offset_of_Spares_made,
    offset_of_Spares_spoiled, offset_of_Spares_twice;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

/* What was allocated. Freed blocks stay as they are: a write to one does no harm
   here, and what is freed can be told. */
static struct {
    char *memory;
    size_t size;
    BOOL freed;
} blocks[BLOCKS];
static int block_count;
static Spares *spares;
static char *taken[MANY];

static void *note(void *memory, size_t size)
{
    if (check_table == NULL || block_count == BLOCKS)
        return memory;
    blocks[block_count].memory = memory;
    blocks[block_count].size = size;
    blocks[block_count++].freed = FALSE;
    return memory;
}

void *__wrap_malloc(size_t size)
{
    void *memory = __real_malloc(size);
    return memory == NULL ? NULL : note(memset(memory, 0x5A, size), size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *memory = __real_calloc(count, size);
    return memory == NULL ? NULL : note(memory, count * size);
}

static int block_with(const void *memory)
{
    for (int i = 0; i < block_count; i++)
        if ((uintptr_t)memory - (uintptr_t)blocks[i].memory < blocks[i].size)
            return i;
    return -1;
}

void __wrap_free(void *memory)
{
    int i = memory == NULL ? -1 : block_with(memory);
    if (i < 0) {
        __real_free(memory);
        return;
    }
    must(memory == blocks[i].memory, "what is freed was allocated",
         "free was given an address %lu bytes into a block",
         (DWORD)((char *)memory - blocks[i].memory));
    must(!blocks[i].freed, "nothing is freed twice", "a block was freed twice");
    blocks[i].freed = TRUE;
}

void *__wrap_realloc(void *memory, size_t size)
{
    void *larger = __wrap_malloc(size);
    int i = memory == NULL ? -1 : block_with(memory);
    if (larger != NULL && i >= 0) {
        memcpy(larger, memory, blocks[i].size < size ? blocks[i].size : size);
        __wrap_free(memory);
    }
    return larger;
}

static BOOL is_freed(const char *block)
{
    int i = block_with(block);
    require(i >= 0, "spares_take gave a block that nobody allocated");
    return blocks[i].freed;
}

static ULONG value(unsigned long long offset)
{
    return *(ULONG *)((char *)spares + offset);
}

#define VALUE(name) value(offset_of_Spares_##name)

static void begin(BOOL watched)
{
    economy.spares = MANY;
    block_count = 0;
    spares = __real_calloc(1, (size_t)size_of_Spares);
    require(spares != NULL, "no memory");
    *(size_t *)((char *)spares + offset_of_Spares_size) = SIZE;
    *(BOOL *)((char *)spares + offset_of_Spares_watched) = watched;
}

static char *take(void)
{
    char *block = spares_take(spares, LIMIT);
    must(block != NULL, "there is a block to be had",
         "spares_take gave NULL with %lu taken and a limit of %d", VALUE(taken),
         LIMIT);
    int i = block_with(block);
    must(i >= 0 && !blocks[i].freed &&
             block + SIZE <= blocks[i].memory + blocks[i].size,
         "a block has its size",
         "spares_take gave a block of less than %d bytes, or a freed one",
         SIZE);
    must((uintptr_t)block % 8 == 0, "a block is aligned",
         "spares_take gave the address %p", (void *)block);
    return block;
}

static void take_all(void)
{
    for (int i = 0; i < MANY; i++)
        taken[i] = memset(take(), i, SIZE);
}

static void give_all(void)
{
    for (int i = 0; i < MANY; i++)
        spares_give(spares, taken[i]);
}

/* Changes one byte of a block that is on the list. */
static void spoil(int place, int with)
{
    begin(TRUE);
    take_all();
    give_all();
    int is = (unsigned char)taken[2][place];
    if (is == with)
        return;
    taken[2][place] = (char)with;
    for (int i = 0; i < MANY; i++) {
        const char *block = take();
        if (block == taken[2])
            need(0, "what was written to is not handed out",
                 "byte %d of a block on the list was changed from 0x%02x to "
                 "0x%02x, and spares_take handed it out%s",
                 place, is, with,
                 VALUE(spoiled) > 0 ? ", counted as spoiled: who else has it?"
                                    : ". How would that show?");
    }
    if (VALUE(spoiled) != 1)
        need(0, "one block is counted",
             "byte %d of a block was changed, and all were taken: spoiled is "
             "%lu",
             place, VALUE(spoiled));
    if (VALUE(taken) != MANY)
        need(0, "taken is what was taken",
             "%d blocks were taken while one was spoiled, and taken is %lu",
             MANY, VALUE(taken));
    if (is_freed(taken[2]))
        need(0, "what is in use is not freed",
             "a block was written to while on the list, and freed when that "
             "showed: what will he do next who has written?");
}

static void check_spoiled(void)
{
    static const int values[] = {0, 0xFF, 0x41};
    stage("a byte is written to");
    for (int place = SIZE - 1; place >= 0; place--)
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            spoil(place, values[i]);
    expect(VALUE(spoiled) == 1, "each byte is looked at",
           "the first byte of a block was changed, and spoiled is %lu",
           VALUE(spoiled));
    begin(TRUE);
    take_all();
    give_all();
    int first = (unsigned char)taken[2][0];
    stage("a byte is written to, a little");
    for (int bit = 0; bit < 8; bit++)
        spoil(0, first ^ 1 << bit);
    stage("a whole block is written to");
    begin(TRUE);
    take_all();
    give_all();
    memset(taken[0], 0x11, SIZE);
    memset(taken[5], 0, SIZE);
    for (int i = 0; i < MANY; i++)
        take();
    need(VALUE(spoiled) == 2, "the list outlives it",
         "two of %d blocks were written to from end to end, and spoiled is %lu",
         MANY, VALUE(spoiled));
}

static void check_free(void)
{
    stage("spares_free with a block that was written to");
    begin(TRUE);
    take_all();
    give_all();
    taken[1][50]++;
    spares_free(spares);
    need(VALUE(spoiled) == 1, "it is looked at as well",
         "a block on the list had been written to when spares_free was "
         "called, and spoiled is %lu: when would it be noticed?",
         VALUE(spoiled));
    need(!is_freed(taken[1]), "and not freed",
         "spares_free freed a block that somebody writes to");
    int freed = 0;
    for (int i = 0; i < MANY; i++)
        freed += is_freed(taken[i]);
    need(freed == MANY - 1, "the others are",
         "of %d others spares_free freed %d", MANY - 1, freed);
    take();
    need(VALUE(taken) == 1, "and the list begins anew",
         "a block was taken after spares_free, and taken is %lu", VALUE(taken));
}

static void check_twice(void)
{
    stage("a block is given back twice");
    begin(TRUE);
    take_all();
    for (int i = 0; i < MANY; i++)
        if (i != 3)
            spares_give(spares, taken[i]);
    spares_give(spares, taken[1]);
    spares_give(spares, taken[4]);
    spares_give(spares, taken[4]);
    need(VALUE(twice) == 3, "it is counted",
         "blocks were given back three times more than they were taken, and "
         "twice is %lu",
         VALUE(twice));
    need(VALUE(taken) == 1, "and gives nothing back",
         "one block is still somebody's, and taken is %lu", VALUE(taken));
    char *again[MANY];
    for (int i = 0; i < MANY - 1; i++)
        again[i] = take();
    for (int i = 0; i < MANY - 1; i++)
        for (int j = 0; j < i; j++)
            if (again[i] == again[j])
                need(0, "it is there once",
                     "two who took a block got the same");
    need(VALUE(spoiled) == 0, "and is whole",
         "nobody wrote to anything, and spoiled is %lu", VALUE(spoiled));
    stage("a block that looks like one on the list");
    spares_give(spares, again[0]);
    memcpy(again[1], again[0], SIZE);
    spares_give(spares, again[1]);
    need(VALUE(twice) == 3 && VALUE(taken) == 4, "is given back like any other",
         "a block that had the same bytes as one on the list was given back, "
         "once; twice is %lu and taken %lu. By what does the list know its "
         "own?",
         VALUE(twice), VALUE(taken));
}

static void check_order(void)
{
    stage("the order");
    begin(TRUE);
    take_all();
    give_all();
    for (int i = 0; i < MANY; i++) {
        const char *block = take();
        int which = 0;
        while (which < MANY && taken[which] != block)
            which++;
        if (which != i)
            need(0, "first in, first out",
                 "of blocks 0 to %d, given back in this order, number %d was "
                 "handed out when it was number %d's turn: which of them has "
                 "been watched for longest?",
                 MANY - 1, which, i);
    }
    expect(VALUE(made) == MANY, "none is made in vain",
           "%d blocks do, and memory was asked for %lu times", MANY,
           VALUE(made));
    stage("the bounds");
    begin(TRUE);
    economy.spares = 2;
    take_all();
    give_all();
    int living = 0;
    for (int i = 0; i < MANY; i++)
        living += !is_freed(taken[i]);
    expect(living == 2 && VALUE(taken) == 0, "economy.spares is kept to",
           "with economy.spares 2, %d of %d blocks given back were kept",
           living, MANY);
    for (int i = 0; i < LIMIT; i++)
        take();
    expect(spares_take(spares, LIMIT) == NULL, "and the limit",
           "with a limit of %d, one more was handed out", LIMIT);
    spares_give(spares, NULL);
    expect(VALUE(taken) == LIMIT, "NULL is nothing",
           "after spares_give(NULL), taken is %lu", VALUE(taken));
}

static void check_unwatched(void)
{
    stage("what isn't watched");
    begin(FALSE);
    take_all();
    spares_give(spares, taken[0]);
    spares_give(spares, taken[1]);
    int touched = 0;
    for (int i = sizeof(void *); i < SIZE; i++)
        touched += taken[0][i] != 0 || taken[1][i] != 1;
    expect(touched == 0, "is left alone",
           "%d bytes of blocks that aren't watched were written to", touched);
    taken[1][SIZE / 2]++;
    expect(take() == taken[1] && take() == taken[0], "the newest comes first",
           "of two blocks that aren't watched, the older one was handed out "
           "first, though the other is still in the cache");
    expect(VALUE(spoiled) == 0, "and nothing is counted",
           "spoiled is %lu, and nobody asked for it", VALUE(spoiled));
}

void examine(const Checker *table)
{
    BEGIN(table);
    check_spoiled();
    check_free();
    check_twice();
    check_order();
    check_unwatched();
}
