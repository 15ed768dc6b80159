/* Tree: the files of a folder and of all folders in it, and where each is to be
   copied. */
#ifndef TREE_H
#define TREE_H

#include "ffi.h"

typedef struct TreeFile {
    struct TreeFile *next;
    const wchar_t *from, *to;
} TreeFile;

typedef struct Tree {
    TreeFile *files; /* in the order in which they were found */
    TreeFile **end;
    ULONG count, folders;
    ULONG failed; /* folders that could not be listed or made */
    /* Is told of each of those. */
    void (*tell)(const wchar_t *name, DWORD error);
} Tree;

/* Lists the folder from, named without a slash at its end, and makes its folders under to, which may exist. A folder
   that fails is told of and left out; so is a link to a folder. The caller ends with
   tree_free, whatever this returns. Errors: ERROR_DIRECTORY if from is no folder,
   ERROR_INVALID_PARAMETER if to lies in it, ERROR_NOT_ENOUGH_MEMORY. */
DWORD tree_list(Tree *tree, const wchar_t *from, const wchar_t *to,
                void (*tell)(const wchar_t *name, DWORD error));

void tree_free(Tree *tree);

#endif
