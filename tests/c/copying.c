// steps: 10
// guard: yes
// wrap: ReadFile WriteFile CreateFileW SetFileInformationByHandle GetFileSizeEx
// wrap: CreateIoCompletionPort PostQueuedCompletionStatus _beginthreadex
// wrap: GetQueuedCompletionStatusEx QueryPerformanceCounter
/* Copying a tree: each file whole or not at all, whatever happens to one of them, and
   whichever call fails. */
#include "guard.h"

#include <direct.h>

#include "completions.h"
#include "copy.h"
#include "fails.h"
#include "handles.h"

enum { FILES = 12, THREADS = 4, BIG = 100 * COPY_BLOCK };

/* What is to happen to one file, the victim. */
static int victim = -1;
static HANDLE victim_from, victim_to;
static DWORD open_error;    /* opening the target */
static DWORD size_error;    /* giving it its length */
static DWORD write_error;   /* the third write to it */
static BOOL shrinks, grows; /* at the first read */
static atomic_int writes;

FAILS(BOOL, GetFileSizeEx, (HANDLE file, long long *size), (file, size), FALSE)

static size_t sizes[FILES] = {0,
                              1,
                              COPY_BLOCK - 1,
                              COPY_BLOCK,
                              COPY_BLOCK + 1,
                              BIG,
                              7 * 100000,
                              333,
                              2 * COPY_BLOCK,
                              3 * COPY_BLOCK + 5,
                              0,
                              12345};

/* base, or in it a tree, or in that a file. */
static const wchar_t *path(int tree, int file)
{
    static _Thread_local wchar_t name[128];
    int used = swprintf(name, 128, L"build\\copy-%d-%d-%lu", STEP,
                        8 * (int)sizeof(void *), GetCurrentProcessId());
    if (tree >= 0)
        used += swprintf(name + used, 128 - used, L"\\%d", tree);
    if (file >= 0) /* two folders */
        swprintf(name + used, 128 - used, file % 2 ? L"\\%d" : L"\\in\\%d",
                 file);
    return name;
}

static const wchar_t *inner(int tree)
{
    static wchar_t name[128];
    swprintf(name, 128, L"%ls\\in", path(tree, -1));
    return name;
}

static BOOL is_victim(const wchar_t *name, int tree)
{
    return victim >= 0 && wcscmp(name, path(tree, victim)) == 0;
}

HANDLE WINAPI __real_CreateFileW(const wchar_t *, DWORD, DWORD, void *, DWORD,
                                 DWORD, HANDLE);
HANDLE WINAPI __wrap_CreateFileW(const wchar_t *name, DWORD access, DWORD share,
                                 void *security, DWORD how, DWORD flags,
                                 HANDLE like)
{
    if (fails("CreateFileW", 5))
        return INVALID_HANDLE_VALUE;
    if (is_victim(name, 1) && open_error != 0) {
        SetLastError(open_error);
        return INVALID_HANDLE_VALUE;
    }
    HANDLE file =
        __real_CreateFileW(name, access, share, security, how, flags, like);
    /* The handle of one that is closed may be another's. */
    if (is_victim(name, 0) || victim_from == file)
        victim_from = is_victim(name, 0) ? file : NULL;
    if (is_victim(name, 1) || victim_to == file)
        victim_to = is_victim(name, 1) ? file : NULL;
    return file;
}

BOOL WINAPI __real_SetFileInformationByHandle(HANDLE, unsigned, void *, DWORD);
BOOL WINAPI __wrap_SetFileInformationByHandle(HANDLE file, unsigned sort,
                                              void *what, DWORD size)
{
    if (fails("SetFileInformationByHandle", 112))
        return FALSE;
    if (file == victim_to && size_error != 0) {
        SetLastError(size_error);
        return FALSE;
    }
    return __real_SetFileInformationByHandle(file, sort, what, size);
}

static void change_length(long change)
{
    HANDLE other = __real_CreateFileW(path(0, victim), GENERIC_WRITE,
                                      FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                      OPEN_EXISTING, 0, NULL);
    long long size = (long long)sizes[victim] + change;
    if (!__real_SetFileInformationByHandle(other, FileEndOfFileInfo, &size, 8))
        bail("cannot change a file's length");
    close_handle(other);
}

BOOL WINAPI __real_ReadFile(HANDLE, void *, DWORD, DWORD *, OVERLAPPED *);
BOOL WINAPI __wrap_ReadFile(HANDLE file, void *into, DWORD size, DWORD *bytes,
                            OVERLAPPED *overlapped)
{
    if (fails("ReadFile", 1450))
        return FALSE;
    if (file == victim_from && overlapped->Offset == 0 && (shrinks || grows))
        change_length(shrinks ? -(long)sizes[victim] / 2 : 1000);
    return __real_ReadFile(file, into, size, bytes, overlapped);
}

BOOL WINAPI __real_WriteFile(HANDLE, const void *, DWORD, DWORD *,
                             OVERLAPPED *);
BOOL WINAPI __wrap_WriteFile(HANDLE file, const void *from, DWORD size,
                             DWORD *bytes, OVERLAPPED *overlapped)
{
    if (fails("WriteFile", 112))
        return FALSE;
    if (file == victim_to && write_error != 0 && ++writes == 3) {
        SetLastError(write_error);
        return FALSE;
    }
    return __real_WriteFile(file, from, size, bytes, overlapped);
}

static char content_of(int file, size_t place)
{
    return (char)(file * 31 + place * 7 + place / 251);
}

static void make_file(int file)
{
    FILE *made = _wfopen(path(0, file), L"wb");
    char *content = malloc(sizes[file] + 1);
    for (size_t i = 0; i < sizes[file]; i++)
        content[i] = content_of(file, i);
    if (made == NULL || fwrite(content, 1, sizes[file], made) != sizes[file] ||
        fclose(made) != 0)
        bail("cannot make the tree");
    free(content);
}

static void make_tree(void)
{
    _wmkdir(path(-1, -1));
    _wmkdir(path(0, -1));
    _wmkdir(inner(0));
    for (int i = 0; i < FILES; i++)
        make_file(i);
}

static void remove_tree(int tree)
{
    for (int i = 0; i < FILES; i++)
        _wremove(path(tree, i));
    _wrmdir(inner(tree));
    _wrmdir(path(tree, -1));
}

/* Whether the copy is there, byte for byte. */
static BOOL copied(int file)
{
    FILE *made = _wfopen(path(1, file), L"rb");
    if (made == NULL)
        return FALSE;
    char *content = malloc(sizes[file] + 1);
    BOOL same = fread(content, 1, sizes[file] + 1, made) == sizes[file];
    for (size_t i = 0; same && i < sizes[file]; i++)
        same = content[i] == content_of(file, i);
    fclose(made);
    free(content);
    return same;
}

static int all_but(int one)
{
    int count = 0;
    for (int i = 0; i < FILES; i++)
        count += i != one && copied(i);
    return count;
}

static atomic_llong leap; /* each look at the clock, in its own unit */

BOOL WINAPI __real_QueryPerformanceCounter(long long *count);
BOOL WINAPI __wrap_QueryPerformanceCounter(long long *count)
{
    static atomic_llong leapt;
    __real_QueryPerformanceCounter(count);
    *count += leapt += leap;
    return TRUE;
}

static atomic_int told;
static DWORD told_error;
static BOOL told_name;

static void tell_of(const wchar_t *name, DWORD error)
{
    told++;
    told_error = error;
    told_name = is_victim(name, 0);
}

static CopyReport report;
static Tree tree;

static DWORD copy(ULONG threads)
{
    wchar_t from[128];
    told = 0;
    told_error = 0;
    writes = 0;
    wcscpy(from, path(0, -1));
    remove_tree(1);
    DWORD error = tree_list(&tree, from, path(1, -1), tell_of);
    if (error == 0)
        error = threads == 0 ? copy_by_loop(&tree, &report)
                             : copy_by_pool(&tree, threads, &report);
    tree_free(&tree);
    return error;
}

static void whole(ULONG threads)
{
    is(copy(threads), 0, "%lu threads copy a tree", threads);
    is((unsigned)all_but(-1), FILES, "all files, byte for byte");
    size_t sum = 0;
    for (int i = 0; i < FILES; i++)
        sum += sizes[i];
    ok(report.files == FILES && report.failed == 0 && report.bytes == sum &&
           told == 0,
       "and says so");
    ok(report.most_lent <= COPY_BLOCKS * COPY_BLOCK, "%llu bytes in flight",
       report.most_lent);
}

static ULONG progresses;
static unsigned long long progressed;
static BOOL forward;

static void progress(unsigned long long written)
{
    progresses++;
    forward = forward && written >= progressed;
    progressed = written;
}

/* A copy that takes long says how far it is. */
static void tells_progress(ULONG threads)
{
    progresses = 0;
    progressed = 0;
    forward = TRUE;
    report.progress = progress;
    is(copy(threads), 0, "%lu threads, and somebody who asks how far", threads);
    is(progresses, 0, "nothing to tell of a copy that is soon over");
    long long second;
    QueryPerformanceFrequency(&second);
    leap = 3 * second;
    copy(threads);
    leap = 0;
    ok(progresses > 100 && forward && progressed == report.bytes,
       "a slow one is told of, up to the last byte: %lu times", progresses);
    report.progress = NULL;
}

/* One file fails; the others are copied. */
static void one_fails(const char *what, int file, DWORD error, ULONG threads)
{
    victim = file;
    is(copy(threads), 0, "%s: the others go on", what);
    is((unsigned)all_but(file), FILES - 1, "%s: they are whole", what);
    ok(told == 1 && told_name && told_error == error && report.failed == 1 &&
           report.files == FILES - 1,
       "%s: it is told of, with %lu", what, error);
    if (told_error != error)
        printf("# told is %lu\n", told_error);
    ok(_waccess(path(1, file), 0) != 0, "%s: nothing is left of it", what);
    victim = -1;
    open_error = size_error = write_error = 0;
    victim_from = victim_to = NULL;
    shrinks = grows = FALSE;
}

static void failures(void)
{
    HANDLE locked;
    open_error = 206;
    one_fails("a name too long", 4, 206, THREADS);
    open_error = 5;
    one_fails("no right to it", 5, 5, THREADS);
    size_error = 112;
    one_fails("a full disk, found at once", 6, 112, THREADS);
    write_error = 112;
    one_fails("a full disk, found by a write", 5, 112, THREADS);
    shrinks = TRUE;
    one_fails("it shrinks", 5, ERROR_HANDLE_EOF, THREADS);
    make_file(5);
    shrinks = TRUE;
    one_fails("a small one shrinks", 7, ERROR_HANDLE_EOF, THREADS);
    make_file(7);
    locked = __real_CreateFileW(path(0, 3), GENERIC_READ, 0, NULL,
                                OPEN_EXISTING, 0, NULL);
    one_fails("somebody has it open", 3, 32, THREADS);
    one_fails("and for a loop", 3, 32, 0);
    close_handle(locked);
    grows = TRUE;
    victim = 5;
    is(copy(THREADS), 0, "it grows");
    is((unsigned)all_but(-1), FILES, "it is copied as long as it was");
    victim = -1;
    grows = FALSE;
    make_file(5);
}

/* Every call in turn. Whatever fails, a file is whole or not there, the copy ends,
   and nothing is left. */
static void each_call_fails(void)
{
    int wrong = 0, n = 0, live = guard_living(), handles = handle_count();
    copy(2);
    do {
        failed_call = NULL;
        fails_countdown = ++n;
        DWORD error = copy(2);
        fails_countdown = 0;
        ULONG whole = 0;
        for (int i = 0; i < FILES; i++)
            whole += copied(i);
        BOOL right = error != 0 || (report.files == whole &&
                                    report.files + report.failed == FILES &&
                                    (ULONG)told == report.failed + tree.failed);
        right = right && guard_living() == live && guard_lent() == 0 &&
                handle_count() == handles;
        if (!right)
            printf("# call %d, %s: error %lu, %lu whole, %lu copied, %lu "
                   "failed, %d told, %d blocks, %d handles\n",
                   n, failed_call, error, whole, report.files, report.failed,
                   told, guard_living() - live, handle_count() - handles);
        wrong += !right;
    } while (failed_call != NULL);
    is((unsigned)wrong, 0,
       "%d calls fail in turn: each file is whole or not "
       "there",
       n - 1);
    ok(n > 100, "they are many");
}

int main(void)
{
    make_tree();
    whole(1);
    whole(THREADS);
    whole(0);
    tells_progress(THREADS);
    tells_progress(0);
    failures();
    sizes[5] = 2 * COPY_BLOCK;
    sizes[6] = sizes[8] = sizes[9] = 1000;
    make_tree();
    guard_refuse = fails_allocation;
    each_call_fails();
    guard_refuse = NULL;
    remove_tree(0);
    remove_tree(1);
    _wrmdir(path(-1, -1));
    return done_testing();
}
