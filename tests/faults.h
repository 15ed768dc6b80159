/* Has the n-th of a program's Win32 and allocation calls fail, with an error
   that this call may well end with. To be linked with --wrap for every call
   below (tests/c/faults.c lists them); together with guard.h, include that
   first, and have guard_refuse ask fault_allocation.

   A call that acquires or does something fails without having done it. A call
   that gives something back is made and then said to have failed: what else
   could be tested? Were it not made, the handle would be lost whatever the step
   does, for nobody may close it twice: its number may be another's by then. */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdatomic.h>
#include <string.h>

#include "ffi.h"

void WINAPI SetLastError(DWORD error); /* WSASetLastError is the same */

static atomic_int fault_countdown;      /* the call to fail; 0 for none */
static const char *volatile fault_call; /* which call failed, or NULL */
static volatile DWORD fault_code;       /* and with what error */
static void (*fault_report)(void);      /* is called just before it fails */

static inline void fault_arm(int n)
{
    fault_call = NULL;
    fault_code = 0;
    fault_countdown = n;
}

/* Whether this call is the one to fail. Then the error is set. */
static inline BOOL fault_due(const char *call, DWORD code)
{
    if (fault_countdown <= 0 || --fault_countdown != 0)
        return FALSE;
    fault_call = call;
    fault_code = code;
    if (fault_report != NULL)
        fault_report();
    SetLastError(code);
    return 1;
}

/* FAULT declares the real call and defines what the linker puts in its place:
   result type, name, parameters, arguments, error, and what a failure returns.
   FAULT_AFTER makes the call before it fails. */
#define FAULT_BOTH(type, name, parameters) \
    type WINAPI __real_##name parameters;  \
    type WINAPI __wrap_##name parameters;  \
    type WINAPI __wrap_##name parameters

#define FAULT(type, name, parameters, arguments, code, failure) \
    FAULT_BOTH(type, name, parameters)                          \
    {                                                           \
        if (fault_due(#name, code))                             \
            return failure;                                     \
        return FAULT_REAL_##name arguments;                     \
    }

#define FAULT_AFTER(type, name, parameters, arguments, code, failure) \
    FAULT_BOTH(type, name, parameters)                                \
    {                                                                 \
        type result = __real_##name arguments;                        \
        return fault_due(#name, code) ? failure : result;             \
    }

enum {
    FAULT_INVALID_HANDLE = 6,
    FAULT_NO_MEMORY = 8,
    FAULT_NO_RESOURCES = 1450,
    FAULT_NOT_FOUND = 1168,
    FAULT_NO_SOCKETS = 10024,
    FAULT_ADDRESS_IN_USE = 10048,
    FAULT_NOT_SUPPORTED = 10045,
    FAULT_NET_RESET = 10052,
    FAULT_ABORTED = 10053,
    FAULT_RESET = 10054,
    FAULT_NO_BUFFERS = 10055,
    FAULT_REFUSED = 10061,
    FAULT_SYSTEM_NOT_READY = 10091,
    FAULT_NOT_INITIALISED = 10093,
    FAULT_TRY_AGAIN = 11002
};

#define FAULT_REAL_WSARecv __real_WSARecv
#ifndef FAULT_REAL_GetQueuedCompletionStatusEx
#define FAULT_REAL_GetQueuedCompletionStatusEx \
    __real_GetQueuedCompletionStatusEx
#endif
#define FAULT_REAL_CreateIoCompletionPort __real_CreateIoCompletionPort
#define FAULT_REAL_PostQueuedCompletionStatus __real_PostQueuedCompletionStatus
#define FAULT_REAL_WaitForSingleObject __real_WaitForSingleObject
#define FAULT_REAL_WSAGetOverlappedResult __real_WSAGetOverlappedResult
#define FAULT_REAL_WSASocketW __real_WSASocketW
#define FAULT_REAL_SetHandleInformation __real_SetHandleInformation
#define FAULT_REAL_setsockopt __real_setsockopt
#define FAULT_REAL_bind __real_bind
#define FAULT_REAL_listen __real_listen
#define FAULT_REAL_getsockname __real_getsockname
#define FAULT_REAL_connect __real_connect
#define FAULT_REAL_accept __real_accept
#define FAULT_REAL_send __real_send
#define FAULT_REAL_recv __real_recv

FAULT(HANDLE, CreateIoCompletionPort,
      (HANDLE file, HANDLE port, ULONG_PTR key, DWORD threads),
      (file, port, key, threads), FAULT_NO_RESOURCES, NULL)
FAULT(BOOL, PostQueuedCompletionStatus,
      (HANDLE port, DWORD bytes, ULONG_PTR key, OVERLAPPED *overlapped),
      (port, bytes, key, overlapped), FAULT_NO_RESOURCES, FALSE)
FAULT(BOOL, GetQueuedCompletionStatusEx,
      (HANDLE port, OVERLAPPED_ENTRY *entries, ULONG capacity, ULONG *removed,
       DWORD timeout, BOOL alertable),
      (port, entries, capacity, removed, timeout, alertable),
      FAULT_NO_RESOURCES, FALSE)
FAULT_AFTER(BOOL, CloseHandle, (HANDLE handle), (handle), FAULT_INVALID_HANDLE,
            FALSE)

#if STEP >= 2
FAULT(int, WSARecv,
      (SOCKET s, WSABUF *buffers, DWORD count, DWORD *received, DWORD *flags,
       WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine),
      (s, buffers, count, received, flags, overlapped, routine), FAULT_RESET,
      -1)
FAULT(BOOL, WSAGetOverlappedResult,
      (SOCKET s, WSAOVERLAPPED *overlapped, DWORD *bytes, BOOL wait,
       DWORD *flags),
      (s, overlapped, bytes, wait, flags), FAULT_NET_RESET, FALSE)
FAULT(SOCKET, WSASocketW,
      (int family, int type, int protocol, void *info, unsigned group,
       DWORD flags),
      (family, type, protocol, info, group, flags), FAULT_NO_SOCKETS,
      INVALID_SOCKET)
FAULT(BOOL, SetHandleInformation, (HANDLE handle, DWORD mask, DWORD flags),
      (handle, mask, flags), FAULT_NO_RESOURCES, FALSE)
FAULT(int, setsockopt,
      (SOCKET s, int level, int name, const char *value, int size),
      (s, level, name, value, size), FAULT_NO_BUFFERS, -1)
FAULT(int, bind, (SOCKET s, const struct sockaddr *address, int size),
      (s, address, size), FAULT_ADDRESS_IN_USE, -1)
FAULT(int, listen, (SOCKET s, int backlog), (s, backlog), FAULT_NO_BUFFERS, -1)
FAULT(int, getsockname, (SOCKET s, struct sockaddr *address, int *size),
      (s, address, size), FAULT_NO_BUFFERS, -1)
FAULT(int, connect, (SOCKET s, const struct sockaddr *address, int size),
      (s, address, size), FAULT_REFUSED, -1)
FAULT(SOCKET, accept, (SOCKET s, struct sockaddr *address, int *size),
      (s, address, size), FAULT_NO_SOCKETS, INVALID_SOCKET)
FAULT(int, send, (SOCKET s, const char *data, int size, int flags),
      (s, data, size, flags), FAULT_ABORTED, -1)
FAULT(int, recv, (SOCKET s, char *data, int size, int flags),
      (s, data, size, flags), FAULT_RESET, -1)
FAULT_AFTER(int, closesocket, (SOCKET s), (s), FAULT_NO_BUFFERS, -1)
FAULT_AFTER(BOOL, CancelIoEx, (HANDLE file, OVERLAPPED *overlapped),
            (file, overlapped), FAULT_NOT_FOUND, FALSE)
FAULT_AFTER(int, WSACleanup, (void), (), FAULT_NOT_INITIALISED, -1)

/* These two return their error. */
int WINAPI __real_WSAStartup(WORD version, WSADATA *data);
int WINAPI __wrap_WSAStartup(WORD version, WSADATA *data);
int WINAPI __wrap_WSAStartup(WORD version, WSADATA *data)
{
    return fault_due("WSAStartup", FAULT_SYSTEM_NOT_READY)
               ? FAULT_SYSTEM_NOT_READY
               : __real_WSAStartup(version, data);
}

struct addrinfo;
int WINAPI __real_getaddrinfo(const char *node, const char *service,
                              const struct addrinfo *hints,
                              struct addrinfo **result);
int WINAPI __wrap_getaddrinfo(const char *node, const char *service,
                              const struct addrinfo *hints,
                              struct addrinfo **result);
int WINAPI __wrap_getaddrinfo(const char *node, const char *service,
                              const struct addrinfo *hints,
                              struct addrinfo **result)
{
    return fault_due("getaddrinfo", FAULT_TRY_AGAIN)
               ? FAULT_TRY_AGAIN
               : __real_getaddrinfo(node, service, hints, result);
}

/* A wait that fails returns WAIT_FAILED, not 0. */
FAULT(DWORD, WaitForSingleObject, (HANDLE handle, DWORD timeout),
      (handle, timeout), FAULT_INVALID_HANDLE, 0xFFFFFFFF)

/* <process.h> has it called by the pointer in the import table, so that is what
   the linker redirects. Of a shortage the steps tell as ERROR_NOT_ENOUGH_MEMORY,
   whatever errno says. */
typedef uintptr_t (*FaultBegin)(void *security, unsigned stack,
                                unsigned(WINAPI *run)(void *), void *argument,
                                unsigned flags, unsigned *id);
#ifdef _WIN64
#define FAULT_IMPORT(kind) "__" kind "___imp__beginthreadex"
#else
#define FAULT_IMPORT(kind) "___" kind "__imp___beginthreadex"
#endif
extern const FaultBegin fault_real_begin __asm__(FAULT_IMPORT("real"));

static uintptr_t fault_in_begin(void *security, unsigned stack,
                                unsigned(WINAPI *run)(void *), void *argument,
                                unsigned flags, unsigned *id)
{
    if (fault_due("_beginthreadex", FAULT_NO_MEMORY))
        return 0;
    return fault_real_begin(security, stack, run, argument, flags, id);
}

extern const FaultBegin fault_wrap_begin __asm__(FAULT_IMPORT("wrap"));
const FaultBegin fault_wrap_begin = fault_in_begin;
#endif

#if STEP >= 6
#define FAULT_REAL_WSASend __real_WSASend
#define FAULT_REAL_shutdown __real_shutdown
FAULT(int, WSASend,
      (SOCKET s, WSABUF *buffers, DWORD count, DWORD *sent, DWORD flags,
       WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine),
      (s, buffers, count, sent, flags, overlapped, routine), FAULT_ABORTED, -1)
FAULT(int, shutdown, (SOCKET s, int how), (s, how), FAULT_NO_BUFFERS, -1)
#endif

#if STEP >= 7
/* These two come from WSAIoctl, by a pointer. */
static ACCEPT_EX fault_accept_ex;
static CONNECT_EX fault_connect_ex;

static BOOL WINAPI fault_in_accept_ex(SOCKET listener, SOCKET s, void *buffer,
                                      DWORD size, DWORD local, DWORD remote,
                                      DWORD *bytes, OVERLAPPED *overlapped)
{
    return !fault_due("AcceptEx", FAULT_NO_BUFFERS) &&
           fault_accept_ex(listener, s, buffer, size, local, remote, bytes,
                           overlapped);
}

static BOOL WINAPI fault_in_connect_ex(SOCKET s, const struct sockaddr *address,
                                       int address_size, void *data, DWORD size,
                                       DWORD *bytes, OVERLAPPED *overlapped)
{
    return !fault_due("ConnectEx", FAULT_NO_BUFFERS) &&
           fault_connect_ex(s, address, address_size, data, size, bytes,
                            overlapped);
}

static inline void fault_hand_out(const GUID *id, void *function)
{
    if (id->Data1 == 0xb5367df1) {
        memcpy(&fault_accept_ex, function, sizeof fault_accept_ex);
        *(ACCEPT_EX *)function = fault_in_accept_ex;
    } else {
        memcpy(&fault_connect_ex, function, sizeof fault_connect_ex);
        *(CONNECT_EX *)function = fault_in_connect_ex;
    }
}

/* What is no more than asked for has a name of its own. */
FAULT_BOTH(int, WSAIoctl,
           (SOCKET s, DWORD code, void *in, DWORD in_size, void *out,
            DWORD out_size, DWORD *bytes, WSAOVERLAPPED *overlapped,
            COMPLETION_ROUTINE routine))
{
    BOOL extension = code == SIO_GET_EXTENSION_FUNCTION_POINTER;
    if (fault_due(extension ? "WSAIoctl" : "WSAIoctl(SIO_TCP_INITIAL_RTO)",
                  FAULT_NOT_SUPPORTED))
        return -1;
    int failed = __real_WSAIoctl(s, code, in, in_size, out, out_size, bytes,
                                 overlapped, routine);
    if (extension && failed == 0)
        fault_hand_out(in, out);
    return failed;
}
#endif

static inline BOOL fault_allocation(const char *call)
{
    return fault_due(call, FAULT_NO_MEMORY);
}

#ifndef GUARD_H
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fault_allocation("calloc") ? NULL : __real_calloc(count, size);
}

#if STEP >= 6
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fault_allocation("malloc") ? NULL : __real_malloc(size);
}
#endif

void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size)
{
    return fault_allocation("realloc") ? NULL : __real_realloc(block, size);
}
#endif

#endif
