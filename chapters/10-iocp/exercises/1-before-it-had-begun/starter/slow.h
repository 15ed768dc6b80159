/* Has each thread stand still behind a ReadFile, as a busy machine does now and then.
   Linked with --wrap=ReadFile. */
#ifndef SLOW_H
#define SLOW_H

#include "ffi.h"

enum { SLOW_MS = 20 };

__typeof__(ReadFile) __real_ReadFile, __wrap_ReadFile;
DWORD WINAPI GetLastError(void);
void WINAPI SetLastError(DWORD dwErrCode);

static void slow_down(void);

BOOL WINAPI __wrap_ReadFile(HANDLE file, void *buffer, DWORD size, DWORD *read,
                            OVERLAPPED *overlapped)
{
    BOOL done = __real_ReadFile(file, buffer, size, read, overlapped);
    DWORD error = GetLastError();
    slow_down();
    SetLastError(error);
    return done;
}

#endif
