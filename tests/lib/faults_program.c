/* Linked with all of a step's objects, main.o too, and --wrap as faults.h says:
   the program's call number $FAULT fails. Which one that was is written to the
   file $FAULT_LOG: its name, its error, and main or other for the thread. The
   status with which the program calls exit is written to $FAULT_EXIT, and how
   many calls it has made, if none of them was to fail.
   So that many runs take little time, waits with a timeout are shortened. */
#include <stdio.h>
#include <stdlib.h>

#define FAULT_REAL_GetQueuedCompletionStatusEx hurried_take
#include "ffi.h"

BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);

static BOOL WINAPI hurried_take(HANDLE port, OVERLAPPED_ENTRY *entries,
                                ULONG capacity, ULONG *removed, DWORD timeout,
                                BOOL alertable)
{
    if (timeout != INFINITE)
        timeout /= 4;
    return __real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                              timeout, alertable);
}

#include "faults.h"

void WINAPI __real_Sleep(DWORD milliseconds);
void WINAPI __wrap_Sleep(DWORD milliseconds);
DWORD WINAPI GetCurrentThreadId(void);

void WINAPI __wrap_Sleep(DWORD milliseconds)
{
    __real_Sleep(milliseconds / 10);
}

static DWORD main_thread;
static int armed; /* $FAULT */

static void report(void)
{
    FILE *log = fopen(getenv("FAULT_LOG"), "wb");
    if (log == NULL)
        return;
    fprintf(log, "%s %lu %s\n", fault_call, fault_code,
            GetCurrentThreadId() == main_thread ? "main" : "other");
    fclose(log);
}

void __real_exit(int status) __attribute__((noreturn));
void __wrap_exit(int status) __attribute__((noreturn));

/* What main returns comes here, too. */
void __wrap_exit(int status)
{
    const char *name = getenv("FAULT_EXIT");
    FILE *file = name != NULL ? fopen(name, "wb") : NULL;
    if (file != NULL) {
        fprintf(file, "%d %d\n", status, armed - fault_countdown);
        fclose(file);
    }
    __real_exit(status);
}

/* Runs before main. */
__attribute__((constructor)) static void arm(void)
{
    const char *number = getenv("FAULT");
    main_thread = GetCurrentThreadId();
    fault_report = report;
    if (number != NULL && getenv("FAULT_LOG") != NULL)
        fault_arm(armed = atoi(number));
}
