/* Step 10: copies a folder with all that is in it, many files at once. Without
   arguments: a demonstration of that, and of a server and its clients on named
   pipes. */
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "copy.h"
#include "demo.h"

enum { THREADS = 4 };

/* What an error means for who copies. */
static const char *why(DWORD error)
{
    switch (error) {
    case 2:
    case 3:
        return "there is no such file or folder";
    case 5:
        return "we have no right to it, or a folder has its name";
    case 8:
        return "there is not enough memory";
    case 32:
        return "somebody has it open";
    case ERROR_HANDLE_EOF:
        return "it became shorter while it was copied";
    case ERROR_NOT_SUPPORTED:
        return "it is a link to a folder";
    case ERROR_INVALID_PARAMETER:
        return "the copy would lie in the folder itself: choose another one";
    case ERROR_DISK_FULL:
        return "the disk is full";
    case 123:
    case 206:
        return "its name is not allowed there, or too long";
    case ERROR_ALREADY_EXISTS:
        return "a file has its name";
    case ERROR_DIRECTORY:
        return "it is no folder";
    default:
        return "it failed";
    }
}

static void tell_of(const wchar_t *name, DWORD error)
{
    fwprintf(stderr, L"%ls: %hs (error %lu)\n", name, why(error), error);
    fflush(stderr); /* as wide text it waits */
}

static void tell_progress(unsigned long long written)
{
    fwprintf(stderr, L"%llu MB so far\n", written / 1000000);
    fflush(stderr);
}

static int usage(void)
{
    fputws(
        L"usage: iocp [--loop] FROM TO\n"
        "Copies the folder FROM to the folder TO, many blocks at a time; with "
        "--loop one\nafter another. What can't be copied is told of, and the "
        "rest goes on. Without\narguments: a demonstration.\n",
        stderr);
    return 2;
}

static int complain(const wchar_t *what, DWORD error)
{
    tell_of(what, error);
    return 1;
}

/* A folder may be written with a slash at its end, which only a root must have. */
static wchar_t *trim(wchar_t *name)
{
    size_t size = wcslen(name);
    while (size > 1 && wcschr(L"\\/", name[size - 1]) != NULL &&
           name[size - 2] != L':')
        name[--size] = L'\0';
    return name;
}

static int copy(BOOL by_loop, const wchar_t *from, const wchar_t *to)
{
    Tree tree;
    CopyReport report = {.progress = tell_progress};
    unsigned long long began = now_ms();
    DWORD error = tree_list(&tree, from, to, tell_of);
    if (error == 0)
        error = by_loop ? copy_by_loop(&tree, &report)
                        : copy_by_pool(&tree, THREADS, &report);
    if (error == 0)
        printf("%lu files in %lu folders, %llu bytes in %llu ms, at most %llu "
               "in flight; %lu failed\n",
               report.files, tree.folders, report.bytes, now_ms() - began,
               report.most_lent, report.failed + tree.failed);
    BOOL all = error == 0 && report.failed + tree.failed == 0;
    tree_free(&tree);
    if (error != 0)
        return complain(from, error);
    return all ? 0 : 1;
}

static int demonstrate(void)
{
    DWORD error = demo_copy(THREADS);
    if (error == 0)
        error = demo_pipes(THREADS);
    return error == 0 ? 0 : complain(L"the demonstration", error);
}

int main(void)
{
    int count;
    _setmode(_fileno(stderr), _O_U8TEXT); /* names in all letters there are */
    wchar_t **words = CommandLineToArgvW(GetCommandLineW(), &count);
    if (words == NULL)
        return complain(L"starting", ERROR_NOT_ENOUGH_MEMORY);
    if (count == 1)
        return demonstrate();
    BOOL by_loop = wcscmp(words[1], L"--loop") == 0;
    if (count != 3 + by_loop)
        return usage();
    return copy(by_loop, trim(words[1 + by_loop]), trim(words[2 + by_loop]));
}
