/* What Windows has agreed with its callers: the list that every step's ffi.h is
   held against. It is compiled, never run: with a step's ffi.h, and with REAL
   defined against the system's own headers, so that the list is proven too.
   A step declares what it needs, and STEP says which part of the list that is.
   See tests/sh/abi.t. */
#ifdef REAL
#define NO_STRICT /* a module is a HANDLE */
#include <winsock2.h>

#include <mstcpip.h>
#include <mswsock.h>
#include <shellapi.h>
#include <windows.h>
#include <winternl.h>
#include <ws2tcpip.h>
/* Two of our names are not Microsoft's: theirs has a longer name, and theirs is
   a union of bytes, words and the one number that we use. */
typedef LPWSAOVERLAPPED_COMPLETION_ROUTINE COMPLETION_ROUTINE;
#define sin_addr sin_addr.s_addr
/* What we always pass NULL for. */
typedef WSAPROTOCOL_INFOW PROTOCOL_INFO;
typedef SECURITY_ATTRIBUTES SECURITY;
/* Theirs has the type of the pointer in its name. */
typedef LPFN_ACCEPTEX ACCEPT_EX;
typedef LPFN_CONNECTEX CONNECT_EX;
#else
#include "ffi.h"
typedef void PROTOCOL_INFO;
typedef void SECURITY;
#endif

#include <stddef.h>
#include <stdint.h>

#define SAME(a, b) __builtin_types_compatible_p(a, b)
#define SIGNED(type) ((type)(-1) < (type)1)

/* A name for a type of C. */
#define TYPE(name, type) _Static_assert(SAME(name, type), #name " is " #type)

/* An unsigned number, by its size: C has two such types on 32 bits. */
#define UNSIGNED(name, size)                                             \
    _Static_assert(sizeof(name) == (size) && _Alignof(name) == (size) && \
                       !SIGNED(name) && (name)1.5 == (name)1,            \
                   #name " is unsigned and has " #size " bytes")

#define STRUCTURE(name, size, alignment)                                    \
    _Static_assert(sizeof(name) == (size) && _Alignof(name) == (alignment), \
                   #name " has " #size " bytes, aligned to " #alignment)

#define FIELD(structure, name, type, offset)                         \
    _Static_assert(SAME(__typeof__(((structure *)0)->name), type) && \
                       offsetof(structure, name) == (offset),        \
                   #structure " has at " #offset " " #type " " #name)

/* Where a field is of a type that we have no name for. */
#define PLACE(structure, name, size, offset)                   \
    _Static_assert(sizeof(((structure *)0)->name) == (size) && \
                       offsetof(structure, name) == (offset),  \
                   #structure " has at " #offset " " #name " of " #size)

/* As wide numbers, so that -1 and 0xFFFFFFFF differ. */
#define WIDE(number) ((long long)(number))
#define CONSTANT(name, value) \
    _Static_assert(WIDE(name) == WIDE(value), #name " is " #value)

#define POINTER_CONSTANT(name, value)                  \
    _Static_assert((intptr_t)(name) == (value) &&      \
                       SAME(__typeof__(name), void *), \
                   #name " is " #value " as a pointer")

/* A calling convention matters on 32 bits only. */
#define CONVENTION(name, word)                                   \
    _Static_assert(SAME(void(name *)(void), void(word *)(void)), \
                   #name " is " #word)

#define FUNCTION(name, result, parameters)                                  \
    _Static_assert(SAME(__typeof__(&name), result(__stdcall *) parameters), \
                   #result " " #name #parameters)

enum { POINTER = sizeof(void *) };

TYPE(BOOL, int);
TYPE(DWORD, unsigned long);
TYPE(ULONG, unsigned long);
TYPE(HANDLE, void *);
UNSIGNED(ULONG_PTR, POINTER);
CONVENTION(WINAPI, __stdcall);

CONSTANT(FALSE, 0);
CONSTANT(INFINITE, 4294967295);
POINTER_CONSTANT(INVALID_HANDLE_VALUE, -1);
CONSTANT(WAIT_TIMEOUT, 258);

STRUCTURE(OVERLAPPED, 3 * POINTER + 8, POINTER);
FIELD(OVERLAPPED, Internal, ULONG_PTR, 0);
FIELD(OVERLAPPED, InternalHigh, ULONG_PTR, POINTER);
FIELD(OVERLAPPED, Offset, DWORD, 2 * POINTER);
FIELD(OVERLAPPED, OffsetHigh, DWORD, 2 * POINTER + 4);
FIELD(OVERLAPPED, hEvent, HANDLE, 2 * POINTER + 8);

STRUCTURE(OVERLAPPED_ENTRY, 4 * POINTER, POINTER);
FIELD(OVERLAPPED_ENTRY, lpCompletionKey, ULONG_PTR, 0);
FIELD(OVERLAPPED_ENTRY, lpOverlapped, OVERLAPPED *, POINTER);
FIELD(OVERLAPPED_ENTRY, Internal, ULONG_PTR, 2 * POINTER);
FIELD(OVERLAPPED_ENTRY, dwNumberOfBytesTransferred, DWORD, 3 * POINTER);

FUNCTION(CreateIoCompletionPort, HANDLE, (HANDLE, HANDLE, ULONG_PTR, DWORD));
FUNCTION(PostQueuedCompletionStatus, BOOL,
         (HANDLE, DWORD, ULONG_PTR, OVERLAPPED *));
FUNCTION(GetQueuedCompletionStatusEx, BOOL,
         (HANDLE, OVERLAPPED_ENTRY *, ULONG, ULONG *, DWORD, BOOL));
FUNCTION(CloseHandle, BOOL, (HANDLE));
FUNCTION(GetLastError, DWORD, (void));

#if STEP >= 2
TYPE(WORD, unsigned short);
TYPE(WSAOVERLAPPED, OVERLAPPED);
TYPE(COMPLETION_ROUTINE,
     void(__stdcall *)(DWORD, DWORD, WSAOVERLAPPED *, DWORD));
UNSIGNED(SOCKET, POINTER);

CONSTANT(INVALID_SOCKET, (SOCKET)-1);
CONSTANT(AF_INET, 2);
CONSTANT(SOCK_STREAM, 1);
CONSTANT(SOL_SOCKET, 0xFFFF);
CONSTANT(SO_EXCLUSIVEADDRUSE, -5);
CONSTANT(WSA_FLAG_OVERLAPPED, 1);
CONSTANT(WSA_FLAG_NO_HANDLE_INHERIT, 0x80);
#if STEP <= 6
CONSTANT(HANDLE_FLAG_INHERIT, 1);
#endif
CONSTANT(SOMAXCONN, 2147483647);
#if STEP <= 6
CONSTANT(INADDR_LOOPBACK, 127 << 24 | 1);
#endif
CONSTANT(WSA_IO_PENDING, 997);
CONSTANT(WSAEMSGSIZE, 10040);

STRUCTURE(WSABUF, 2 * POINTER, POINTER);
FIELD(WSABUF, len, ULONG, 0);
FIELD(WSABUF, buf, char *, POINTER);

STRUCTURE(struct sockaddr_in, 16, 4);
FIELD(struct sockaddr_in, sin_family, short, 0);
FIELD(struct sockaddr_in, sin_port, unsigned short, 2);
FIELD(struct sockaddr_in, sin_addr, ULONG, 4);
FIELD(struct sockaddr_in, sin_zero, char[8], 8);

/* Its fields come in another order on 32 bits. */
STRUCTURE(WSADATA, POINTER == 8 ? 408 : 400, POINTER);

FUNCTION(WSAStartup, int, (WORD, WSADATA *));
FUNCTION(WSACleanup, int, (void));
FUNCTION(WSAGetLastError, int, (void));
FUNCTION(WSASocketW, SOCKET, (int, int, int, PROTOCOL_INFO *, unsigned, DWORD));
FUNCTION(setsockopt, int, (SOCKET, int, int, const char *, int));
#if STEP <= 6
FUNCTION(SetHandleInformation, BOOL, (HANDLE, DWORD, DWORD));
FUNCTION(htonl, ULONG, (ULONG));
#endif
FUNCTION(bind, int, (SOCKET, const struct sockaddr *, int));
FUNCTION(listen, int, (SOCKET, int));
FUNCTION(getsockname, int, (SOCKET, struct sockaddr *, int *));
#if STEP <= 6 || STEP >= 11
FUNCTION(connect, int, (SOCKET, const struct sockaddr *, int));
#endif
#if STEP <= 6
FUNCTION(accept, SOCKET, (SOCKET, struct sockaddr *, int *));
#endif
#if STEP <= 5
FUNCTION(send, int, (SOCKET, const char *, int, int));
#endif
FUNCTION(closesocket, int, (SOCKET));
FUNCTION(WSARecv, int,
         (SOCKET, WSABUF *, DWORD, DWORD *, DWORD *, WSAOVERLAPPED *,
          COMPLETION_ROUTINE));
FUNCTION(WSAGetOverlappedResult, BOOL,
         (SOCKET, WSAOVERLAPPED *, DWORD *, BOOL, DWORD *));
#endif

#if STEP >= 3
CONSTANT(TRUE, 1);
CONSTANT(ERROR_NOT_ENOUGH_MEMORY, 8);
CONSTANT(ERROR_INVALID_PARAMETER, 87);
CONSTANT(ERROR_BUSY, 170);
CONSTANT(WSAEALREADY, 10037);
FUNCTION(CancelIoEx, BOOL, (HANDLE, OVERLAPPED *));
#endif

#if STEP >= 4
CONSTANT(ERROR_NOT_SUPPORTED, 50);
CONSTANT(ERROR_ABANDONED_WAIT_0, 735);
FUNCTION(WaitForSingleObject, DWORD, (HANDLE, DWORD));
#endif

#if STEP >= 5
CONSTANT(ERROR_INVALID_DATA, 13);
CONSTANT(ERROR_WRITE_FAULT, 29);
CONSTANT(ERROR_HANDLE_EOF, 38);
CONSTANT(ERROR_INVALID_NAME, 123);
CONSTANT(ERROR_MORE_DATA, 234);
CONSTANT(WSAEWOULDBLOCK, 10035);
CONSTANT(WSAENOTSOCK, 10038);
CONSTANT(WSAECONNRESET, 10054);
CONSTANT(WSAETIMEDOUT, 10060);
CONSTANT(WSAECONNREFUSED, 10061);
CONSTANT(WSAHOST_NOT_FOUND, 11001);

STRUCTURE(struct addrinfo, 16 + 4 * POINTER, POINTER);
FIELD(struct addrinfo, ai_flags, int, 0);
FIELD(struct addrinfo, ai_family, int, 4);
FIELD(struct addrinfo, ai_socktype, int, 8);
FIELD(struct addrinfo, ai_protocol, int, 12);
FIELD(struct addrinfo, ai_addrlen, size_t, 16);
FIELD(struct addrinfo, ai_canonname, char *, 16 + POINTER);
FIELD(struct addrinfo, ai_addr, struct sockaddr *, 16 + 2 * POINTER);
FIELD(struct addrinfo, ai_next, struct addrinfo *, 16 + 3 * POINTER);

FUNCTION(Sleep, void, (DWORD));
#if STEP <= 7
FUNCTION(GetTickCount64, unsigned long long, (void));
#endif
#if STEP != 7
FUNCTION(GetCommandLineW, wchar_t *, (void));
FUNCTION(CommandLineToArgvW, wchar_t **, (const wchar_t *, int *));
#endif
FUNCTION(ntohs, unsigned short, (unsigned short));
FUNCTION(getaddrinfo, int,
         (const char *, const char *, const struct addrinfo *,
          struct addrinfo **));
FUNCTION(freeaddrinfo, void, (struct addrinfo *));
#if STEP <= 6
FUNCTION(recv, int, (SOCKET, char *, int, int));
#endif
#endif

#if STEP >= 6
CONSTANT(SD_SEND, 1);
CONSTANT(WSAESHUTDOWN, 10058);
STRUCTURE(SRWLOCK, POINTER, POINTER);
FIELD(SRWLOCK, Ptr, void *, 0);
FUNCTION(InitializeSRWLock, void, (SRWLOCK *));
FUNCTION(AcquireSRWLockExclusive, void, (SRWLOCK *));
FUNCTION(ReleaseSRWLockExclusive, void, (SRWLOCK *));
FUNCTION(shutdown, int, (SOCKET, int));
FUNCTION(WSASend, int,
         (SOCKET, WSABUF *, DWORD, DWORD *, DWORD, WSAOVERLAPPED *,
          COMPLETION_ROUTINE));
#endif

#if STEP == 6
CONSTANT(ERROR_FILE_NOT_FOUND, 2);
CONSTANT(ERROR_READ_FAULT, 30);
#endif

#if STEP >= 7
CONSTANT(AF_INET6, 23);
CONSTANT(AI_PASSIVE, 1);
CONSTANT(AI_NUMERICHOST, 4);
CONSTANT(SO_UPDATE_ACCEPT_CONTEXT, 0x700B);
CONSTANT(SO_UPDATE_CONNECT_CONTEXT, 0x7010);
CONSTANT(SIO_GET_EXTENSION_FUNCTION_POINTER, 0xC8000006);
CONSTANT(SIO_TCP_INITIAL_RTO, 0x98000011);
CONSTANT(TCP_INITIAL_RTO_UNSPECIFIED_RTT, 0xFFFF);
CONSTANT(TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS, 0xFE);
CONSTANT(WSAECONNABORTED, 10053);
CONSTANT(WSAENOTCONN, 10057);

STRUCTURE(TCP_INITIAL_RTO_PARAMETERS, 4, 2);
FIELD(TCP_INITIAL_RTO_PARAMETERS, Rtt, unsigned short, 0);
FIELD(TCP_INITIAL_RTO_PARAMETERS, MaxSynRetransmissions, unsigned char, 2);
STRUCTURE(struct sockaddr, 16, 2);
FIELD(struct sockaddr, sa_family, unsigned short, 0);
FIELD(struct sockaddr, sa_data, char[14], 2);
STRUCTURE(struct sockaddr_in6, 28, 4);
FIELD(struct sockaddr_in6, sin6_family, short, 0);
FIELD(struct sockaddr_in6, sin6_port, unsigned short, 2);
FIELD(struct sockaddr_in6, sin6_flowinfo, ULONG, 4);
PLACE(struct sockaddr_in6, sin6_addr, 16, 8);
FIELD(struct sockaddr_in6, sin6_scope_id, ULONG, 24);
STRUCTURE(GUID, 16, 4);
FIELD(GUID, Data1, ULONG, 0);
FIELD(GUID, Data2, unsigned short, 4);
FIELD(GUID, Data3, unsigned short, 6);
FIELD(GUID, Data4, unsigned char[8], 8);
TYPE(ACCEPT_EX, BOOL(__stdcall *)(SOCKET, SOCKET, void *, DWORD, DWORD, DWORD,
                                  DWORD *, OVERLAPPED *));
TYPE(CONNECT_EX, BOOL(__stdcall *)(SOCKET, const struct sockaddr *, int, void *,
                                   DWORD, DWORD *, OVERLAPPED *));
FUNCTION(WSAIoctl, int,
         (SOCKET, DWORD, void *, DWORD, void *, DWORD, DWORD *, WSAOVERLAPPED *,
          COMPLETION_ROUTINE));
#endif

#if STEP >= 8
CONSTANT(ERROR_OPERATION_ABORTED, 995);
CONSTANT(ERROR_NOT_FOUND, 1168);
#ifdef REAL
#define COUNT LARGE_INTEGER
#else
#define COUNT long long
#endif
TYPE(PHANDLER_ROUTINE, BOOL(__stdcall *)(DWORD));
FUNCTION(SetConsoleCtrlHandler, BOOL, (PHANDLER_ROUTINE, BOOL));
FUNCTION(QueryPerformanceCounter, BOOL, (COUNT *));
FUNCTION(QueryPerformanceFrequency, BOOL, (COUNT *));
#endif

#if STEP >= 9
CONSTANT(SO_PROTOCOL_INFOW, 0x2005);
CONSTANT(XP1_IFS_HANDLES, 0x20000);
CONSTANT(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS, 1);
CONSTANT(FILE_SKIP_SET_EVENT_ON_HANDLE, 2);
CONSTANT(WSAENOBUFS, 10055);
CONSTANT(STATUS_PENDING, 0x103);
STRUCTURE(WSAPROTOCOL_INFOW, 628, 4);
FIELD(WSAPROTOCOL_INFOW, dwServiceFlags1, DWORD, 0);
FUNCTION(SetFileCompletionNotificationModes, BOOL, (HANDLE, unsigned char));
FUNCTION(getsockopt, int, (SOCKET, int, int, char *, int *));
#endif

#if STEP >= 10
CONSTANT(ERROR_DISK_FULL, 112);
CONSTANT(GENERIC_READ, 0x80000000);
CONSTANT(GENERIC_WRITE, 0x40000000);
CONSTANT(FILE_SHARE_READ, 1);
CONSTANT(FILE_SHARE_WRITE, 2);
CONSTANT(CREATE_ALWAYS, 2);
CONSTANT(OPEN_EXISTING, 3);
CONSTANT(FILE_FLAG_OVERLAPPED, 0x40000000);
CONSTANT(FileEndOfFileInfo, 6);
CONSTANT(PIPE_ACCESS_DUPLEX, 3);
CONSTANT(PIPE_TYPE_MESSAGE, 4);
CONSTANT(PIPE_READMODE_MESSAGE, 2);
CONSTANT(PIPE_REJECT_REMOTE_CLIENTS, 8);
CONSTANT(PIPE_UNLIMITED_INSTANCES, 255);
CONSTANT(ERROR_NETNAME_DELETED, 64);
CONSTANT(ERROR_BROKEN_PIPE, 109);
CONSTANT(ERROR_SEM_TIMEOUT, 121);
CONSTANT(ERROR_ALREADY_EXISTS, 183);
CONSTANT(ERROR_PIPE_BUSY, 231);
CONSTANT(ERROR_NO_DATA, 232);
CONSTANT(ERROR_DIRECTORY, 267);
CONSTANT(ERROR_PIPE_CONNECTED, 535);
CONSTANT(ERROR_CONNECTION_ABORTED, 1236);
CONSTANT(ERROR_NO_SYSTEM_RESOURCES, 1450);
#ifdef REAL
#define INFORMATION_CLASS FILE_INFO_BY_HANDLE_CLASS
#else
#define INFORMATION_CLASS unsigned
#endif
FUNCTION(CreateFileW, HANDLE,
         (const wchar_t *, DWORD, DWORD, SECURITY *, DWORD, DWORD, HANDLE));
FUNCTION(GetFileSizeEx, BOOL, (HANDLE, COUNT *));
FUNCTION(SetFileInformationByHandle, BOOL,
         (HANDLE, INFORMATION_CLASS, void *, DWORD));
FUNCTION(ReadFile, BOOL, (HANDLE, void *, DWORD, DWORD *, OVERLAPPED *));
FUNCTION(WriteFile, BOOL, (HANDLE, const void *, DWORD, DWORD *, OVERLAPPED *));
FUNCTION(CreateNamedPipeW, HANDLE,
         (const wchar_t *, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD,
          SECURITY *));
FUNCTION(ConnectNamedPipe, BOOL, (HANDLE, OVERLAPPED *));
FUNCTION(DisconnectNamedPipe, BOOL, (HANDLE));
FUNCTION(SetNamedPipeHandleState, BOOL, (HANDLE, DWORD *, DWORD *, DWORD *));
FUNCTION(RtlNtStatusToDosError, ULONG, (long));
#endif

#if STEP >= 11
CONSTANT(SOCK_DGRAM, 2);
CONSTANT(SIO_UDP_CONNRESET, 0x9800000C);
CONSTANT(SECURITY_SQOS_PRESENT, 0x00100000);
CONSTANT(SECURITY_IDENTIFICATION, 0x00010000);
CONSTANT(FILE_FLAG_FIRST_PIPE_INSTANCE, 0x00080000);
FUNCTION(WSARecvFrom, int,
         (SOCKET, WSABUF *, DWORD, DWORD *, DWORD *, struct sockaddr *, int *,
          WSAOVERLAPPED *, COMPLETION_ROUTINE));
FUNCTION(WSASendTo, int,
         (SOCKET, WSABUF *, DWORD, DWORD *, DWORD, const struct sockaddr *, int,
          WSAOVERLAPPED *, COMPLETION_ROUTINE));
#endif

#if STEP >= 12
CONSTANT(FILE_SHARE_DELETE, 4);
CONSTANT(FILE_FLAG_SEQUENTIAL_SCAN, 0x08000000);
CONSTANT(FILE_FLAG_BACKUP_SEMANTICS, 0x02000000);
CONSTANT(FILE_ATTRIBUTE_DIRECTORY, 0x10);
CONSTANT(FILE_TYPE_DISK, 1);
CONSTANT(CP_UTF8, 65001);
CONSTANT(MB_ERR_INVALID_CHARS, 8);
CONSTANT(ERROR_FILE_NOT_FOUND, 2);
CONSTANT(ERROR_PATH_NOT_FOUND, 3);
CONSTANT(ERROR_ACCESS_DENIED, 5);
CONSTANT(ERROR_INSUFFICIENT_BUFFER, 122);
STRUCTURE(FILETIME, 8, 4);
FIELD(FILETIME, dwLowDateTime, DWORD, 0);
FIELD(FILETIME, dwHighDateTime, DWORD, 4);
CONSTANT(FileBasicInfo, 0);
STRUCTURE(FILE_BASIC_INFO, 40, 8);
FIELD(FILE_BASIC_INFO, CreationTime, COUNT, 0);
FIELD(FILE_BASIC_INFO, LastAccessTime, COUNT, 8);
FIELD(FILE_BASIC_INFO, LastWriteTime, COUNT, 16);
FIELD(FILE_BASIC_INFO, ChangeTime, COUNT, 24);
FIELD(FILE_BASIC_INFO, FileAttributes, DWORD, 32);
FUNCTION(GetModuleFileNameW, DWORD, (HANDLE, wchar_t *, DWORD));
FUNCTION(GetFullPathNameW, DWORD,
         (const wchar_t *, DWORD, wchar_t *, wchar_t **));
FUNCTION(GetFileType, DWORD, (HANDLE));
FUNCTION(GetFileInformationByHandleEx, BOOL,
         (HANDLE, INFORMATION_CLASS, void *, DWORD));
FUNCTION(MultiByteToWideChar, int,
         (unsigned, DWORD, const char *, int, wchar_t *, int));
FUNCTION(GetSystemTimeAsFileTime, void, (FILETIME *));
FUNCTION(getpeername, int, (SOCKET, struct sockaddr *, int *));
FUNCTION(inet_ntop, const char *, (int, const void *, char *, size_t));
#endif
