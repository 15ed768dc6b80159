#include "copy.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "iocp.h"

enum {
    AGAIN_MS = 10, /* until what should not fail is tried again */
    PROGRESS_MS = 3000
};

/* A file that is being copied. */
typedef struct File {
    const TreeFile *names;
    IocpHandle from, to;
    unsigned long long size;  /* when it was opened */
    unsigned long long given; /* so much of it has been given to blocks */
    int blocks;               /* that have a piece of it now */
    BOOL listed;              /* among those being given out */
    DWORD error;              /* the first one */
    struct File *next;
} File;

typedef struct Block {
    File *file;
    BOOL writing;
    DWORD size; /* of its piece */
    unsigned long long offset;
    char bytes[COPY_BLOCK];
} Block;

typedef struct Copy {
    Iocp iocp;
    Tree *tree;
    SRWLOCK telling;      /* one failure at a time */
    SRWLOCK lock;         /* for all that follows */
    const TreeFile *left; /* not opened yet */
    File *files;          /* that are being given out */
    int busy;             /* blocks that may find more to do */
    unsigned long long lent;
    CopyReport *report;
} Copy;

static void lock(Copy *copy)
{
    AcquireSRWLockExclusive(&copy->lock);
}

static void unlock(Copy *copy)
{
    ReleaseSRWLockExclusive(&copy->lock);
}

static void begin_report(CopyReport *report)
{
    *report = (CopyReport){.progress = report->progress,
                           .next_due = now_ms() + PROGRESS_MS};
}

static void report_written(CopyReport *report, DWORD bytes)
{
    report->written += bytes;
    if (report->progress == NULL || now_ms() < report->next_due)
        return;
    report->next_due = now_ms() + PROGRESS_MS;
    report->progress(report->written);
}

static void fail(Copy *copy, const TreeFile *names, DWORD error)
{
    AcquireSRWLockExclusive(&copy->telling);
    copy->report->failed++;
    copy->tree->tell(names->from, error);
    ReleaseSRWLockExclusive(&copy->telling);
}

/* Opens the file to copy to, and gives it its length: a full disk may be found
   now, and Windows waits for writes that make a file longer. */
static DWORD open_target(Copy *copy, File *file)
{
    HANDLE to;
    DWORD error = create_file(file->names->to, &to);
    if (error != 0)
        return error;
    error = set_file_size(to, file->size);
    if (error == 0)
        error = iocp_add_handle(&copy->iocp, to, 0, &file->to);
    if (error != 0) {
        close_handle(to);
        _wremove(file->names->to);
    }
    return error;
}

static DWORD open_both(Copy *copy, File *file)
{
    HANDLE from;
    DWORD error = open_existing(file->names->from, GENERIC_READ, &from);
    if (error != 0)
        return error;
    error = file_size(from, &file->size);
    if (error == 0)
        error = iocp_add_handle(&copy->iocp, from, 0, &file->from);
    if (error == 0)
        error = open_target(copy, file);
    if (error != 0)
        close_handle(from);
    return error;
}

static void begin_file(Copy *copy, const TreeFile *names)
{
    File *file = calloc(1, sizeof *file);
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    if (file != NULL) {
        file->names = names;
        error = open_both(copy, file);
    }
    if (error != 0) {
        fail(copy, names, error);
        free(file);
        return;
    }
    lock(copy);
    file->listed = TRUE;
    file->next = copy->files;
    copy->files = file;
    unlock(copy);
}

/* Closes both; what would be there in part is removed. */
static void end_file(Copy *copy, File *file)
{
    close_handle(file->from.handle);
    DWORD error = close_handle(file->to.handle);
    if (file->error == 0)
        file->error = error;
    if (file->error != 0) {
        _wremove(file->names->to);
        fail(copy, file->names, file->error);
    } else {
        lock(copy);
        copy->report->files++;
        copy->report->bytes += file->size;
        unlock(copy);
    }
    free(file);
}

/* The block gets the file's next piece. With the lock held. */
static void give(Copy *copy, File *file, Block *block)
{
    unsigned long long rest = file->size - file->given;
    block->file = file;
    block->writing = FALSE;
    block->offset = file->given;
    block->size = rest < COPY_BLOCK ? (DWORD)rest : COPY_BLOCK;
    file->given += block->size;
    file->blocks++;
    copy->lent += block->size;
    if (copy->lent > copy->report->most_lent)
        copy->report->most_lent = copy->lent;
}

/* The block gets a piece of a file that is being given out, or of the next one.
   Returns FALSE if there is none left. */
static BOOL give_piece(Copy *copy, Block *block)
{
    BOOL given = FALSE, more = TRUE;
    while (!given && more) {
        const TreeFile *names = NULL;
        File *over = NULL;
        lock(copy);
        File *file = copy->files;
        if (file == NULL) {
            names = copy->left;
            more = names != NULL;
            if (more)
                copy->left = names->next;
        } else if (file->error == 0 && file->given < file->size) {
            give(copy, file, block);
            given = TRUE;
        } else {
            copy->files = file->next;
            file->listed = FALSE;
            over = file->blocks == 0 ? file : NULL;
        }
        unlock(copy);
        if (over != NULL)
            end_file(copy, over);
        if (names != NULL)
            begin_file(copy, names);
    }
    return given;
}

/* Takes the block's piece back: written, or failed with this error. */
static void end_piece(Copy *copy, Block *block, DWORD error)
{
    File *file = block->file;
    lock(copy);
    if (file->error == 0)
        file->error = error;
    if (error == 0)
        report_written(copy->report, block->size);
    copy->lent -= block->size;
    BOOL over = --file->blocks == 0 && !file->listed;
    unlock(copy);
    if (over)
        end_file(copy, file);
}

/* Has pieces read into the block until a read is in flight, or none is left. The
   last block to find none ends the copying. */
static void start(Copy *copy, Block *block)
{
    IocpId id;
    while (give_piece(copy, block)) {
        DWORD error = iocp_read(&block->file->from, block->bytes, block->size,
                                block->offset, block, &id);
        if (error == 0)
            return; /* and the block may be in other hands */
        end_piece(copy, block, error);
    }
    lock(copy);
    BOOL last = --copy->busy == 0;
    unlock(copy);
    while (last && iocp_stop(&copy->iocp) != 0)
        Sleep(AGAIN_MS);
}

/* How the read or write has ended for the copy. Less than the whole piece is too
   little: the file is shorter than it was, or there was no room for all of it. */
static DWORD outcome(const Block *block, const IocpCompletion *completion)
{
    if (completion->error == 0 && completion->bytes < block->size)
        return block->writing ? ERROR_DISK_FULL : ERROR_HANDLE_EOF;
    return completion->error;
}

/* What was read is written; then the block gets its next piece. */
static void advance(Copy *copy, const IocpCompletion *completion)
{
    Block *block = completion->context;
    IocpId id;
    DWORD error = outcome(block, completion);
    if (error == 0 && !block->writing) {
        block->writing = TRUE;
        error = iocp_write(&block->file->to, block->bytes, block->size,
                           block->offset, block, &id);
        if (error == 0)
            return; /* and the block may be in other hands */
    }
    end_piece(copy, block, error);
    start(copy, block);
}

/* A thread of the pool. All are alike: who is free goes on with whatever has
   completed. None leaves while anything is in flight. */
static unsigned WINAPI work(void *argument)
{
    Copy *copy = argument;
    for (;;) {
        IocpCompletion completion;
        DWORD error = iocp_get_completion(&copy->iocp, &completion, INFINITE);
        if (error == ERROR_ABANDONED_WAIT_0)
            return 0;
        if (error == 0)
            advance(copy, &completion);
        else
            Sleep(AGAIN_MS);
    }
}

DWORD copy_by_pool(Tree *tree, ULONG threads, CopyReport *report)
{
    Copy copy = {.tree = tree,
                 .left = tree->files,
                 .busy = COPY_BLOCKS,
                 .report = report};
    HANDLE pool[COPY_THREADS];
    ULONG started = 0;
    begin_report(report);
    InitializeSRWLock(&copy.lock);
    InitializeSRWLock(&copy.telling);
    Block *blocks = calloc(COPY_BLOCKS, sizeof *blocks);
    DWORD error = blocks == NULL ? ERROR_NOT_ENOUGH_MEMORY
                                 : iocp_create(&copy.iocp, threads);
    if (error != 0) {
        free(blocks);
        return error;
    }
    /* This thread is one of the pool's, too, and if need be the only one. */
    while (started + 1 < threads && started < COPY_THREADS &&
           start_thread(&pool[started], work, &copy) == 0)
        started++;
    for (int i = 0; i < COPY_BLOCKS; i++)
        start(&copy, &blocks[i]);
    work(&copy);
    while (started > 0)
        join_thread(pool[--started]);
    error = iocp_close(&copy.iocp);
    free(blocks);
    return error;
}

/* Copies what can be read to what can be written. */
static DWORD copy_open(int from, int to, char *block, CopyReport *report)
{
    int got;
    while ((got = _read(from, block, COPY_BLOCK)) > 0) {
        _doserrno = 0; /* and stays so if less is written, without an error */
        if (_write(to, block, (unsigned)got) != got)
            return _doserrno != 0 ? _doserrno : ERROR_DISK_FULL;
        report->bytes += (unsigned)got;
        report_written(report, (DWORD)got);
    }
    return got < 0 ? _doserrno : 0;
}

static DWORD copy_one(const TreeFile *names, char *block, CopyReport *report)
{
    int from = _wopen(names->from, _O_RDONLY | _O_BINARY);
    if (from < 0)
        return _doserrno;
    int to = _wopen(names->to, _O_WRONLY | _O_CREAT | _O_TRUNC | _O_BINARY,
                    _S_IWRITE);
    DWORD error = to < 0 ? _doserrno : copy_open(from, to, block, report);
    _close(from);
    if (to >= 0 && _close(to) != 0 && error == 0)
        error = _doserrno;
    if (to >= 0 && error != 0)
        _wremove(names->to);
    return error;
}

DWORD copy_by_loop(Tree *tree, CopyReport *report)
{
    begin_report(report);
    report->most_lent = COPY_BLOCK;
    char *block = malloc(COPY_BLOCK);
    if (block == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (const TreeFile *names = tree->files; names; names = names->next) {
        DWORD error = copy_one(names, block, report);
        report->files += error == 0;
        report->failed += error != 0;
        if (error != 0)
            tree->tell(names->from, error);
    }
    free(block);
    return 0;
}
