// steps: 10+
// guard: yes
// wrap: ReadFile WriteFile CreateFileW CreateNamedPipeW ConnectNamedPipe
// wrap: DisconnectNamedPipe SetNamedPipeHandleState CreateIoCompletionPort
// wrap: PostQueuedCompletionStatus GetQueuedCompletionStatusEx _beginthreadex
/* The server and its clients: more clients than instances, and than threads; and
   whichever call fails, it ends, and nothing is left. */
#include "guard.h"

#include "fails.h"
#include "handles.h"
#include "pipes.h"
#include "tap.h"

FAILS(BOOL, ReadFile,
      (HANDLE file, void *into, DWORD size, DWORD *bytes,
       OVERLAPPED *overlapped),
      (file, into, size, bytes, overlapped), FALSE)
FAILS(BOOL, WriteFile,
      (HANDLE file, const void *from, DWORD size, DWORD *bytes,
       OVERLAPPED *overlapped),
      (file, from, size, bytes, overlapped), FALSE)
FAILS(HANDLE, CreateFileW,
      (const wchar_t *name, DWORD access, DWORD share, void *security,
       DWORD how, DWORD flags, HANDLE like),
      (name, access, share, security, how, flags, like), INVALID_HANDLE_VALUE)
FAILS(HANDLE, CreateNamedPipeW,
      (const wchar_t *name, DWORD open, DWORD mode, DWORD instances, DWORD out,
       DWORD in, DWORD timeout, void *security),
      (name, open, mode, instances, out, in, timeout, security),
      INVALID_HANDLE_VALUE)
FAILS(BOOL, ConnectNamedPipe, (HANDLE pipe, OVERLAPPED *overlapped),
      (pipe, overlapped), FALSE)
FAILS(BOOL, DisconnectNamedPipe, (HANDLE pipe), (pipe), FALSE)
FAILS(BOOL, SetNamedPipeHandleState,
      (HANDLE pipe, DWORD *mode, DWORD *count, DWORD *timeout),
      (pipe, mode, count, timeout), FALSE)

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
        fails_countdown = ++n;
        DWORD error = pipes_run(messages, 2, 2, &report);
        fails_countdown = 0;
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
    guard_refuse = fails_allocation;
    each_call_fails(FALSE);
    each_call_fails(TRUE);
    return done_testing();
}
