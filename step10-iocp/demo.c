#include "demo.h"

#include <direct.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "copy.h"
#include "pipes.h"

enum { FOLDERS = 4, PER_FOLDER = 10, NAME = 512, CLIENTS = 5, IN_USE = 32 };

/* Of the files in a folder: none, one, about a block, and more than all blocks. */
static const size_t sizes[PER_FOLDER] = {
    0,     1,       COPY_BLOCK - 1,         COPY_BLOCK, COPY_BLOCK + 1, 1000,
    30000, 1 << 20, (size_t)3 * COPY_BLOCK, 6000000};

/* The tree, and its copies. */
enum { ORIGINAL, BY_POOL, BY_LOOP, TREES };
static const wchar_t *const names[TREES] = {L"original", L"by-pool",
                                            L"by-loop"};
static wchar_t base[NAME];

/* base\tree\folder\file, or less of it where a number is negative. */
static const wchar_t *path(int tree, int folder, int file)
{
    static wchar_t name[NAME];
    int used = swprintf(name, NAME, L"%ls", base);
    if (tree >= 0)
        used += swprintf(name + used, NAME - used, L"\\%ls", names[tree]);
    if (folder >= 0)
        used += swprintf(name + used, NAME - used, L"\\%d", folder);
    if (file >= 0)
        swprintf(name + used, NAME - used, L"\\%d", file);
    return name;
}

static DWORD make_file(const wchar_t *name, size_t size, unsigned seed)
{
    char *content = malloc(size + 1);
    if (content == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1103515245 + 12345;
        content[i] = (char)(seed >> 16);
    }
    FILE *file = _wfopen(name, L"wb");
    BOOL made = file != NULL && fwrite(content, 1, size, file) == size;
    DWORD error = made ? 0 : _doserrno;
    if (file != NULL && fclose(file) != 0 && error == 0)
        error = _doserrno;
    free(content);
    return error;
}

static DWORD make_folder(const wchar_t *name)
{
    return _wmkdir(name) == 0 ? 0 : _doserrno;
}

static DWORD make_original(void)
{
    DWORD error = make_folder(path(-1, -1, -1));
    if (error == 0)
        error = make_folder(path(ORIGINAL, -1, -1));
    for (int i = 0; i < FOLDERS && error == 0; i++) {
        error = make_folder(path(ORIGINAL, i, -1));
        for (int k = 0; k < PER_FOLDER && error == 0; k++)
            error = make_file(path(ORIGINAL, i, k), sizes[k],
                              (unsigned)(i * PER_FOLDER + k));
    }
    return error;
}

/* What isn't there is no matter. */
static void remove_all(void)
{
    for (int tree = 0; tree < TREES; tree++) {
        for (int i = 0; i < FOLDERS; i++) {
            for (int k = 0; k <= PER_FOLDER; k++)
                _wremove(path(tree, i, k));
            _wrmdir(path(tree, i, -1));
        }
        _wrmdir(path(tree, -1, -1));
    }
    _wrmdir(path(-1, -1, -1));
}

static BOOL same(FILE *one, FILE *other)
{
    static char blocks[2][COPY_BLOCK];
    size_t got;
    do {
        got = fread(blocks[0], 1, COPY_BLOCK, one);
        if (fread(blocks[1], 1, COPY_BLOCK, other) != got ||
            memcmp(blocks[0], blocks[1], got) != 0)
            return FALSE;
    } while (got > 0);
    return TRUE;
}

static BOOL same_files(int tree, int folder, int file)
{
    FILE *one = _wfopen(path(ORIGINAL, folder, file), L"rb");
    FILE *other = _wfopen(path(tree, folder, file), L"rb");
    BOOL equal = one != NULL && other != NULL && same(one, other);
    if (one != NULL)
        fclose(one);
    if (other != NULL)
        fclose(other);
    return equal;
}

static ULONG count_same(int tree)
{
    ULONG count = 0;
    for (int i = 0; i < FOLDERS; i++)
        for (int k = 0; k < PER_FOLDER; k++)
            count += same_files(tree, i, k);
    return count;
}

static DWORD unexpected; /* the first failure but that of the locked file */

static void tell_of(const wchar_t *name, DWORD error)
{
    printf("  %ls can't be copied: error %lu\n", wcsrchr(name, L'\\') + 1,
           error);
    if (unexpected == 0 && error != IN_USE)
        unexpected = error;
}

static DWORD copy_to(int tree, const char *how, ULONG threads)
{
    Tree list;
    CopyReport report = {0};
    wchar_t *from = _wcsdup(path(ORIGINAL, -1, -1));
    unsigned long long began = now_ms();
    DWORD error = from == NULL
                      ? ERROR_NOT_ENOUGH_MEMORY
                      : tree_list(&list, from, path(tree, -1, -1), tell_of);
    if (error == 0)
        error = threads == 0 ? copy_by_loop(&list, &report)
                             : copy_by_pool(&list, threads, &report);
    unsigned long long ended = now_ms();
    if (error == 0)
        error = unexpected;
    if (error == 0) {
        ULONG right = count_same(tree);
        printf("%s: %lu files, %llu bytes, up to %llu KiB in flight, %llu ms; "
               "%lu are the same\n",
               how, report.files, report.bytes, report.most_lent / 1024,
               ended - began, right);
        error = right == FOLDERS * PER_FOLDER ? 0 : ERROR_WRITE_FAULT;
    }
    if (from != NULL)
        tree_free(&list);
    free(from);
    return error;
}

DWORD demo_copy(ULONG threads)
{
    HANDLE locked;
    const wchar_t *temp = _wgetenv(L"TEMP");
    swprintf(base, NAME, L"%ls\\iocp-%d", temp == NULL ? L"." : temp,
             _getpid());
    DWORD error = make_original();
    if (error == 0)
        error = create_file(path(ORIGINAL, 0, PER_FOLDER), &locked);
    if (error == 0) {
        error = copy_to(BY_POOL, "by the pool", threads);
        if (error == 0)
            error = copy_to(BY_LOOP, "by a loop", 0);
        close_handle(locked);
    }
    remove_all();
    return error;
}

static DWORD serve(BOOL messages, const char *what, ULONG threads)
{
    PipesReport report;
    DWORD error = pipes_run(messages, CLIENTS, threads, &report);
    if (error == 0)
        printf("a pipe of %s: %lu clients served, %lu failed, %llu bytes came "
               "back, %lu reads ended with 234\n",
               what, report.served, report.failed, report.bytes, report.parts);
    return error != 0 ? error : report.error;
}

DWORD demo_pipes(ULONG threads)
{
    DWORD error = serve(FALSE, "bytes", threads);
    return error != 0 ? error : serve(TRUE, "messages", threads);
}
