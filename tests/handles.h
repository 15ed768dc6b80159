/* How many handles this process holds. Wine 8 answers GetProcessHandleCount
   with 0; there the system's list of all handles tells. Link with -lntdll. */
#ifndef HANDLES_H
#define HANDLES_H

#include <stdio.h>
#include <stdlib.h>

#include "ffi.h"

typedef struct HandleEntry {
    ULONG process;
    unsigned char type, flags;
    unsigned short handle;
    void *object;
    ULONG access;
} HandleEntry;

typedef struct HandleList {
    ULONG count;
    HandleEntry entries[32768];
} HandleList;

BOOL WINAPI GetProcessHandleCount(HANDLE process, DWORD *count);
DWORD WINAPI GetCurrentProcessId(void);
long WINAPI NtQuerySystemInformation(int what, void *into, ULONG size,
                                     ULONG *needed);

static inline int handle_count(void)
{
    enum { SYSTEM_HANDLE_INFORMATION = 16 };
    static HandleList list;
    DWORD count = 0;
    const HANDLE this_process = (HANDLE)(intptr_t)-1;
    if (GetProcessHandleCount(this_process, &count) && count > 0)
        return (int)count;
    if (NtQuerySystemInformation(SYSTEM_HANDLE_INFORMATION, &list, sizeof list,
                                 NULL) != 0) {
        printf("Bail out! cannot count handles\n");
        exit(255);
    }
    for (ULONG i = 0; i < list.count; i++)
        count += list.entries[i].process == GetCurrentProcessId();
    return (int)count;
}

#endif
