/* How many handles this process holds. Wine 8 answers GetProcessHandleCount
   with 0; there every number that may be a handle is tried. (Wine can also list
   all handles of all processes, but its server may crash over that while some
   process is just starting.) */
#ifndef HANDLES_H
#define HANDLES_H

#include "ffi.h"

BOOL WINAPI GetProcessHandleCount(HANDLE process, DWORD *count);
BOOL WINAPI GetHandleInformation(HANDLE handle, DWORD *flags);

static inline int handle_count(void)
{
    /* Handles are multiples of 4, and a free number is soon used again. */
    enum { STEP_OF_HANDLES = 4, GAP = 128 };
    const HANDLE this_process = (HANDLE)(intptr_t)-1;
    DWORD count = 0, flags;
    if (GetProcessHandleCount(this_process, &count) && count > 0)
        return (int)count;
    uintptr_t number = STEP_OF_HANDLES, last = 0;
    for (; number < last + GAP * STEP_OF_HANDLES; number += STEP_OF_HANDLES)
        if (GetHandleInformation((HANDLE)number, &flags)) {
            count++;
            last = number;
        }
    return (int)count;
}

#endif
