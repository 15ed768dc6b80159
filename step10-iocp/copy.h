/* Copying the files of a tree, many at once and many blocks of each, by a pool of
   threads; and as a loop does it, to compare. */
#ifndef COPY_H
#define COPY_H

#include "tree.h"

enum {
    COPY_BLOCK = 65536, /* bytes, of one read and one write */
    COPY_BLOCKS = 64,   /* in flight at most, in all files together */
    COPY_THREADS = 64   /* more are not started */
};

typedef struct CopyReport {
    ULONG files;  /* copied whole */
    ULONG failed; /* told of, and not left behind in part */
    unsigned long long bytes;
    unsigned long long most_lent; /* bytes in flight at once */
    /* Set before, or NULL: is told every few seconds how much has been written. */
    void (*progress)(unsigned long long written);
    unsigned long long written;
    unsigned long long next_due; /* when it is told next */
} CopyReport;

/* Copies the tree's files. One that fails is told of by the tree's tell, from any of
   the threads but one at a time, and the others go on: ERROR_HANDLE_EOF if it
   has become shorter meanwhile. What a file grows meanwhile is left out.
   Errors: ERROR_NOT_ENOUGH_MEMORY, those of iocp_create. */
DWORD copy_by_pool(Tree *tree, ULONG threads, CopyReport *report);

/* The same by one thread, a block at a time. */
DWORD copy_by_loop(Tree *tree, CopyReport *report);

#endif
