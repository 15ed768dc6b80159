#include "tree.h"

#include <direct.h>
#include <io.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <wchar.h>

enum { LINK = 0x400 }; /* FILE_ATTRIBUTE_REPARSE_POINT */

/* first\second, in memory of its own; NULL if there is none. */
static wchar_t *join(const wchar_t *first, const wchar_t *second)
{
    size_t size = wcslen(first) + wcslen(second) + 2;
    wchar_t *joined = malloc(size * sizeof *joined);
    if (joined != NULL)
        swprintf(joined, size, L"%ls\\%ls", first, second);
    return joined;
}

/* Takes both names over. */
static DWORD add_file(Tree *tree, wchar_t *from, wchar_t *to)
{
    TreeFile *file = malloc(sizeof *file);
    if (file == NULL) {
        free(from);
        free(to);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    *file = (TreeFile){.from = from, .to = to};
    *tree->end = file;
    tree->end = &file->next;
    tree->count++;
    return 0;
}

static void fail(Tree *tree, const wchar_t *name, DWORD error)
{
    tree->failed++;
    tree->tell(name, error);
}

static DWORD list(Tree *tree, const wchar_t *from, const wchar_t *to);

/* One thing of those in the folder from. */
static DWORD add(Tree *tree, const struct _wfinddata64_t *found,
                 const wchar_t *from, const wchar_t *to)
{
    if (wcscmp(found->name, L".") == 0 || wcscmp(found->name, L"..") == 0)
        return 0;
    wchar_t *source = join(from, found->name), *target = join(to, found->name);
    DWORD error = 0;
    if (source == NULL || target == NULL)
        error = ERROR_NOT_ENOUGH_MEMORY;
    else if (!(found->attrib & _A_SUBDIR))
        return add_file(tree, source, target);
    else if (found->attrib & LINK)
        fail(tree, source, ERROR_NOT_SUPPORTED);
    else
        error = list(tree, source, target);
    free(source);
    free(target);
    return error;
}

static BOOL is_folder(const wchar_t *name)
{
    struct _stat64 about;
    return _wstat64(name, &about) == 0 && (about.st_mode & _S_IFDIR) != 0;
}

static DWORD make_folder(const wchar_t *name)
{
    if (_wmkdir(name) == 0)
        return 0;
    DWORD error = _doserrno;
    return error == ERROR_ALREADY_EXISTS && is_folder(name) ? 0 : error;
}

/* What is in the folder from. Returns only what ends the listing. */
static DWORD list(Tree *tree, const wchar_t *from, const wchar_t *to)
{
    struct _wfinddata64_t found;
    wchar_t *all = join(from, L"*");
    if (all == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    intptr_t search = _wfindfirst64(all, &found);
    DWORD error = search == -1 ? _doserrno : 0;
    free(all);
    if (error == 0)
        error = make_folder(to);
    if (error != 0)
        fail(tree, search == -1 ? from : to, error);
    else
        tree->folders++;
    BOOL more = error == 0;
    for (error = 0; more && error == 0;) {
        error = add(tree, &found, from, to);
        more = _wfindnext64(search, &found) == 0;
    }
    if (search != -1)
        _findclose(search);
    return error;
}

/* Whether the folder's absolute name begins with another's. */
static BOOL lies_in(const wchar_t *to, const wchar_t *from)
{
    wchar_t *inner = _wfullpath(NULL, to, 0);
    wchar_t *outer = _wfullpath(NULL, from, 0);
    BOOL inside = FALSE;
    if (inner != NULL && outer != NULL) {
        size_t size = wcslen(outer);
        if (size > 0 && outer[size - 1] == L'\\')
            size--;
        inside = _wcsnicmp(inner, outer, size) == 0 &&
                 (inner[size] == L'\\' || inner[size] == L'\0');
    }
    free(inner);
    free(outer);
    return inside;
}

DWORD tree_list(Tree *tree, const wchar_t *from, const wchar_t *to,
                void (*tell)(const wchar_t *name, DWORD error))
{
    *tree = (Tree){.tell = tell};
    tree->end = &tree->files;
    if (_waccess(from, 0) != 0)
        return _doserrno;
    if (!is_folder(from))
        return ERROR_DIRECTORY;
    if (lies_in(to, from))
        return ERROR_INVALID_PARAMETER;
    return list(tree, from, to);
}

void tree_free(Tree *tree)
{
    while (tree->files != NULL) {
        TreeFile *file = tree->files;
        tree->files = file->next;
        free((wchar_t *)file->from);
        free((wchar_t *)file->to);
        free(file);
    }
}
