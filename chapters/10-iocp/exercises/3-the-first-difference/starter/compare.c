#include "compare.h"

#include <stdlib.h>

typedef struct Pair {
    char bytes[2][COMPARE_BLOCK]; /* lent */
    IocpId ids[2];
    DWORD error; /* the first one of its reads */
} Pair;

typedef struct Comparison {
    Iocp iocp;
    IocpHandle files[2];
    unsigned long long sizes[2];
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

/* Reads a piece of both files, and waits for it. */
static DWORD read_pair(Comparison *all, Pair *pair, unsigned long long offset,
                       DWORD size)
{
    int started = 0;
    pair->error = 0;
    for (int i = 0; i < 2 && pair->error == 0; i++) {
        pair->error = iocp_read(&all->files[i], pair->bytes[i], size, offset,
                                pair, &pair->ids[i]);
        started += pair->error == 0;
    }
    for (; started > 0; started--) {
        IocpCompletion completion;
        iocp_get_completion(&all->iocp, &completion, INFINITE);
        DWORD error = completion.error;
        if (error == 0 && completion.bytes < size)
            error = ERROR_HANDLE_EOF;
        if (pair->error == 0)
            pair->error = error;
    }
    return pair->error;
}

/* The first byte in which they differ; size if none does. */
static DWORD first_difference(const Pair *pair, DWORD size)
{
    DWORD i = 0;
    while (i < size && pair->bytes[0][i] == pair->bytes[1][i])
        i++;
    return i;
}

static DWORD compare(Comparison *all, Difference *difference)
{
    unsigned long long end =
        all->sizes[0] < all->sizes[1] ? all->sizes[0] : all->sizes[1];
    unsigned long long at = 0;
    DWORD error = 0, same, size;
    Pair *pair = malloc(sizeof *pair);
    if (pair == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    do {
        unsigned long long left = end - at;
        size = left < COMPARE_BLOCK ? (DWORD)left : COMPARE_BLOCK;
        error = size == 0 ? 0 : read_pair(all, pair, at, size);
        same = error != 0 ? 0 : first_difference(pair, size);
        at += same;
    } while (error == 0 && at < end && same == size);
    difference->found = at < end || all->sizes[0] != all->sizes[1];
    difference->place = at;
    free(pair);
    return error;
}

DWORD compare_files(const wchar_t *one, const wchar_t *other,
                    Difference *difference)
{
    Comparison all = {.files = {{.iocp = NULL}, {.iocp = NULL}}};
    *difference = (Difference){.found = FALSE};
    DWORD error = iocp_create(&all.iocp, 0);
    if (error != 0)
        return error;
    error = open_file(&all, 0, one);
    if (error == 0)
        error = open_file(&all, 1, other);
    if (error == 0)
        error = compare(&all, difference);
    for (int i = 0; i < 2; i++)
        if (all.files[i].iocp != NULL)
            close_handle(all.files[i].handle);
    DWORD closing = iocp_close(&all.iocp);
    return error != 0 ? error : closing;
}
