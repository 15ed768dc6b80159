#include "lines.h"

#include <stdlib.h>

typedef struct Job {
    DWORD size;
    IocpId id;
    char bytes[LINES_BLOCK]; /* lent */
} Job;

typedef struct Count {
    Iocp iocp;
    IocpHandle file;
    LinesReport *report;
    atomic_int in_flight; /* and one more while blocks are being started */
    SRWLOCK lock;         /* for what follows, and the report */
    DWORD error;          /* the first one */
} Count;

/* One less is in flight; after the last one the threads may go. */
static void leave(Count *count)
{
    if (--count->in_flight == 0)
        while (iocp_stop(&count->iocp) != 0)
            Sleep(1);
}

static void note(Count *count, DWORD error)
{
    AcquireSRWLockExclusive(&count->lock);
    if (count->error == 0)
        count->error = error;
    ReleaseSRWLockExclusive(&count->lock);
}

static void start(Count *count, unsigned long long offset, DWORD size)
{
    Job *job = malloc(sizeof *job);
    if (job == NULL) {
        note(count, ERROR_NOT_ENOUGH_MEMORY);
        return;
    }
    job->size = size;
    DWORD error =
        iocp_read(&count->file, job->bytes, size, offset, job, &job->id);
    if (error != 0) {
        note(count, error);
        free(job);
        return;
    }
    count->in_flight++;
    AcquireSRWLockExclusive(&count->lock);
    count->report->asked += job->size;
    ReleaseSRWLockExclusive(&count->lock);
}

static void handle(Count *count, const IocpCompletion *completion)
{
    Job *job = completion->context;
    ULONG lines = 0;
    for (DWORD i = 0; i < completion->bytes; i++)
        lines += job->bytes[i] == '\n';
    if (completion->error != 0)
        note(count, completion->error);
    AcquireSRWLockExclusive(&count->lock);
    count->report->lines += lines;
    count->report->blocks += completion->error == 0;
    ReleaseSRWLockExclusive(&count->lock);
    free(job);
    leave(count);
}

static unsigned WINAPI work(void *argument)
{
    Count *count = argument;
    IocpCompletion completion;
    DWORD error;
    while ((error = iocp_get_completion(&count->iocp, &completion, INFINITE)) ==
           0)
        handle(count, &completion);
    return 0;
}

static void start_all(Count *count, unsigned long long size)
{
    unsigned long long offset = 0;
    count->in_flight = 1;
    while (offset < size && count->error == 0) {
        unsigned long long left = size - offset;
        DWORD piece = left < LINES_BLOCK ? (DWORD)left : LINES_BLOCK;
        start(count, offset, piece);
        offset += piece;
    }
    leave(count);
}

static DWORD count_open(Count *count, HANDLE file, ULONG threads)
{
    HANDLE pool[LINES_THREADS];
    ULONG started = 0;
    unsigned long long size;
    DWORD error = file_size(file, &size);
    if (error == 0)
        error = iocp_add_handle(&count->iocp, file, 0, &count->file);
    if (error != 0)
        return error;
    while (started < threads && started < LINES_THREADS &&
           start_thread(&pool[started], work, count) == 0)
        started++;
    start_all(count, size);
    work(count);
    while (started > 0)
        join_thread(pool[--started]);
    return count->error;
}

DWORD lines_count(const wchar_t *name, ULONG threads, LinesReport *report)
{
    Count count = {.report = report};
    HANDLE file;
    *report = (LinesReport){0};
    InitializeSRWLock(&count.lock);
    DWORD error = iocp_create(&count.iocp, 0);
    if (error != 0)
        return error;
    error = open_existing(name, GENERIC_READ, &file);
    if (error == 0) {
        error = count_open(&count, file, threads);
        close_handle(file);
    }
    DWORD closing = iocp_close(&count.iocp);
    return error != 0 ? error : closing;
}
