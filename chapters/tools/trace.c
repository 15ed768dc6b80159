/* Writes down which Win32 calls a program makes and what becomes of the
   operations they start. To be linked in front of the system's libraries. It
   writes to the file that the environment variable TRACE names, line by line, so
   that the record of a program that crashes is there, too; without TRACE it does
   nothing. trace.awk reads what it writes:

     program  file name
     call     number, time, thread, name, arguments, callers
     end      number, time, error, what was made
     packet   number of the wait, time, OVERLAPPED, key, bytes, error
     done     time, OVERLAPPED

   Times are in microseconds. "done" is when an operation's OVERLAPPED was first
   seen to be no longer pending: under Wine, within a millisecond of its packet's
   arrival in the port. Windows may leave that until the packet is taken out. */
#include "intercept.c"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { LINE = 1024, CALLERS = 8, DATA = 10, TRACKED = 64, WATCH_MS = 1 };
#define PENDING 0x103 /* STATUS_PENDING */

/* An operation that the system still uses. */
typedef struct Lent {
    const OVERLAPPED *overlapped;
    BOOL started; /* the call that starts it has returned */
} Lent;

static Intercept next;
static FILE *record;
static SRWLOCK lock = SRWLOCK_INIT; /* for all that follows */
static LONGLONG first, frequency;
static unsigned calls;
static Lent lent[TRACKED]; /* those beyond are traced without their "done" */
static int lent_count;

/* Handles, sockets and pointers as numbers of one kind. */
static unsigned long long number(const void *pointer)
{
    return (ULONG_PTR)pointer;
}

static LONGLONG now(void)
{
    LARGE_INTEGER count;
    QueryPerformanceCounter(&count);
    return (count.QuadPart - first) * 1000000 / frequency;
}

__attribute__((format(printf, 1, 2))) static void line(const char *format, ...)
{
    char text[LINE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text - 1, format, arguments);
    va_end(arguments);
    if (size > (int)sizeof text - 2)
        size = sizeof text - 2;
    text[size] = '\n';
    fwrite(text, 1, (size_t)size + 1, record);
}

/* Another part of the program may have freed an OVERLAPPED that is lent, so it is
   read by a call that fails where a pointer would crash. */
static void look(void)
{
    ULONG_PTR status;
    for (int i = lent_count - 1; i >= 0; i--)
        if (lent[i].started &&
            (!ReadProcessMemory(GetCurrentProcess(),
                                &lent[i].overlapped->Internal, &status,
                                sizeof status, NULL) ||
             status != PENDING)) {
            line("done\t%lld\t%llx", now(), number(lent[i].overlapped));
            lent[i] = lent[--lent_count];
        }
}

static DWORD WINAPI watch(void *unused)
{
    (void)unused;
    for (;;) {
        AcquireSRWLockExclusive(&lock);
        look();
        ReleaseSRWLockExclusive(&lock);
        Sleep(WATCH_MS);
    }
    return 0;
}

static void lend(const OVERLAPPED *overlapped)
{
    static HANDLE watcher;
    if (watcher == NULL)
        watcher = CreateThread(NULL, 0, watch, NULL, 0, NULL);
    if (lent_count < TRACKED)
        lent[lent_count++] = (Lent){overlapped, FALSE};
}

static void give_back(const OVERLAPPED *overlapped)
{
    for (int i = 0; i < lent_count; i++)
        if (lent[i].overlapped == overlapped)
            lent[i--] = lent[--lent_count];
}

typedef struct Word {
    char text[DATA + 1];
} Word;

/* The first of data as one word: blanks are written as +. */
static Word start_of(const char *data, DWORD size)
{
    Word word = {""};
    for (DWORD n = 0; n < size && n < DATA && data[n] != '+' &&
                      isprint((unsigned char)data[n]);
         n++)
        word.text[n] = data[n] == ' ' ? '+' : data[n];
    return word;
}

/* The end of a file's name, which says most. */
static Word end_of(const char *name)
{
    size_t size = strlen(name);
    size_t skip = size > DATA ? size - DATA : 0;
    return start_of(name + skip, (DWORD)(size - skip));
}

static Word end_of_wide(const WCHAR *name)
{
    char narrow[MAX_PATH];
    size_t n = 0;
    for (; name[n] != L'\0' && n < MAX_PATH - 1; n++)
        narrow[n] = name[n] < 0x7f ? (char)name[n] : '?';
    narrow[n] = '\0';
    return end_of(narrow);
}

static DWORD size_of(const WSABUF *buffers, DWORD count)
{
    DWORD size = 0;
    for (DWORD i = 0; i < count; i++)
        size += buffers[i].len;
    return size;
}

/* A call begins; overlapped is what it starts, if it does. */
__attribute__((format(printf, 4, 5))) static unsigned
begins(const void *caller, const char *name, const OVERLAPPED *overlapped,
       const char *format, ...)
{
    ULONG_PTR offsets[CALLERS];
    char arguments[LINE / 2], callers[CALLERS * 20] = "";
    int size = 0;
    DWORD error = GetLastError();
    int count = intercept_callers(caller, offsets, CALLERS);
    for (int i = 0; i < count; i++)
        size +=
            snprintf(callers + size, sizeof callers - (size_t)size, "%s%llx",
                     i > 0 ? " " : "", (unsigned long long)offsets[i]);
    va_list list;
    va_start(list, format);
    vsnprintf(arguments, sizeof arguments, format, list);
    va_end(list);

    AcquireSRWLockExclusive(&lock);
    unsigned id = ++calls;
    look();
    if (overlapped != NULL)
        lend(overlapped);
    line("call\t%u\t%lld\t%lx\t%s\t%s\t%s", id, now(), GetCurrentThreadId(),
         name, arguments, callers);
    ReleaseSRWLockExclusive(&lock);
    SetLastError(error);
    return id;
}

/* It returns: what it has made, as an argument, or nothing. */
static void ends(unsigned id, DWORD error, const OVERLAPPED *overlapped,
                 const char *made, const void *value)
{
    DWORD last = GetLastError();
    AcquireSRWLockExclusive(&lock);
    for (int i = 0; i < lent_count; i++)
        if (lent[i].overlapped == overlapped)
            lent[i].started = TRUE;
    if (error != 0 && error != ERROR_IO_PENDING && error != ERROR_MORE_DATA &&
        error != WSAEMSGSIZE)
        give_back(overlapped);
    if (made != NULL && error == 0)
        line("end\t%u\t%lld\t%lu\t%s=%llx", id, now(), error, made,
             number(value));
    else
        line("end\t%u\t%lld\t%lu", id, now(), error);
    ReleaseSRWLockExclusive(&lock);
    SetLastError(last);
}

static void arrives(unsigned id, const OVERLAPPED *overlapped, ULONG_PTR key,
                    DWORD bytes, DWORD error)
{
    AcquireSRWLockExclusive(&lock);
    give_back(overlapped);
    line("packet\t%u\t%lld\t%llx\t%llu\t%lu\t%lu", id, now(),
         number(overlapped), (unsigned long long)key, bytes, error);
    ReleaseSRWLockExclusive(&lock);
}

static DWORD error_unless(BOOL succeeded)
{
    return succeeded ? 0 : GetLastError();
}

/* As GetQueuedCompletionStatus would say it. */
static DWORD error_of_status(ULONG_PTR status)
{
    static ULONG(WINAPI * convert)(LONG);
    if (convert == NULL)
        convert = (ULONG(WINAPI *)(LONG))(void *)GetProcAddress(
            GetModuleHandleA("ntdll.dll"), "RtlNtStatusToDosError");
    return convert((LONG)status);
}

static void arrive(unsigned id, const OVERLAPPED_ENTRY *entries, ULONG count)
{
    for (ULONG i = 0; i < count; i++)
        arrives(id, entries[i].lpOverlapped, entries[i].lpCompletionKey,
                entries[i].dwNumberOfBytesTransferred,
                error_of_status(entries[i].Internal));
}

/* How each call is recorded: the OVERLAPPED that it lends, its error, what it
   makes, what else is to be done when it returns, and its arguments. */
#define NO_OVERLAPPED (OVERLAPPED *)NULL
#define BOOLEAN_ERROR error_unless(result)
#define WINSOCK_ERROR error_unless(result == 0)
#define HANDLE_ERROR error_unless(result != INVALID_HANDLE_VALUE)
#define SOCKET_MADE error_unless(result != INVALID_SOCKET)
#define COUNT_ERROR error_unless(result >= 0)
#define WAIT_ERROR                         \
    (result == WAIT_TIMEOUT ? WAIT_TIMEOUT \
                            : error_unless(result != WAIT_FAILED))
#define NOTHING_MADE NULL
#define NO_MORE (void)0
#define N(value) number((const void *)(ULONG_PTR)(value))

#define CALLED(error, ...) \
    NO_OVERLAPPED, error, NOTHING_MADE, NO_MORE, __VA_ARGS__
#define MADE(error, made, ...) NO_OVERLAPPED, error, made, NO_MORE, __VA_ARGS__
#define STARTED(error, ...) \
    overlapped, error, NOTHING_MADE, NO_MORE, __VA_ARGS__
#define TOOK(take, ...) \
    NO_OVERLAPPED, BOOLEAN_ERROR, NOTHING_MADE, take, __VA_ARGS__

#define HOW_CreateIoCompletionPort                                   \
    MADE(error_unless(result != NULL), port == NULL ? "port" : NULL, \
         "handle=%llx port=%llx key=%llu", N(file), N(port), N(key))
#define HOW_GetQueuedCompletionStatus                                \
    TOOK(result || *overlapped != NULL                               \
             ? arrives(id, *overlapped, *key, *bytes, BOOLEAN_ERROR) \
             : NO_MORE,                                              \
         "port=%llx timeout=%ld", N(port), (long)timeout)
#define HOW_GetQueuedCompletionStatusEx              \
    TOOK(arrive(id, entries, result ? *removed : 0), \
         "port=%llx room=%lu timeout=%ld", N(port), capacity, (long)timeout)
#define HOW_PostQueuedCompletionStatus                                    \
    CALLED(BOOLEAN_ERROR, "port=%llx overlapped=%llx key=%llu bytes=%lu", \
           N(port), N(overlapped), N(key), bytes)

#define HOW_CreateFileA MADE(HANDLE_ERROR, "file", "name=%s", end_of(name).text)
#define HOW_CreateFileW \
    MADE(HANDLE_ERROR, "file", "name=%s", end_of_wide(name).text)
#define HOW_CreateNamedPipeA \
    MADE(HANDLE_ERROR, "pipe", "name=%s", end_of(name).text)
#define HOW_CreateNamedPipeW \
    MADE(HANDLE_ERROR, "pipe", "name=%s", end_of_wide(name).text)
#define HOW_ReadFile                                                       \
    STARTED(BOOLEAN_ERROR, "file=%llx overlapped=%llx bytes=%lu", N(file), \
            N(overlapped), size)
#define HOW_WriteFile HOW_ReadFile
#define HOW_ConnectNamedPipe \
    STARTED(BOOLEAN_ERROR, "pipe=%llx overlapped=%llx", N(pipe), N(overlapped))
#define HOW_DeviceIoControl                                                    \
    STARTED(BOOLEAN_ERROR, "handle=%llx overlapped=%llx code=%#lx", N(device), \
            N(overlapped), code)
#define HOW_GetOverlappedResult \
    CALLED(BOOLEAN_ERROR, "handle=%llx overlapped=%llx", N(file), N(overlapped))
#define HOW_SetFileCompletionNotificationModes \
    CALLED(BOOLEAN_ERROR, "handle=%llx flags=%u", N(file), flags)
#define HOW_CancelIo CALLED(BOOLEAN_ERROR, "handle=%llx", N(file))
#define HOW_CancelIoEx \
    CALLED(BOOLEAN_ERROR, "handle=%llx overlapped=%llx", N(file), N(overlapped))
#define HOW_CloseHandle CALLED(BOOLEAN_ERROR, "handle=%llx", N(handle))
#define HOW_WaitForSingleObject \
    CALLED(WAIT_ERROR, "handle=%llx timeout=%ld", N(handle), (long)timeout)
#define HOW_WaitForMultipleObjects \
    CALLED(WAIT_ERROR, "handles=%lu timeout=%ld", count, (long)timeout)

#define HOW_socket MADE(SOCKET_MADE, "socket", "%s", "")
#define HOW_WSASocketA HOW_socket
#define HOW_WSASocketW HOW_socket
#define HOW_bind CALLED(WINSOCK_ERROR, "socket=%llx", N(s))
#define HOW_listen CALLED(WINSOCK_ERROR, "socket=%llx", N(s))
#define HOW_accept MADE(SOCKET_MADE, "socket", "socket=%llx", N(s))
#define HOW_connect CALLED(WINSOCK_ERROR, "socket=%llx", N(s))
#define HOW_send                                                    \
    CALLED(COUNT_ERROR, "socket=%llx bytes=%d data=%s", N(s), size, \
           start_of(data, (DWORD)size).text)
#define HOW_recv CALLED(COUNT_ERROR, "socket=%llx bytes=%d", N(s), size)
#define HOW_WSARecv                                                       \
    STARTED(WINSOCK_ERROR, "socket=%llx overlapped=%llx bytes=%lu", N(s), \
            N(overlapped), size_of(buffers, count))
#define HOW_WSASend                                                         \
    STARTED(WINSOCK_ERROR, "socket=%llx overlapped=%llx bytes=%lu data=%s", \
            N(s), N(overlapped), size_of(buffers, count),                   \
            start_of(buffers->buf, buffers->len).text)
#define HOW_WSARecvFrom HOW_WSARecv
#define HOW_WSASendTo HOW_WSASend
#define HOW_WSAGetOverlappedResult \
    CALLED(BOOLEAN_ERROR, "socket=%llx overlapped=%llx", N(s), N(overlapped))
#define HOW_WSAIoctl                                                      \
    STARTED(WINSOCK_ERROR, "socket=%llx overlapped=%llx code=%#lx", N(s), \
            N(overlapped), code)
#define HOW_shutdown CALLED(WINSOCK_ERROR, "socket=%llx how=%d", N(s), how)
#define HOW_closesocket CALLED(WINSOCK_ERROR, "socket=%llx", N(s))
#define HOW_AcceptEx                                                          \
    STARTED(BOOLEAN_ERROR,                                                    \
            "socket=%llx overlapped=%llx socket=%llx bytes=%lu", N(listener), \
            N(overlapped), N(s), size)
#define HOW_TransmitFile                                                      \
    STARTED(BOOLEAN_ERROR, "socket=%llx overlapped=%llx file=%llx bytes=%lu", \
            N(s), N(overlapped), N(file), size)
#define HOW_ConnectEx                                                     \
    STARTED(BOOLEAN_ERROR, "socket=%llx overlapped=%llx bytes=%lu", N(s), \
            N(overlapped), size)
#define HOW_DisconnectEx \
    STARTED(BOOLEAN_ERROR, "socket=%llx overlapped=%llx", N(s), N(overlapped))

#define RECORD(type, name, parameters, arguments, started, error, made, more, \
               ...)                                                           \
    static type record_##name(const void *caller, INTERCEPT_LIST parameters)  \
    {                                                                         \
        unsigned id = begins(caller, #name, started, __VA_ARGS__);            \
        type result = next.name(caller, INTERCEPT_LIST arguments);            \
        ends(id, error, started, made, (const void *)(ULONG_PTR)result);      \
        more;                                                                 \
        return result;                                                        \
    }
/* HOW_ is several arguments: they are taken apart in a second round. */
#define RECORD_HOW(...) RECORD(__VA_ARGS__)
#define RECORD_CALL(library, type, name, bytes, parameters, arguments) \
    RECORD_HOW(type, name, parameters, arguments, HOW_##name)
INTERCEPTED(RECORD_CALL)

#define INSTALL(library, type, name, bytes, parameters, arguments) \
    intercept.name = record_##name;

static void open_record(void)
{
    WCHAR name[MAX_PATH];
    char program[3 * MAX_PATH]; /* in UTF-8 */
    LARGE_INTEGER count;
    DWORD size = GetEnvironmentVariableW(L"TRACE", name, MAX_PATH);
    if (size == 0 || size >= MAX_PATH)
        return;
    /* A program that this one starts is not to write to the same file. */
    SetEnvironmentVariableW(L"TRACE", NULL);
    record = _wfopen(name, L"wb");
    if (record == NULL) {
        fprintf(stderr, "the trace can't be written to %ls\n", name);
        exit(1);
    }
    setvbuf(record, NULL, _IONBF, 0);
    QueryPerformanceFrequency(&count);
    frequency = count.QuadPart;
    QueryPerformanceCounter(&count);
    first = count.QuadPart;
    GetModuleFileNameW(NULL, name, MAX_PATH);
    WideCharToMultiByte(CP_UTF8, 0, name, -1, program, sizeof program, NULL,
                        NULL);
    line("program\t%s", program);
}

__attribute__((constructor(102))) static void install(void)
{
    open_record();
    if (record == NULL)
        return;
    next = intercept;
    INTERCEPTED(INSTALL)
}
