// wrap: CreateFileW CreateIoCompletionPort CloseHandle WriteFile Sleep GetQueuedCompletionStatusEx WaitForSingleObject malloc calloc realloc free
// libs: -lntdll
/* Stands before WriteFile, to have the disk take its time, or be full. */
#include "guard.h"

#include <stdio.h>
#include <wchar.h>

#include "check.h"
#include "logfile.h"

enum { MANY = 1000, LINE = 60, PATIENCE = 1500, HANDLES = 64 };

DWORD WINAPI GetCurrentThreadId(void);
DWORD WINAPI GetTempPathW(DWORD size, wchar_t *path);
unsigned WINAPI GetTempFileNameW(const wchar_t *path, const wchar_t *prefix,
                                 unsigned unique, wchar_t *name);
BOOL WINAPI DeleteFileW(const wchar_t *name);
void WINAPI SetLastError(DWORD error);
WRAPPED(CreateFileW);
WRAPPED(CreateIoCompletionPort);
WRAPPED(CloseHandle);
WRAPPED(WriteFile);
WRAPPED(Sleep);
WRAPPED(GetQueuedCompletionStatusEx);
WRAPPED(WaitForSingleObject);

static LogFile the_log;
static wchar_t name[300];
static HANDLE file_of_log;
static HANDLE opened[HANDLES]; /* files and ports */
static DWORD we;               /* the thread that adds, */
static volatile DWORD writer;  /* and that which writes */
static volatile BOOL closed;   /* the gate before the disk */
static volatile int standing;  /* before it */
static volatile int writes, waits;
static DWORD fail; /* each write ends so, or 0 */
static char content[1 << 18];

static void note_open(HANDLE handle)
{
    int i = 0;
    while (i < HANDLES - 1 && opened[i] != NULL)
        i++;
    opened[i] = handle;
}

HANDLE WINAPI __wrap_CreateFileW(const wchar_t *path, DWORD access, DWORD share,
                                 void *security, DWORD creation, DWORD flags,
                                 HANDLE template)
{
    HANDLE file = __real_CreateFileW(path, access, share, security, creation,
                                     flags, template);
    if (wcscmp(path, name) == 0)
        note_open(file_of_log = file);
    return file;
}

HANDLE WINAPI __wrap_CreateIoCompletionPort(HANDLE file, HANDLE port,
                                            ULONG_PTR key, DWORD threads)
{
    HANDLE result = __real_CreateIoCompletionPort(file, port, key, threads);
    if (port == NULL)
        note_open(result);
    return result;
}

BOOL WINAPI __wrap_CloseHandle(HANDLE handle)
{
    for (int i = 0; i < HANDLES; i++)
        if (opened[i] == handle)
            opened[i] = NULL;
    return __real_CloseHandle(handle);
}

static int still_open(void)
{
    int count = 0;
    for (int i = 0; i < HANDLES; i++)
        count += opened[i] != NULL;
    return count;
}

/* A wait of the thread that writes. */
static void note_wait(void)
{
    waits += GetCurrentThreadId() == writer;
}

BOOL WINAPI __wrap_WriteFile(HANDLE file, const void *data, DWORD size,
                             DWORD *written, OVERLAPPED *overlapped)
{
    if (file != file_of_log)
        return __real_WriteFile(file, data, size, written, overlapped);
    writer = GetCurrentThreadId();
    if (writer == we)
        need(0, "nobody who adds waits",
             "WriteFile was called by the thread that adds, with %lu bytes: if "
             "the disk takes a second, who waits for it?",
             size);
    __sync_fetch_and_add(&writes, 1);
    __sync_fetch_and_add(&standing, 1);
    while (closed)
        pause_ms(1);
    __sync_fetch_and_sub(&standing, 1);
    if (fail != 0) {
        SetLastError(fail);
        return FALSE;
    }
    return __real_WriteFile(file, data, size, written, overlapped);
}

void WINAPI __wrap_Sleep(DWORD time)
{
    note_wait();
    __real_Sleep(time);
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    note_wait();
    return __real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                              timeout, alertable);
}

DWORD WINAPI __wrap_WaitForSingleObject(HANDLE handle, DWORD timeout)
{
    note_wait();
    return __real_WaitForSingleObject(handle, timeout);
}

static void open_log(void)
{
    DWORD error = logfile_open(&the_log, name);
    require(error == 0, "logfile_open gave error %lu", error);
}

static DWORD add(const char *line)
{
    return logfile_add(&the_log, line, (DWORD)strlen(line));
}

static void adds(const char *line)
{
    DWORD error = add(line);
    need(error == 0, "a line is taken", "logfile_add gave error %lu", error);
}

static void close_log(void)
{
    DWORD error = logfile_close(&the_log);
    require(error == 0, "logfile_close gave error %lu", error);
}

/* What is in the file now. */
static const char *look(void)
{
    FILE *file = _wfopen(name, L"rb");
    require(file != NULL, "the log's file isn't there");
    size_t size = fread(content, 1, sizeof content - 1, file);
    content[size] = '\0';
    fclose(file);
    return content;
}

static void empty_it(void)
{
    FILE *file = _wfopen(name, L"wb");
    require(file != NULL, "the log's file can't be emptied");
    fclose(file);
}

static void lines(void)
{
    stage("two lines");
    open_log();
    adds("one\n");
    adds("two\n");
    close_log();
    need(strcmp(look(), "one\ntwo\n") == 0, "both are there",
         "'one' and 'two' were added, and the log closed; it says '%.60s'",
         content);
    stage("the log is opened again");
    open_log();
    adds("three\n");
    close_log();
    need(strcmp(look(), "one\ntwo\nthree\n") == 0, "behind what is there",
         "then it was opened again and 'three' added; it says '%.60s'",
         content);
    empty_it();
}

static void idle(void)
{
    stage("nothing to write");
    open_log();
    adds("one\n");
    unsigned long start = milliseconds();
    while (strcmp(look(), "one\n") != 0 && milliseconds() - start < PATIENCE)
        __real_Sleep(5);
    need(
        strcmp(look(), "one\n") == 0, "a line is written soon",
        "a line was added, and after %d ms the log says '%.60s': who tells the "
        "thread?",
        PATIENCE, content);
    __real_Sleep(20);
    waits = 0;
    __real_Sleep(100);
    need(waits <= 1, "then the thread sleeps",
         "in 100 ms with nothing to write it has waited %d times: for what?",
         waits);
    adds("two\n");
    start = milliseconds();
    while (strcmp(look(), "one\ntwo\n") != 0 &&
           milliseconds() - start < PATIENCE)
        __real_Sleep(5);
    need(strcmp(look(), "one\ntwo\n") == 0, "and wakes",
         "it slept, a line was added, and after %d ms the log says '%.60s'",
         PATIENCE, content);
    close_log();
    empty_it();
}

static void numbered(int i, char *line)
{
    sprintf(line, "%0*d\n", LINE - 1, i);
}

/* The disk doesn't come back from the first line. */
static void stall(void)
{
    closed = TRUE;
    open_log();
    adds("first\n");
    wait_until(standing > 0, PATIENCE);
    require(standing > 0, "a line was added, and nobody writes it");
}

static void gathered(void)
{
    char line[LINE + 1];
    stage("a disk that takes its time");
    stall();
    writes = 0;
    for (int i = 0; i < MANY; i++) {
        numbered(i, line);
        DWORD error = add(line);
        if (error != 0)
            need(0, "each is taken",
                 "%d lines of %d bytes wait, and the next is refused with %lu",
                 i + 1, LINE, error);
    }
    closed = FALSE;
    close_log();
    const char *at = look();
    int good = strncmp(at, "first\n", 6) == 0;
    at += 6;
    int i = 0;
    for (; good && i < MANY; i++, at += LINE) {
        numbered(i, line);
        good = strncmp(at, line, LINE) == 0;
    }
    need(good && *at == '\0', "all are there, in order, when it is closed",
         "%d lines were added while the disk was busy, then it was closed; the "
         "log is wrong at line %d: '%.30s'",
         MANY, i, at);
    expect(writes <= 4, "with few writes",
           "%d lines waited together, and %d writes were made of them", MANY,
           writes);
    empty_it();
}

static void no_room(void)
{
    char line[LINE + 1];
    int taken = 6, lost = 0;
    stage("more than there is room for");
    stall();
    for (int i = 0; i < 2 * MANY; i++) {
        numbered(i, line);
        DWORD error = add(line);
        require(error == 0 || error == WSAEWOULDBLOCK,
                "logfile_add gave error %lu", error);
        taken += error == 0 ? LINE : 0;
        lost += error != 0;
    }
    need(taken <= LOG_ROOM, "no more than LOG_ROOM",
         "%d bytes wait to be written, and %d were to", taken, LOG_ROOM);
    need(taken > LOG_ROOM - 2 * LINE, "and no less",
         "%d bytes wait, and a line of %d was refused", taken, LINE);
    closed = FALSE;
    unsigned long start = milliseconds();
    while (strlen(look()) < (size_t)taken && milliseconds() - start < PATIENCE)
        __real_Sleep(5);
    need(strlen(content) == (size_t)taken, "what was taken is written",
         "%d bytes were taken, %u are written", taken,
         (unsigned)strlen(content));
    __real_Sleep(20);
    adds("again\n");
    close_log();
    sprintf(line, "# %d lines lost\nagain\n", lost);
    look();
    need(
        strcmp(content + taken, line) == 0, "it says what is missing",
        "%d lines were lost, then 'again' was added; behind the others the log "
        "says '%.60s'",
        lost, content + taken);
    empty_it();
    stage("lines lost, and none after them");
    stall();
    for (taken = 6;
         add("123456789012345678901234567890123456789012345678\n") == 0;
         taken += 49)
        ;
    closed = FALSE;
    close_log();
    look();
    need(strcmp(content + taken, "# 1 lines lost\n") == 0, "it says so, too",
         "a line was lost, and then the log was closed; its end is '%.60s'",
         strlen(content) >= (size_t)taken ? content + taken : "missing");
    empty_it();
    stage("what is lost, said once");
    stall();
    while (add("123456789012345678901234567890123456789012345678\n") == 0)
        ;
    closed = FALSE;
    wait_until(standing == 0 && strlen(look()) > LOG_ROOM - 100, PATIENCE);
    __real_Sleep(20);
    adds("a\n");
    adds("b\n");
    close_log();
    look();
    const char *said = strstr(content, "# 1 lines lost\na\nb\n");
    need(said != NULL && said[19] == '\0', "not again",
         "a line was lost, then two were added; the end is '%.60s'",
         content + strlen(content) - 40);
    empty_it();
}

static void errors(int living)
{
    LogFile none;
    stage("a full disk");
    fail = 112;
    open_log();
    adds("one\n");
    unsigned long start = milliseconds();
    while (add("two\n") != 112 && milliseconds() - start < PATIENCE)
        __real_Sleep(5);
    DWORD error = add("three\n");
    need(error == 112, "adding says so",
         "WriteFile failed with 112, and logfile_add gives %lu", error);
    int before = writes;
    __real_Sleep(20);
    add("four\n");
    __real_Sleep(20);
    expect(writes == before, "and nothing more is written",
           "writing has failed, and %d more were tried", writes - before);
    error = logfile_close(&the_log);
    expect(error == 112, "closing says so", "logfile_close gave %lu", error);
    fail = 0;
    need(strcmp(look(), "") == 0, "nothing is written", "the log says '%.60s'",
         content);
    stage("errors");
    error = logfile_add(&the_log, "x\n", 2);
    expect(error == ERROR_INVALID_PARAMETER, "a closed log takes nothing",
           "logfile_add gave %lu", error);
    error = logfile_close(&the_log);
    expect(error == ERROR_INVALID_PARAMETER, "nor closes",
           "logfile_close gave %lu", error);
    error = logfile_open(&none, L"C:\\no\\such\\folder\\log");
    expect(error == ERROR_PATH_NOT_FOUND, "a file that can't be",
           "logfile_open gave %lu for a folder that isn't there", error);
    expect(guard_living() == living, "nothing is left",
           "all is closed, and %d blocks of memory are still allocated",
           guard_living() - living);
}

void examine(const Checker *table)
{
    BEGIN(table);
    wchar_t path[261];
    int living = guard_living();
    we = GetCurrentThreadId();
    require(GetTempPathW(261, path) != 0 &&
                GetTempFileNameW(path, L"log", 0, name) != 0,
            "no file for a log could be made");
    lines();
    idle();
    gathered();
    no_room();
    need(still_open() == 0, "no handle is left",
         "the log was opened and closed, and %d handles of files and ports are "
         "still open",
         still_open());
    errors(living);
    DeleteFileW(name);
}
