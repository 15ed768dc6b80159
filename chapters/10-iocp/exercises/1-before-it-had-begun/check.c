// wrap: ReadFile GetQueuedCompletionStatusEx malloc calloc realloc free
// libs: -lntdll
/* Has a thread stand still behind ReadFile until another has handled what it
   started, or all threads until everything is in flight. */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "lines.h"

/* Until it is wanted, what is freed stays as it is. */
static BOOL guarding;
#define __wrap_free guard_free
#include "guard.h"
#undef __wrap_free

enum { BLOCKS = 12, THREADS = 3, LINE = 64, PATIENCE = 25, HOLD = 700 };

WRAPPED(ReadFile);
WRAPPED(GetQueuedCompletionStatusEx);
void __wrap_free(void *memory);
void WINAPI SetLastError(DWORD dwErrCode);
DWORD WINAPI GetLastError(void);
DWORD WINAPI GetCurrentThreadId(void);

static const char file_name[] = "lines.txt";
static atomic_int waits, started, in_flight, most;
static int fail_at = -1; /* this read does not start; -1: all do */
static int hold_for;     /* packets are held back until so many are started */
static BOOL slow;
static atomic_ulong thread_ids[8];

void __wrap_free(void *memory)
{
    if (guarding)
        guard_free(memory);
}

/* How many have waited for completions. */
static int threads(void)
{
    int count = 0;
    while (count < 8 && thread_ids[count] != 0)
        count++;
    return count;
}

BOOL WINAPI __wrap_ReadFile(HANDLE file, void *buffer, DWORD size, DWORD *read,
                            OVERLAPPED *overlapped)
{
    if (overlapped == NULL)
        return __real_ReadFile(file, buffer, size, read, overlapped);
    if (started == fail_at) {
        fail_at = -1;
        SetLastError(1117);
        return FALSE;
    }
    int before = waits;
    int now = ++in_flight;
    if (now > most)
        most = now;
    BOOL done = __real_ReadFile(file, buffer, size, read, overlapped);
    DWORD error = GetLastError();
    if (hold_for > 0)
        wait_until(threads() >= THREADS, HOLD);
    started++;
    if (slow)
        wait_until(waits > before, PATIENCE);
    SetLastError(error);
    return done;
}

static void note_thread(void)
{
    unsigned long self = GetCurrentThreadId();
    for (int i = 0; i < 8; i++) {
        unsigned long none = 0;
        if (thread_ids[i] == self ||
            atomic_compare_exchange_strong(&thread_ids[i], &none, self) ||
            none == self)
            return;
    }
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE from,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    waits++;
    note_thread();
    if (hold_for > 0)
        wait_until(started >= hold_for, HOLD);
    BOOL any = __real_GetQueuedCompletionStatusEx(from, entries, capacity,
                                                  removed, timeout, alertable);
    for (ULONG i = 0; any && i < *removed; i++)
        in_flight -= entries[i].lpOverlapped != NULL;
    return any;
}

static void make_file(int size)
{
    FILE *file = fopen(file_name, "wb");
    require(file != NULL, "a file can't be written");
    for (int i = 0; i < size; i++)
        fputc(i % LINE == LINE - 1 ? '\n' : 'a', file);
    fclose(file);
}

static DWORD count(int size, LinesReport *report)
{
    make_file(size);
    waits = started = in_flight = most = 0;
    memset((void *)thread_ids, 0, sizeof thread_ids);
    int living = guard_living();
    DWORD error = lines_count(L"lines.txt", THREADS, report);
    if (guarding)
        need(guard_living() == living, "no memory is left",
             "lines_count has returned, and %d blocks of memory are left",
             guard_living() - living);
    return error;
}

static void is_right(int size, DWORD error, const LinesReport *report)
{
    ULONG blocks = (ULONG)(size + LINES_BLOCK - 1) / LINES_BLOCK;
    need(error == 0, "there is no error",
         "of %lu blocks %lu were counted, and then there was error %lu%s",
         blocks, report->blocks, error,
         error == ERROR_ABANDONED_WAIT_0
             ? ": who stopped the port while blocks were still being started?"
             : "");
    need(report->lines == (ULONG)size / LINE && report->blocks == blocks,
         "all lines are counted",
         "of %lu blocks %lu were counted, with %lu of %lu lines", blocks,
         report->blocks, report->lines, (ULONG)size / LINE);
    need(report->asked == (unsigned)size, "asked says how much was asked for",
         "%d bytes were asked for, and asked says %llu: whose number was added "
         "up, and when?",
         size, report->asked);
}

static void right(int size)
{
    LinesReport report;
    DWORD error = count(size, &report);
    is_right(size, error, &report);
}

static void failing(int at)
{
    LinesReport report;
    stage("read %d of %d doesn't start", at + 1, BLOCKS);
    fail_at = at;
    DWORD error = count(BLOCKS * LINES_BLOCK, &report);
    need(error == 1117, "it is told why",
         "read %d did not start, for error 1117, and lines_count gave %lu",
         at + 1, error);
    need(report.asked == (unsigned)started * LINES_BLOCK,
         "it was not asked for",
         "%d reads of %d bytes were started, one wasn't, and asked says %llu",
         started, LINES_BLOCK, report.asked);
    need((int)report.blocks == started, "the others are counted",
         "%d reads were started, and %lu blocks counted", started,
         report.blocks);
}

void examine(const Checker *table)
{
    BEGIN(table);
    slow = TRUE;
    stage("a thread stands still behind ReadFile");
    right(BLOCKS * LINES_BLOCK);
    stage("a file of one block");
    right(100);
    guarding = TRUE;
    stage("a thread stands still behind ReadFile, and memory is watched");
    right(BLOCKS * LINES_BLOCK + 100);
    failing(0);
    failing(5);
    failing(BLOCKS - 1);
    slow = FALSE;
    stage("an empty file");
    right(0);
    stage("all in flight");
    hold_for = BLOCKS;
    LinesReport report;
    DWORD error = count(BLOCKS * LINES_BLOCK, &report);
    need(most == BLOCKS, "they are at once",
         "of %d blocks %d were in flight at once, though no packet was taken "
         "out until all had a chance to start",
         BLOCKS, most);
    hold_for = 0;
    is_right(BLOCKS * LINES_BLOCK, error, &report);
    expect(threads() >= THREADS, "all threads take part",
           "%d threads were to count besides the caller, and %d waited for "
           "completions",
           THREADS, threads());
    remove(file_name);
}
