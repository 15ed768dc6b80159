/* Has the n-th of the calls fail that a test wraps, and notes which it was. Smaller
   than faults.h, which wraps what every step calls. */
#ifndef FAILS_H
#define FAILS_H

#include <stdatomic.h>

#include "ffi.h"

void WINAPI SetLastError(DWORD error);

static atomic_int fails_countdown; /* the call to fail; 0 for none */
static const char *volatile failed_call;

/* Whether this call is the one. Then the error is set. */
static inline BOOL fails(const char *call, DWORD error)
{
    if (fails_countdown <= 0 || --fails_countdown != 0)
        return FALSE;
    failed_call = call;
    SetLastError(error);
    return TRUE;
}

#define FAILS(type, name, parameters, arguments, failure) \
    type WINAPI __real_##name parameters;                 \
    type WINAPI __wrap_##name parameters;                 \
    type WINAPI __wrap_##name parameters                  \
    {                                                     \
        if (fails(#name, 1450))                           \
            return failure;                               \
        return __real_##name arguments;                   \
    }

FAILS(HANDLE, CreateIoCompletionPort,
      (HANDLE file, HANDLE port, ULONG_PTR key, DWORD threads),
      (file, port, key, threads), NULL)
FAILS(BOOL, PostQueuedCompletionStatus,
      (HANDLE port, DWORD bytes, ULONG_PTR key, OVERLAPPED *overlapped),
      (port, bytes, key, overlapped), FALSE)
FAILS(BOOL, GetQueuedCompletionStatusEx,
      (HANDLE port, OVERLAPPED_ENTRY *entries, ULONG capacity, ULONG *removed,
       DWORD timeout, BOOL alertable),
      (port, entries, capacity, removed, timeout, alertable), FALSE)

/* See faults.h. */
typedef uintptr_t (*FailsBegin)(void *security, unsigned stack,
                                unsigned(WINAPI *run)(void *), void *argument,
                                unsigned flags, unsigned *id);
#ifdef _WIN64
#define FAILS_IMPORT(kind) "__" kind "___imp__beginthreadex"
#else
#define FAILS_IMPORT(kind) "___" kind "__imp___beginthreadex"
#endif
extern const FailsBegin fails_real_begin __asm__(FAILS_IMPORT("real"));

static uintptr_t fails_in_begin(void *security, unsigned stack,
                                unsigned(WINAPI *run)(void *), void *argument,
                                unsigned flags, unsigned *id)
{
    if (fails("_beginthreadex", 8))
        return 0;
    return fails_real_begin(security, stack, run, argument, flags, id);
}

extern const FailsBegin fails_wrap_begin __asm__(FAILS_IMPORT("wrap"));
const FailsBegin fails_wrap_begin = fails_in_begin;

static inline int fails_allocation(const char *call)
{
    return fails(call, 8);
}

#endif
