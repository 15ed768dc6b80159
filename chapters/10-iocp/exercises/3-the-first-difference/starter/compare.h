/* Compare: where two files differ first. */
#ifndef COMPARE_H
#define COMPARE_H

#include "iocp.h"

enum {
    COMPARE_BLOCK = 4096, /* bytes, of one read */
    COMPARE_READS = 16    /* in flight at most, of both files together */
};

typedef struct Difference {
    BOOL found;
    unsigned long long
        place; /* of the first one: a byte that is another, or the
                                 length of the shorter file */
} Difference;

/* Compares the files, as long as they are when they are opened. Errors: those of
   opening them, iocp_create, and of reads before the first difference:
   ERROR_HANDLE_EOF if one has become shorter; ERROR_NOT_ENOUGH_MEMORY. */
DWORD compare_files(const wchar_t *one, const wchar_t *other,
                    Difference *difference);

#endif
