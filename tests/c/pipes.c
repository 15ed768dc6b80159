// steps: 10+
// guard: yes
// wrap: ReadFile WriteFile CreateFileW CreateNamedPipeW ConnectNamedPipe
// wrap: DisconnectNamedPipe SetNamedPipeHandleState CreateIoCompletionPort
// wrap: PostQueuedCompletionStatus GetQueuedCompletionStatusEx _beginthreadex
/* The server and its clients: more clients than instances, and than threads; and
   whichever call fails, it ends, and nothing is left. */
#include "guard.h"

#include <stdatomic.h>

#include "handles.h"
#include "pipes.h"
#include "tap.h"

void WINAPI SetLastError(DWORD error);

static atomic_int countdown;
static const char *volatile failed_call;

static BOOL fails(const char *call, DWORD error)
{
    if (countdown <= 0 || --countdown != 0)
        return FALSE;
    failed_call = call;
    SetLastError(error);
    return TRUE;
}

#define WRAPPED(type, name, parameters, arguments, failure) \
    type WINAPI __real_##name parameters;                   \
    type WINAPI __wrap_##name parameters;                   \
    type WINAPI __wrap_##name parameters                    \
    {                                                       \
        if (fails(#name, 1450))                             \
            return failure;                                 \
        return __real_##name arguments;                     \
    }

WRAPPED(BOOL, ReadFile,
        (HANDLE file, void *into, DWORD size, DWORD *bytes,
         OVERLAPPED *overlapped),
        (file, into, size, bytes, overlapped), FALSE)
WRAPPED(BOOL, WriteFile,
        (HANDLE file, const void *from, DWORD size, DWORD *bytes,
         OVERLAPPED *overlapped),
        (file, from, size, bytes, overlapped), FALSE)
WRAPPED(HANDLE, CreateFileW,
        (const wchar_t *name, DWORD access, DWORD share, void *security,
         DWORD how, DWORD flags, HANDLE like),
        (name, access, share, security, how, flags, like), INVALID_HANDLE_VALUE)
WRAPPED(HANDLE, CreateNamedPipeW,
        (const wchar_t *name, DWORD open, DWORD mode, DWORD instances,
         DWORD out, DWORD in, DWORD timeout, void *security),
        (name, open, mode, instances, out, in, timeout, security),
        INVALID_HANDLE_VALUE)
WRAPPED(BOOL, ConnectNamedPipe, (HANDLE pipe, OVERLAPPED *overlapped),
        (pipe, overlapped), FALSE)
WRAPPED(BOOL, DisconnectNamedPipe, (HANDLE pipe), (pipe), FALSE)
WRAPPED(BOOL, SetNamedPipeHandleState,
        (HANDLE pipe, DWORD *mode, DWORD *count, DWORD *timeout),
        (pipe, mode, count, timeout), FALSE)
WRAPPED(HANDLE, CreateIoCompletionPort,
        (HANDLE file, HANDLE port, ULONG_PTR key, DWORD threads),
        (file, port, key, threads), NULL)
WRAPPED(BOOL, PostQueuedCompletionStatus,
        (HANDLE port, DWORD bytes, ULONG_PTR key, OVERLAPPED *overlapped),
        (port, bytes, key, overlapped), FALSE)
WRAPPED(BOOL, GetQueuedCompletionStatusEx,
        (HANDLE port, OVERLAPPED_ENTRY *entries, ULONG capacity, ULONG *removed,
         DWORD timeout, BOOL alertable),
        (port, entries, capacity, removed, timeout, alertable), FALSE)

uintptr_t __real__beginthreadex(void *, unsigned, unsigned(WINAPI *)(void *),
                                void *, unsigned, unsigned *);
uintptr_t __wrap__beginthreadex(void *, unsigned, unsigned(WINAPI *)(void *),
                                void *, unsigned, unsigned *);
uintptr_t __wrap__beginthreadex(void *security, unsigned stack,
                                unsigned(WINAPI *run)(void *), void *argument,
                                unsigned flags, unsigned *id)
{
    if (fails("_beginthreadex", 8))
        return 0;
    return __real__beginthreadex(security, stack, run, argument, flags, id);
}

static PipesReport report;

static void served(BOOL messages, ULONG clients, ULONG threads)
{
    DWORD error = pipes_run(messages, clients, threads, &report);
    ok(error == 0 && report.served == clients && report.failed == 0 &&
           report.bytes == 1103 * clients &&
           report.parts == (messages ? 6 * clients : 0),
       "%lu clients, %lu threads, %s", clients, threads,
       messages ? "messages" : "bytes");
    if (error != 0 || report.failed != 0)
        printf("# error %lu, %lu failed\n", error, report.failed);
}

static void each_call_fails(BOOL messages)
{
    int wrong = 0, n = 0, live = guard_living(), handles = handle_count();
    do {
        failed_call = NULL;
        countdown = ++n;
        DWORD error = pipes_run(messages, 2, 2, &report);
        countdown = 0;
        BOOL right = (error != 0 || report.served + report.failed == 2) &&
                     guard_living() == live && guard_lent() == 0 &&
                     handle_count() == handles;
        if (!right)
            printf("# call %d, %s: error %lu, %lu served, %lu failed, %d "
                   "blocks, %d handles, %d lent\n",
                   n, failed_call, error, report.served, report.failed,
                   guard_living() - live, handle_count() - handles,
                   guard_lent());
        wrong += !right;
        handles = handle_count();
    } while (failed_call != NULL);
    is((unsigned)wrong, 0, "%d calls fail in turn, %s", n - 1,
       messages ? "messages" : "bytes");
    ok(n > 40 && report.served == 2, "then none, and all are served");
}

static int refuse(const char *call)
{
    return fails(call, 8);
}

int main(void)
{
    served(FALSE, 5, 4);
    served(TRUE, 5, 4);
    int handles = handle_count();
    served(FALSE, 0, 1);
    served(FALSE, 1, 1);
    served(TRUE, 40, 1);
    served(FALSE, 100, 4);
    served(TRUE, 100, 8);
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
    guard_refuse = refuse;
    each_call_fails(FALSE);
    each_call_fails(TRUE);
    return done_testing();
}
