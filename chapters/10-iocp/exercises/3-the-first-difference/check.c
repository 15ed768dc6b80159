// wrap: ReadFile GetQueuedCompletionStatusEx CancelIoEx malloc calloc realloc free
// libs: -lntdll
/* Keeps packets back until nothing more is started, hands them out one by one, the
   oldest or the newest first, and knows which reads are in flight. */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "compare.h"
#include "guard.h"

enum { BLOCKS = 40, SIZE = BLOCKS * COMPARE_BLOCK + 123, NONE = -1, HELD = 64 };
enum { CANCELLED = (int)0xC0000120, BROKEN = (int)0xC0000185 };

WRAPPED(ReadFile);
WRAPPED(GetQueuedCompletionStatusEx);
WRAPPED(CancelIoEx);
DWORD WINAPI GetLastError(void);
void WINAPI SetLastError(DWORD dwErrCode);

static int reads, in_flight, most, cancels;
static int at_first; /* in flight when the first packet was wanted */
static DWORD read_at[BLOCKS + 2]; /* how often each block was */
static BOOL newest_first;
static BOOL too_late;      /* for cancelling: reads end as they would have */
static int broken = NONE;  /* this block's reads fail, */
static int refused = NONE; /* and this one's second does not start */
static OVERLAPPED_ENTRY held[HELD];
static int holding;

BOOL WINAPI __wrap_ReadFile(HANDLE file, void *buffer, DWORD size, DWORD *read,
                            OVERLAPPED *overlapped)
{
    if (overlapped == NULL)
        return __real_ReadFile(file, buffer, size, read, overlapped);
    int block = (int)(overlapped->Offset / COMPARE_BLOCK);
    if (block == refused && read_at[block] > 0) {
        SetLastError(1117);
        return FALSE;
    }
    reads++;
    if (block < BLOCKS + 2)
        read_at[block]++;
    if (++in_flight > most)
        most = in_flight;
    return __real_ReadFile(file, buffer, size, read, overlapped);
}

static int oldest(void)
{
    int found = 0;
    for (int i = 1; i < holding; i++)
        if ((held[i].lpOverlapped->Offset < held[found].lpOverlapped->Offset) !=
            newest_first)
            found = i;
    return found;
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE from,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    ULONG count;
    if (in_flight == 0) /* a call to wake up, or a wait for nothing */
        return __real_GetQueuedCompletionStatusEx(from, entries, capacity,
                                                  removed, timeout, alertable);
    if (at_first == 0)
        at_first = in_flight;
    for (int tries = 0; holding < in_flight && tries < 50; tries++)
        if (__real_GetQueuedCompletionStatusEx(from, &held[holding], 1, &count,
                                               20, FALSE))
            holding += held[holding].lpOverlapped != NULL;
    if (holding == 0) {
        SetLastError(WAIT_TIMEOUT);
        return FALSE;
    }
    int which = oldest();
    entries[0] = held[which];
    held[which] = held[--holding];
    in_flight--;
    if ((int)(entries[0].lpOverlapped->Offset / COMPARE_BLOCK) == broken) {
        entries[0].lpOverlapped->Internal = (ULONG_PTR)(unsigned)BROKEN;
        entries[0].dwNumberOfBytesTransferred = 0;
    }
    *removed = 1;
    return TRUE;
}

/* What is held back counts as in flight: it can be cancelled. */
BOOL WINAPI __wrap_CancelIoEx(HANDLE handle, OVERLAPPED *overlapped)
{
    BOOL any = FALSE;
    for (int i = 0; i < holding && !too_late; i++)
        if (overlapped == NULL || held[i].lpOverlapped == overlapped) {
            held[i].lpOverlapped->Internal = (ULONG_PTR)(unsigned)CANCELLED;
            held[i].dwNumberOfBytesTransferred = 0;
            cancels++;
            any = TRUE;
        }
    return any || __real_CancelIoEx(handle, overlapped);
}

static void make_file(const char *name, int size, int one, int other)
{
    FILE *file = fopen(name, "wb");
    require(file != NULL, "a file can't be written");
    for (int i = 0; i < size; i++)
        fputc(i == one || i == other ? '!' : 'a' + i % 26, file);
    fclose(file);
}

/* The second file differs at two places, and has its own size. */
static Difference compare(int size, int other_size, int one, int other,
                          DWORD expected)
{
    Difference difference;
    make_file("one.txt", size, NONE, NONE);
    make_file("other.txt", other_size, one, other);
    reads = in_flight = most = cancels = at_first = holding = 0;
    memset(read_at, 0, sizeof read_at);
    int living = guard_living();
    DWORD error = compare_files(L"one.txt", L"other.txt", &difference);
    if (in_flight != 0)
        need(0, "nothing is left in flight",
             "compare_files has returned, and %d reads have not been taken "
             "out: whose memory do they write to?",
             in_flight);
    if (guard_living() != living)
        need(0, "no memory is left",
             "compare_files has returned, and %d blocks of memory are left",
             guard_living() - living);
    if (most > COMPARE_READS)
        need(0, "no more than the limit",
             "%d reads were in flight, and the limit is %d", most,
             COMPARE_READS);
    if (error != expected)
        need(0, "the error is the right one",
             "compare_files gave error %lu, and not %lu%s", error, expected,
             error == ERROR_OPERATION_ABORTED
                 ? ": who has cancelled that read, and why?"
                 : "");
    return difference;
}

static void differ_at(unsigned place, const Difference *difference)
{
    need(difference->found && difference->place == place, "it is the first one",
         "the files differ at %u first, and compare_files says %s%llu%s", place,
         difference->found ? "" : "that they are equal, ", difference->place,
         newest_first ? ". The newest reads were completed first" : "");
}

static void check_equal(BOOL newest)
{
    stage("equal files, the %s reads complete first",
          newest ? "newest" : "oldest");
    newest_first = newest;
    Difference difference = compare(SIZE, SIZE, NONE, NONE, 0);
    need(at_first == COMPARE_READS, "the port is kept busy",
         "%d reads were in flight at once, and no packet was taken out until "
         "then: %d may be",
         at_first, COMPARE_READS);
    need(!difference.found, "they are equal", "two equal files differ at %llu",
         difference.place);
    for (int i = 0; i < BLOCKS + 1; i++)
        if (read_at[i] != 2)
            need(0, "each block is read once",
                 "block %d of %d was read %lu times, of two files together", i,
                 BLOCKS + 1, read_at[i]);
    expect(reads == 2 * (BLOCKS + 1), "and nothing behind them",
           "%d reads were started for %d blocks", reads, 2 * (BLOCKS + 1));
}

static void check_differences(BOOL newest)
{
    static const int places[][2] = {{3 * COMPARE_BLOCK + 5, 5 * COMPARE_BLOCK},
                                    {0, 7 * COMPARE_BLOCK - 1},
                                    {SIZE - 1, NONE},
                                    {20000, 20001}};
    newest_first = newest;
    for (int i = 0; i < 4; i++) {
        stage("different at %d, and at %d; the %s reads complete first%s",
              places[i][0], places[i][1], newest ? "newest" : "oldest",
              too_late ? ", and cancelling is too late" : "");
        Difference difference =
            compare(SIZE, SIZE, places[i][1], places[i][0], 0);
        differ_at((unsigned)places[i][0], &difference);
    }
}

static void check_economy(void)
{
    stage("a difference in the first block");
    newest_first = FALSE;
    Difference difference = compare(SIZE, SIZE, 5, NONE, 0);
    differ_at(5, &difference);
    need(reads <= COMPARE_READS + 2, "nothing is read behind it",
         "the first pair that completed differed, and %d reads were started: "
         "what for?",
         reads);
    need(cancels > 0, "what is in flight behind it is cancelled",
         "a difference was known with reads in flight behind it, and none of "
         "them was cancelled");
}

static void check_ends(void)
{
    static const int sizes[][2] = {
        {SIZE, 5000}, {5000, SIZE}, {0, 10}, {COMPARE_BLOCK, SIZE}};
    for (int i = 0; i < 4; i++) {
        unsigned shorter =
            (unsigned)(sizes[i][0] < sizes[i][1] ? sizes[i][0] : sizes[i][1]);
        stage("one of %d bytes and one of %d", sizes[i][0], sizes[i][1]);
        Difference difference =
            compare(sizes[i][0], sizes[i][1], NONE, NONE, 0);
        differ_at(shorter, &difference);
    }
    stage("one shorter, and different before");
    Difference difference = compare(SIZE, 9000, 4500, NONE, 0);
    differ_at(4500, &difference);
    stage("two empty files");
    difference = compare(0, 0, NONE, NONE, 0);
    need(!difference.found, "are equal", "two empty files differ at %llu",
         difference.place);
}

static void check_errors(BOOL newest)
{
    newest_first = newest;
    stage("a read that fails");
    broken = 2;
    compare(SIZE, SIZE, NONE, NONE, 1117);
    stage("a read that fails before the difference");
    compare(SIZE, SIZE, 4 * COMPARE_BLOCK, NONE, 1117);
    stage("a read that fails behind the difference");
    Difference difference = compare(SIZE, SIZE, COMPARE_BLOCK + 1, NONE, 0);
    differ_at(COMPARE_BLOCK + 1, &difference);
    broken = NONE;
    stage("a read that doesn't start");
    refused = 4;
    compare(SIZE, SIZE, NONE, NONE, 1117);
    stage("a read that doesn't start, behind the difference");
    difference = compare(SIZE, SIZE, COMPARE_BLOCK + 1, NONE, 0);
    differ_at(COMPARE_BLOCK + 1, &difference);
    refused = NONE;
}

void examine(const Checker *table)
{
    BEGIN(table);
    check_equal(FALSE);
    check_equal(TRUE);
    check_differences(FALSE);
    check_differences(TRUE);
    too_late = TRUE;
    check_differences(FALSE);
    check_differences(TRUE);
    too_late = FALSE;
    check_economy();
    check_ends();
    check_errors(FALSE);
    check_errors(TRUE);
    stage("a file that is not there");
    Difference difference;
    DWORD error = compare_files(L"one.txt", L"none.txt", &difference);
    expect(error == 2, "is an error", "it gave %lu", error);
    error = (DWORD)remove("one.txt");
    expect(error == 0, "and the other is closed",
           "a file could not be removed after compare_files: is it still "
           "open?");
    remove("other.txt");
}
