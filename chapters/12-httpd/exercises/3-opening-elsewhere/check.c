// wrap: CreateFileW GetFileInformationByHandleEx CloseHandle _beginthreadex malloc calloc realloc free
// libs: -lntdll
/* Stands before CreateFileW: a name with "slow" in it is opened when the checker
   lets it. Looks by which thread, and what becomes of the handle. */
#include "guard.h"

#include <process.h>
#include <stdio.h>
#include <wchar.h>

#include "ends.h"

#include "client.h"
#include "economy.h"
#include "file.h"

enum {
    CAPACITY = 8,
    HANDLES = 32,
    ONE = 16,
    PATIENCE = 700,
    ROOM = 4000,
    NAME = 400
};

DWORD WINAPI GetCurrentThreadId(void);
DWORD WINAPI GetTempPathW(DWORD size, wchar_t *path);
unsigned WINAPI GetTempFileNameW(const wchar_t *path, const wchar_t *prefix,
                                 unsigned unique, wchar_t *name);
BOOL WINAPI DeleteFileW(const wchar_t *name);
BOOL WINAPI CreateDirectoryW(const wchar_t *name, void *security);
BOOL WINAPI RemoveDirectoryW(const wchar_t *name);
int WINAPI ioctlsocket(SOCKET s, long cmd, unsigned long *argp);
WRAPPED(CreateFileW);
WRAPPED(GetFileInformationByHandleEx);
WRAPPED(CloseHandle);
WRAPPED(_beginthreadex);

static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};
static wchar_t root[NAME];
static DWORD loop_thread;
static BOOL watching;         /* what the loop's thread opens */
static volatile BOOL closed;  /* the gate before the slow */
static volatile int standing; /* before it */
static BOOL no_thread;
static HANDLE opened[HANDLES];

HANDLE WINAPI __wrap_CreateFileW(const wchar_t *name, DWORD access, DWORD share,
                                 void *security, DWORD creation, DWORD flags,
                                 HANDLE template)
{
    if (watching && GetCurrentThreadId() == loop_thread)
        need(0, "the loop opens no file",
             "CreateFileW was called by the loop's own thread: who waits, if "
             "that takes half a minute?");
    if (wcsstr(name, L"slow") != NULL) {
        __sync_fetch_and_add(&standing, 1);
        while (closed)
            pause_ms(1);
        __sync_fetch_and_sub(&standing, 1);
    }
    HANDLE file = __real_CreateFileW(name, access, share, security, creation,
                                     flags, template);
    for (int i = 0; i < HANDLES && file != INVALID_HANDLE_VALUE; i++)
        if (opened[i] == NULL) {
            opened[i] = file;
            break;
        }
    return file;
}

BOOL WINAPI __wrap_GetFileInformationByHandleEx(HANDLE file, unsigned class,
                                                void *information, DWORD size)
{
    if (watching && GetCurrentThreadId() == loop_thread)
        need(
            0, "nor asks what it is",
            "GetFileInformationByHandleEx was called by the loop's own thread: "
            "does that not go down the same bad line?");
    return __real_GetFileInformationByHandleEx(file, class, information, size);
}

BOOL WINAPI __wrap_CloseHandle(HANDLE handle)
{
    for (int i = 0; i < HANDLES; i++)
        if (opened[i] == handle)
            opened[i] = NULL;
    return __real_CloseHandle(handle);
}

static volatile BOOL lending; /* names: threads begin when they are gone */

typedef struct Thread {
    unsigned(WINAPI *run)(void *);
    void *argument;
} Thread;

static unsigned WINAPI begin(void *argument)
{
    Thread thread = *(Thread *)argument;
    while (lending)
        pause_ms(1);
    return thread.run(thread.argument);
}

uintptr_t __wrap__beginthreadex(void *security, unsigned stack,
                                unsigned(WINAPI *run)(void *), void *argument,
                                unsigned flags, unsigned *id)
{
    static Thread threads[HANDLES];
    static int count;
    if (no_thread)
        return 0;
    Thread *thread = &threads[__sync_fetch_and_add(&count, 1) % HANDLES];
    *thread = (Thread){run, argument};
    return __real__beginthreadex(security, stack, begin, thread, flags, id);
}

static int open_files(void)
{
    int count = 0;
    for (int i = 0; i < HANDLES; i++)
        count += opened[i] != NULL;
    return count;
}

static wchar_t *below(const wchar_t *name)
{
    static wchar_t whole[2 * NAME];
    swprintf(whole, 2 * NAME, L"%ls\\%ls", root, name);
    return whole;
}

static void make_file(const wchar_t *name, const char *text)
{
    FILE *file = _wfopen(below(name), L"wb");
    require(file != NULL, "no file could be made");
    fputs(text, file);
    fclose(file);
}

static void make_folder(void)
{
    wchar_t path[261], plain[261];
    require(GetTempPathW(261, path) != 0 &&
                GetTempFileNameW(path, L"web", 0, plain) != 0 &&
                DeleteFileW(plain) && CreateDirectoryW(plain, NULL) &&
                literal_name(plain, root, NAME) == 0,
            "no folder could be made");
    make_file(L"fast.txt", "fast");
    make_file(L"slow.txt", "slowly");
    CreateDirectoryW(below(L"sub"), NULL);
}

static void remove_folder(void)
{
    DeleteFileW(below(L"fast.txt"));
    DeleteFileW(below(L"slow.txt"));
    RemoveDirectoryW(below(L"sub"));
    RemoveDirectoryW(root);
}

/* Waits for one event. Returns whether it came. */
static BOOL an_event(DWORD patience)
{
    unsigned long start = milliseconds();
    do {
        DWORD error = poll_wait(&the_poll, &events, 20);
        require(error == 0, "poll_wait gave error %lu", error);
    } while (events.count == 0 && milliseconds() - start < patience);
    return events.count > 0;
}

/* Lends names that don't last. */
static DWORD start_file(const char *path, File **file)
{
    static wchar_t lent_root[NAME];
    static char lent_path[NAME];
    wcscpy(lent_root, root);
    strcpy(lent_path, path);
    lending = TRUE;
    DWORD error = file_start(file, &registrator, ONE, lent_root, lent_path);
    memset(lent_root, 'x', sizeof lent_root - sizeof *lent_root);
    memset(lent_path, 'x', sizeof lent_path - 1);
    lending = FALSE;
    return error;
}

static File *started(const char *path)
{
    File *file = NULL;
    DWORD error = start_file(path, &file);
    need(error == 0 && file != NULL, "file_start", "file_start gave error %lu",
         error);
    return file;
}

/* Waits until the gate has somebody before it. */
static void is_stood_before(void)
{
    wait_until(standing > 0, PATIENCE);
    require(standing > 0, "a file was to be opened, and nobody opens it");
}

static void a_file(void)
{
    stage("a file is opened");
    File *file = started("fast.txt");
    need(an_event(PATIENCE), "an event tells of it",
         "in %d ms there was no event", PATIENCE);
    need(list[0].error == 0, "without an error",
         "the event has error %lu: were root and path still there when the "
         "thread came to them?",
         list[0].error);
    file_close(file);
    stage("a file is opened and read");
    closed = TRUE;
    file = started("slow.txt");
    is_stood_before();
    DWORD error = file_read(file, 0);
    expect(error == WSAENOTCONN, "it can't be read yet",
           "file_read gave %lu while it was being opened", error);
    need(!an_event(30), "nothing is told yet",
         "the file isn't open, and there is an event of %d with error %lu",
         (int)list[0].ready, list[0].error);
    closed = FALSE;
    need(an_event(PATIENCE), "an event tells that it is open",
         "CreateFileW has come back, and in %d ms there was no event",
         PATIENCE);
    need(list[0].error == 0, "without an error", "the event has error %lu",
         list[0].error);
    expect(list[0].token == ONE && list[0].ready == NOTIFIED,
           "with token and NOTIFIED",
           "the event has the token %llu and tells of %d",
           (unsigned long long)list[0].token, (int)list[0].ready);
    expect(file->size == 6 && !file->is_folder && file->modified > 0,
           "it is known",
           "the file has 6 bytes; size is %llu, is_folder %d, modified %lld",
           file->size, file->is_folder, (long long)file->modified);
    error = file_read(file, 1);
    need(error == 0 && an_event(PATIENCE) && list[0].bytes == 5 &&
             memcmp(file->bytes + FILE_ROOM, "lowly", 5) == 0,
         "and read through the port",
         "file_read gave %lu, and its event tells of %lu bytes with error %lu",
         error, list[0].bytes, list[0].error);
    file_close(file);
    need(open_files() == 0, "and closed",
         "it was closed, and its handle isn't");
}

static void others(void)
{
    stage("what isn't there, and a folder");
    File *file = started("nowhere.txt");
    need(an_event(PATIENCE) && list[0].error == ERROR_FILE_NOT_FOUND,
         "an error is told", "for a file that isn't there the error is %lu",
         list[0].error);
    file_close(file);
    file = started("sub");
    need(an_event(PATIENCE) && list[0].error == 0 && file->is_folder,
         "a folder is one", "for a folder the error is %lu, and is_folder %d",
         list[0].error, file->is_folder);
    file_close(file);
    need(open_files() == 0, "and closed",
         "it was closed, and its handle isn't");
}

static void closed_meanwhile(void)
{
    int living = guard_living();
    stage("closed while it is being opened");
    closed = TRUE;
    File *file = started("slow.txt");
    is_stood_before();
    DWORD error = file_close(file);
    need(error == 0, "that can be done", "file_close gave error %lu", error);
    closed = FALSE;
    wait_until(standing == 0, PATIENCE);
    need(!an_event(100), "its event doesn't come",
         "the file was closed while it was being opened, and then its event "
         "came "
         "with the token %llu",
         (unsigned long long)list[0].token);
    need(open_files() == 0, "what was opened is closed",
         "the file was closed while it was being opened; CreateFileW has come "
         "back since, and its handle is still open: whose is it?");
    need(guard_living() == living, "and freed",
         "%d blocks of memory are left of it", guard_living() - living);
}

static void without(void)
{
    int living = guard_living();
    File *file;
    stage("without a thread");
    no_thread = TRUE;
    DWORD error = start_file("fast.txt", &file);
    no_thread = FALSE;
    expect(error == ERROR_NOT_ENOUGH_MEMORY, "it says so",
           "no thread could be started, and file_start gave %lu", error);
    need(guard_living() == living, "and nothing is left",
         "file_start failed, and %d blocks of memory are left",
         guard_living() - living);
    stage("without memory");
    long blocks = guard_count;
    guard_count = GUARD_BLOCKS;
    error = start_file("fast.txt", &file);
    guard_count = blocks;
    expect(error == ERROR_NOT_ENOUGH_MEMORY, "it says so, too",
           "there was no memory, and file_start gave %lu", error);
}

static Server server;

static void turn(DWORD timeout)
{
    DWORD error = poll_wait(&the_poll, &events, timeout);
    require(error == 0, "poll_wait gave error %lu", error);
    for (ULONG i = 0; i < events.count; i++)
        server_handle(&server, &list[i]);
}

static SOCKET join(const char *request)
{
    static const unsigned char loopback[4] = {127, 0, 0, 1};
    struct sockaddr_in address = {.sin_family = AF_INET};
    unsigned short number = 0;
    unsigned long yes = 1;
    SOCKET s;
    require(tcp_listener_port(&server.listener, &number) == 0, "no port");
    address.sin_port = (unsigned short)(number << 8 | number >> 8);
    memcpy(&address.sin_addr, loopback, sizeof loopback);
    require(open_socket(AF_INET, &s) == 0 &&
                connect(s, (struct sockaddr *)&address, sizeof address) == 0 &&
                ioctlsocket(s, (long)0x8004667E, &yes) == 0,
            "a client can't connect");
    say(s, request, (int)strlen(request));
    return s;
}

/* What comes back, until there is end in it or time is up. */
static const char *answer(SOCKET s, const char *end, DWORD patience)
{
    static char text[ROOM];
    int size = 0;
    unsigned long start = milliseconds();
    text[0] = '\0';
    do {
        turn(5);
        int count = recv(s, text + size, ROOM - 1 - size, 0);
        size += count > 0 ? count : 0;
        text[size] = '\0';
    } while (strstr(text, end) == NULL && milliseconds() - start < patience);
    return text;
}

static int status_of(const char *text)
{
    return strlen(text) > 12 ? atoi(text + 9) : 0;
}

#define GET(target, more) "GET " target " HTTP/1.1\r\nHost: x\r\n" more "\r\n"

static void serves(void)
{
    stage("a client whose file takes its time, and another");
    DWORD error = server_open(&server, &registrator, "127.0.0.1", "0");
    require(error == 0, "server_open gave error %lu", error);
    closed = TRUE;
    SOCKET slow = join(GET("/slow.txt", "") GET("/fast.txt", ""));
    for (int i = 0; i < 20 && standing == 0; i++)
        turn(20);
    require(standing > 0, "a request came, and nobody opens the file");
    SOCKET other = join(GET("/fast.txt", ""));
    const char *text = answer(other, "\r\n\r\nfast", PATIENCE);
    need(status_of(text) == 200 && strstr(text, "\r\n\r\nfast") != NULL,
         "the other is served meanwhile",
         "one client's file is being opened; another asked for one that is "
         "there, and in %d ms got '%.60s'",
         PATIENCE, text);
    text = answer(slow, "HTTP", 30);
    need(text[0] == '\0', "his own requests wait their turn",
         "the first of two requests is not answered, and '%.60s' came", text);
    closed = FALSE;
    text = answer(slow, "\r\n\r\nfast", PATIENCE);
    const char *first = strstr(text, "\r\n\r\nslowly");
    const char *second = strstr(text, "\r\n\r\nfast");
    need(first != NULL && second != NULL && first < second,
         "and are answered in order",
         "two requests of one client, for 'slowly' and 'fast': there came "
         "%.300s",
         text);
    say(other, GET("/nowhere", ""), (int)strlen(GET("/nowhere", "")));
    text = answer(other, "\r\n\r\n", PATIENCE);
    expect(status_of(text) == 404, "404 as before",
           "for a file that isn't there it is %d", status_of(text));
    answer(other, "never", 20);
    say(other, GET("/sub", ""), (int)strlen(GET("/sub", "")));
    text = answer(other, "\r\n\r\n", PATIENCE);
    expect(status_of(text) == 301 && strstr(text, "Location: /sub/") != NULL,
           "301 as before", "for a folder without its slash it is %d",
           status_of(text));
    answer(other, "never", 20);
    stage("no thread for a request");
    no_thread = TRUE;
    say(other, GET("/fast.txt", ""), (int)strlen(GET("/fast.txt", "")));
    text = answer(other, "\r\n\r\n", PATIENCE);
    no_thread = FALSE;
    expect(status_of(text) == 503, "503",
           "no thread could be started, and the answer is %d", status_of(text));
    close_socket(other);
    close_socket(slow);
    stage("a client who is gone before his file is open");
    closed = TRUE;
    slow = join(GET("/slow.txt", ""));
    for (int i = 0; i < 20 && standing == 0; i++)
        turn(20);
    close_will_reset(slow);
    close_socket(slow);
    turn(20);
    closed = FALSE;
    for (int i = 0; i < 50 && server.clients != NULL; i++)
        turn(10);
    need(server.clients == NULL, "he is dropped",
         "all have hung up, and the server has %lu clients", server.count);
    need(open_files() == 0, "and his file",
         "all have hung up, and %d files are open", open_files());
}

static void ends(int living)
{
    stage("Ctrl+C while a file is being opened");
    closed = TRUE;
    SOCKET slow = join(GET("/slow.txt", ""));
    for (int i = 0; i < 20 && standing == 0; i++)
        turn(20);
    server_drain(&server);
    for (int i = 0; i < 5; i++)
        turn(10);
    need(
        server.clients != NULL, "he is waited for",
        "the server was to stop, and has dropped a client whose file was being "
        "opened");
    closed = FALSE;
    const char *text = answer(slow, "\r\n\r\nslowly", PATIENCE);
    need(strstr(text, "\r\n\r\nslowly") != NULL, "and served",
         "the server was to stop while a file was being opened; in place of it "
         "'%.60s' came",
         text);
    close_socket(slow);
    for (int i = 0; i < 50 && server.clients != NULL; i++)
        turn(10);
    require(server.clients == NULL, "the server has clients still");
    stage("the end of the loop while a file is being opened");
    closed = TRUE;
    File *file = started("slow.txt");
    is_stood_before();
    file_close(file);
    closed = FALSE;
    DWORD error = poll_destroy(&the_poll);
    need(error == 0, "the loop ends", "poll_destroy gave %lu", error);
    require(registrator_release(&registrator) == 0,
            "the registrator can't be released");
    need(guard_living() == living && open_files() == 0, "nothing is left",
         "all is closed, and %d blocks of memory and %d files are left",
         guard_living() - living, open_files());
}

void examine(const Checker *table)
{
    BEGIN(table);
    economy.spares = 0;
    loop_thread = GetCurrentThreadId();
    make_folder();
    int living = guard_living();
    open_poll();
    server = (Server){.root = root, .limits = default_limits, .quiet = TRUE};
    memset(opened, 0, sizeof opened);
    watching = TRUE;
    a_file();
    others();
    closed_meanwhile();
    without();
    serves();
    ends(living);
    watching = FALSE;
    remove_folder();
}
