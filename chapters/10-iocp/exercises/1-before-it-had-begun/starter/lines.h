/* Lines: counts the lines of a file, with all of its blocks in flight at once. */
#ifndef LINES_H
#define LINES_H

#include "iocp.h"

enum { LINES_BLOCK = 4096, LINES_THREADS = 16 };

typedef struct LinesReport {
    ULONG lines;
    ULONG blocks;             /* that were counted */
    unsigned long long asked; /* bytes, of all reads that were started */
} LinesReport;

/* With this thread and so many more, at most LINES_THREADS. Returns when nothing is
   in flight any more. Errors: the first one of opening the file and of its reads;
   ERROR_NOT_ENOUGH_MEMORY, those of iocp_create. Then the report says how far it
   came. */
DWORD lines_count(const wchar_t *name, ULONG threads, LinesReport *report);

#endif
