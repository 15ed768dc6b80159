/* What every claim program needs: Windows' own headers, a verdict of one line,
   and the few calls that most of them start with. */
#ifndef CLAIM_H
#define CLAIM_H

#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>

#include <mswsock.h>
#include <windows.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SOON = 2000, /* milliseconds in which what must come has come */
    QUIET = 100  /* and after which what has not come will not */
};

static const char *claim_file, *claim_statement, *claim_source;
static char claim_details[1024];
static int claim_differences;

typedef const char *WineVersion(void);
typedef LONG WINAPI WindowsVersion(OSVERSIONINFOW *version);

/* A function of ntdll that the headers don't declare, or NULL. */
static inline void *ntdll_function(const char *name)
{
    return (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), name);
}

/* The system we run on: Wine says so itself. */
static inline void print_system(void)
{
    char text[32];
    OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
    WineVersion *wine = (WineVersion *)ntdll_function("wine_get_version");
    ((WindowsVersion *)ntdll_function("RtlGetVersion"))(&version);
    if (wine != NULL)
        snprintf(text, sizeof text, "Wine %s", wine());
    else
        snprintf(text, sizeof text, "Windows %lu.%lu.%lu",
                 version.dwMajorVersion, version.dwMinorVersion,
                 version.dwBuildNumber);
    printf("%-18s ", text);
}

static inline void print_verdict(const char *verdict)
{
    const char *name = claim_file;
    for (const char *c = claim_file; *c != '\0'; c++)
        if (*c == '/' || *c == '\\')
            name = c + 1;
    print_system();
    printf("%-8s %.*s: %s\n%s", verdict, (int)strcspn(name, "."), name,
           claim_statement, claim_details);
}

#define DOCS "https://learn.microsoft.com/windows/win32/"

/* Opens the program: what it claims, and where Microsoft documents it. */
#define CLAIM(statement, source)     \
    do {                             \
        claim_file = __FILE__;       \
        claim_statement = statement; \
        claim_source = source;       \
    } while (0)

/* Says what the statement alone does not: on the table, whatever is seen. */
__attribute__((format(printf, 1, 2))) static inline void
note(const char *format, ...)
{
    size_t used = strlen(claim_details);
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(claim_details + used, sizeof claim_details - used, "%28s%s\n", "",
             text);
}

/* Compares what is seen with what is documented; a difference is no failure of
   the program but its finding. */
static inline void expect(const char *what, long long seen,
                          long long documented)
{
    if (seen == documented)
        return;
    note("%s: documented %lld, seen %lld", what, documented, seen);
    claim_differences++;
}

/* Without this the claim can't be tried: says why and ends. */
static inline void need(BOOL held, const char *what)
{
    if (held)
        return;
    note("%s: error %lu", what, GetLastError());
    print_verdict("untried");
    exit(2);
}

/* To be returned from main. */
static inline int verdict(void)
{
    if (claim_differences != 0)
        note("%s", claim_source);
    print_verdict(claim_differences == 0 ? "held" : "differs");
    fflush(stdout);
    return claim_differences != 0;
}

static inline HANDLE new_port(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    need(port != NULL, "creating a port");
    return port;
}

/* Starts Winsock and listens on a port of the loopback. */
static inline SOCKET new_listener(struct sockaddr_in *address)
{
    WSADATA data;
    int size = sizeof *address;
    *address = (struct sockaddr_in){.sin_family = AF_INET};
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    need(WSAStartup(0x0202, &data) == 0, "starting Winsock");
    SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
    need(bind(listener, (struct sockaddr *)address, size) == 0 &&
             listen(listener, 5) == 0 &&
             getsockname(listener, (struct sockaddr *)address, &size) == 0,
         "listening");
    return listener;
}

/* A socket that has connected to the address, and waited for that. */
static inline SOCKET new_client(const struct sockaddr_in *address)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    need(connect(s, (const struct sockaddr *)address, sizeof *address) == 0,
         "connecting");
    return s;
}

/* Two sockets connected to each other. */
static inline void connect_pair(SOCKET pair[2])
{
    struct sockaddr_in address;
    SOCKET listener = new_listener(&address);
    pair[0] = new_client(&address);
    pair[1] = accept(listener, NULL, NULL);
    need(pair[1] != INVALID_SOCKET, "accepting");
    closesocket(listener);
}

static inline void associate(HANDLE port, SOCKET s, ULONG_PTR key)
{
    need(CreateIoCompletionPort((HANDLE)s, port, key, 0) != NULL,
         "associating");
}

/* What WSARecv says: 0, or its error. */
static inline int start_read(SOCKET s, char *buffer, ULONG size,
                             WSAOVERLAPPED *overlapped)
{
    WSABUF wsabuf = {size, buffer};
    DWORD flags = 0;
    int result = WSARecv(s, &wsabuf, 1, NULL, &flags, overlapped, NULL);
    return result == 0 ? 0 : WSAGetLastError();
}

enum { MUCH = 16 * 1024 * 1024 }; /* more than the system takes at once */

/* What WSASend says: 0, or its error. */
static inline int start_write(SOCKET s, const char *data, ULONG size,
                              WSAOVERLAPPED *overlapped)
{
    WSABUF wsabuf = {size, (char *)data};
    int result = WSASend(s, &wsabuf, 1, NULL, 0, overlapped, NULL);
    return result == 0 ? 0 : WSAGetLastError();
}

/* MUCH bytes, each of them this one. */
static inline char *much(char byte)
{
    char *data = malloc(MUCH);
    need(data != NULL, "allocating");
    memset(data, byte, MUCH);
    return data;
}

/* Waits until size bytes have come or the stream has ended; how many came. */
static inline ULONG receive(SOCKET s, char *buffer, ULONG size)
{
    ULONG have = 0;
    int got;
    while (have < size &&
           (got = recv(s, buffer + have, (int)(size - have), 0)) > 0)
        have += (ULONG)got;
    return have;
}

/* One packet: 0, or the error of the wait. */
static inline DWORD take_packet(HANDLE port, OVERLAPPED_ENTRY *entry,
                                DWORD timeout)
{
    ULONG count;
    memset(entry, 0, sizeof *entry);
    return GetQueuedCompletionStatusEx(port, entry, 1, &count, timeout, FALSE)
               ? 0
               : GetLastError();
}

/* How the operation ended, in Winsock's codes. */
static inline int result_of(SOCKET s, WSAOVERLAPPED *overlapped)
{
    DWORD bytes, flags;
    return WSAGetOverlappedResult(s, overlapped, &bytes, FALSE, &flags)
               ? 0
               : WSAGetLastError();
}

static inline void send_text(SOCKET s, const char *text)
{
    int size = (int)strlen(text);
    need(send(s, text, size, 0) == size, "sending");
}

/* A function that only the socket's provider knows the address of. */
static inline void extension(SOCKET s, GUID id, void *function)
{
    DWORD bytes;
    need(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id,
                  function, sizeof(void *), &bytes, NULL, NULL) == 0,
         "finding an extension function");
}

/* AcceptEx into a new socket. */
typedef struct {
    WSAOVERLAPPED overlapped;
    SOCKET socket;
    char output[64 + 2 * (sizeof(struct sockaddr_in) + 16)];
} Accept;

/* What AcceptEx says: 0, or its error. size is how many bytes it is to receive,
   at most 64. */
static inline int start_accept(SOCKET listener, Accept *accept, DWORD size,
                               DWORD address_size)
{
    LPFN_ACCEPTEX accept_ex;
    DWORD bytes;
    extension(listener, (GUID)WSAID_ACCEPTEX, &accept_ex);
    *accept = (Accept){.socket = socket(AF_INET, SOCK_STREAM, 0)};
    return accept_ex(listener, accept->socket, accept->output, size,
                     address_size, address_size, &bytes, &accept->overlapped)
               ? 0
               : WSAGetLastError();
}

/* How many bytes AcceptEx wants for an address. */
enum { ACCEPT_ADDRESS = sizeof(struct sockaddr_in) + 16 };

static inline void bind_to_any(SOCKET s)
{
    const struct sockaddr_in any = {.sin_family = AF_INET};
    need(bind(s, (const struct sockaddr *)&any, sizeof any) == 0, "binding");
}

/* What ConnectEx says: 0, or its error. */
static inline int start_connect(SOCKET s, const struct sockaddr_in *address,
                                WSAOVERLAPPED *overlapped)
{
    LPFN_CONNECTEX connect_ex;
    extension(s, (GUID)WSAID_CONNECTEX, &connect_ex);
    return connect_ex(s, (const struct sockaddr *)address, sizeof *address,
                      NULL, 0, NULL, overlapped)
               ? 0
               : WSAGetLastError();
}

/* Waits until something can be read from the socket at once. */
static inline void await_arrival(SOCKET s)
{
    fd_set set;
    struct timeval limit = {SOON / 1000, 0};
    FD_ZERO(&set);
    FD_SET(s, &set);
    need(select(0, &set, NULL, NULL, &limit) == 1, "awaiting an arrival");
}

/* Breaks the connection: the peer meets a reset instead of the end. */
static inline void reset_connection(SOCKET s)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    need(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&hard, sizeof hard) == 0,
         "setting SO_LINGER");
    closesocket(s);
}

/* Runs this program again, as a child that inherits our handles; the number of
   the socket is its argument. */
static inline HANDLE start_child(SOCKET s)
{
    char program[MAX_PATH], line[MAX_PATH + 32];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;
    GetModuleFileNameA(NULL, program, sizeof program);
    snprintf(line, sizeof line, "\"%s\" %llu", program, (unsigned long long)s);
    need(CreateProcessA(program, line, NULL, NULL, TRUE, 0, NULL, NULL,
                        &startup, &child),
         "starting a child process");
    CloseHandle(child.hThread);
    return child.hProcess;
}

static inline void end_child(HANDLE child)
{
    TerminateProcess(child, 0);
    WaitForSingleObject(child, SOON);
}

/* A file of this content that goes when it is closed. */
static inline HANDLE new_file(const char *content)
{
    char folder[MAX_PATH], name[MAX_PATH];
    DWORD bytes;
    need(GetTempPathA(sizeof folder, folder) != 0 &&
             GetTempFileNameA(folder, "clm", 0, name) != 0,
         "naming a file");
    HANDLE plain =
        CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    need(WriteFile(plain, content, (DWORD)strlen(content), &bytes, NULL),
         "writing a file");
    CloseHandle(plain);
    HANDLE file = CreateFileA(
        name, GENERIC_READ | GENERIC_WRITE,
        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        OPEN_EXISTING, FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    need(file != INVALID_HANDLE_VALUE, "opening a file");
    return file;
}

/* What ReadFile or WriteFile says: 0, or its error. */
static inline DWORD read_at(HANDLE file, char *buffer, DWORD size,
                            ULONGLONG place, OVERLAPPED *overlapped)
{
    *overlapped = (OVERLAPPED){.Offset = (DWORD)place,
                               .OffsetHigh = (DWORD)(place >> 32)};
    return ReadFile(file, buffer, size, NULL, overlapped) ? 0 : GetLastError();
}

static inline DWORD write_at(HANDLE file, const char *text, ULONGLONG place,
                             OVERLAPPED *overlapped)
{
    *overlapped = (OVERLAPPED){.Offset = (DWORD)place,
                               .OffsetHigh = (DWORD)(place >> 32)};
    return WriteFile(file, text, (DWORD)strlen(text), NULL, overlapped)
               ? 0
               : GetLastError();
}

/* How an operation ends whose start said this: by its packet, or at once. */
static inline DWORD end_of(HANDLE port, HANDLE file, DWORD said,
                           OVERLAPPED *overlapped, DWORD *bytes)
{
    OVERLAPPED_ENTRY packet;
    *bytes = 0;
    if (said != 0 && said != ERROR_IO_PENDING && said != ERROR_MORE_DATA)
        return said;
    need(take_packet(port, &packet, SOON) == 0, "waiting for its packet");
    need(packet.lpOverlapped == overlapped, "getting its own packet");
    return GetOverlappedResult(file, overlapped, bytes, FALSE) ? 0
                                                               : GetLastError();
}

/* Both ends of a pipe, pipe[0] the server's; for overlapped operations. */
static inline void pipe_pair(HANDLE pipe[2], BOOL messages)
{
    char name[64];
    static int count;
    DWORD mode = messages ? PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE : 0;
    DWORD reading = PIPE_READMODE_MESSAGE;
    snprintf(name, sizeof name, "\\\\.\\pipe\\claim-%lu-%d",
             GetCurrentProcessId(), count++);
    pipe[0] = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                               mode, 1, 4096, 4096, 0, NULL);
    need(pipe[0] != INVALID_HANDLE_VALUE, "making a pipe");
    pipe[1] = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL,
                          OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    need(pipe[1] != INVALID_HANDLE_VALUE, "opening its other end");
    if (messages)
        need(SetNamedPipeHandleState(pipe[1], &reading, NULL, NULL),
             "reading messages");
}

/* Has the handle's packets come to a port. */
static inline void to_port(HANDLE handle, HANDLE port, ULONG_PTR key)
{
    need(CreateIoCompletionPort(handle, port, key, 0) == port, "associating");
}

static inline HANDLE run_thread(DWORD(WINAPI *run)(void *), void *argument)
{
    HANDLE thread = CreateThread(NULL, 0, run, argument, 0, NULL);
    need(thread != NULL, "starting a thread");
    return thread;
}

static inline BOOL thread_ends(HANDLE thread, DWORD timeout)
{
    return WaitForSingleObject(thread, timeout) == WAIT_OBJECT_0;
}

#endif
