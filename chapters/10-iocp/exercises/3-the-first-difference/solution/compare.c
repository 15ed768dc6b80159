#include "compare.h"

#include <stdlib.h>

enum { PAIRS = COMPARE_READS / 2 };

/* A piece of both files. */
typedef struct Pair {
    char bytes[2][COMPARE_BLOCK]; /* lent */
    IocpId ids[2];
    unsigned long long offset;
    DWORD size;
    int in_flight; /* of its reads */
    DWORD error;   /* the first one of them */
} Pair;

typedef struct Comparison {
    Iocp iocp;
    IocpHandle files[2];
    unsigned long long sizes[2];
    unsigned long long given; /* so much has been given to pairs */
    unsigned long long end;   /* no difference is to be found from here on */
    DWORD error;              /* why that is so, if no difference made it so */
    int busy;                 /* pairs with reads in flight */
    Pair pairs[PAIRS];
} Comparison;

static DWORD open_file(Comparison *all, int which, const wchar_t *name)
{
    HANDLE file;
    DWORD error = open_existing(name, GENERIC_READ, &file);
    if (error != 0)
        return error;
    error = file_size(file, &all->sizes[which]);
    if (error == 0)
        error = iocp_add_handle(&all->iocp, file, 0, &all->files[which]);
    if (error != 0) {
        all->files[which].iocp = NULL;
        close_handle(file);
    }
    return error;
}

/* The first byte in which they differ; its size if none does. */
static DWORD first_difference(const Pair *pair)
{
    DWORD i = 0;
    while (i < pair->size && pair->bytes[0][i] == pair->bytes[1][i])
        i++;
    return i;
}

/* Nothing from place on matters any more. A wish: the completions come. */
static void end_at(Comparison *all, unsigned long long place, DWORD error)
{
    all->end = place;
    all->error = error;
    for (int i = 0; i < PAIRS; i++)
        if (all->pairs[i].in_flight > 0 && all->pairs[i].offset >= place)
            for (int j = 0; j < 2; j++)
                iocp_cancel(&all->iocp, all->pairs[i].ids[j]);
}

/* Both reads of the pair have ended. */
static void judge(Comparison *all, const Pair *pair)
{
    if (pair->offset >= all->end)
        return;
    DWORD same = pair->error != 0 ? 0 : first_difference(pair);
    if (same < pair->size)
        end_at(all, pair->offset + same, pair->error);
}

/* Has the pair's reads started, as many as can be. */
static void start(Comparison *all, Pair *pair)
{
    for (int i = 0; i < 2 && pair->error == 0; i++) {
        pair->error = iocp_read(&all->files[i], pair->bytes[i], pair->size,
                                pair->offset, pair, &pair->ids[i]);
        pair->in_flight += pair->error == 0;
    }
}

/* Gives the pair one piece after the other until one is in flight, or none is
   left. */
static void give(Comparison *all, Pair *pair)
{
    while (pair->in_flight == 0 && all->given < all->end) {
        unsigned long long left = all->end - all->given;
        pair->offset = all->given;
        pair->size = left < COMPARE_BLOCK ? (DWORD)left : COMPARE_BLOCK;
        pair->error = 0;
        pair->ids[0] = pair->ids[1] = 0;
        all->given += pair->size;
        start(all, pair);
        if (pair->in_flight == 0)
            judge(all, pair);
    }
    all->busy += pair->in_flight > 0;
}

static void advance(Comparison *all, const IocpCompletion *completion)
{
    Pair *pair = completion->context;
    if (pair->error == 0)
        pair->error = completion->error;
    if (pair->error == 0 && completion->bytes < pair->size)
        pair->error = ERROR_HANDLE_EOF;
    if (--pair->in_flight > 0)
        return;
    all->busy--;
    judge(all, pair);
    give(all, pair);
}

static DWORD compare(Comparison *all, Difference *difference)
{
    unsigned long long shorter =
        all->sizes[0] < all->sizes[1] ? all->sizes[0] : all->sizes[1];
    all->end = shorter;
    for (int i = 0; i < PAIRS; i++)
        give(all, &all->pairs[i]);
    while (all->busy > 0) {
        IocpCompletion completion;
        if (iocp_get_completion(&all->iocp, &completion, INFINITE) == 0)
            advance(all, &completion);
    }
    difference->found = all->end < shorter || all->sizes[0] != all->sizes[1];
    difference->place = all->end;
    return all->error;
}

DWORD compare_files(const wchar_t *one, const wchar_t *other,
                    Difference *difference)
{
    *difference = (Difference){.found = FALSE};
    Comparison *all = calloc(1, sizeof *all);
    if (all == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = iocp_create(&all->iocp, 0);
    if (error != 0) {
        free(all);
        return error;
    }
    error = open_file(all, 0, one);
    if (error == 0)
        error = open_file(all, 1, other);
    if (error == 0)
        error = compare(all, difference);
    for (int i = 0; i < 2; i++)
        if (all->files[i].iocp != NULL)
            close_handle(all->files[i].handle);
    DWORD closing = iocp_close(&all->iocp);
    free(all);
    return error != 0 ? error : closing;
}
