/* The Win32 types and calls we use, declared by hand, and a wrapper for each
   call that turns failure into an error code. */
#ifndef FFI_H
#define FFI_H

#include <stddef.h>
#include <stdint.h>

/* On Windows a long has 32 bits, even where a pointer has 64.
   https://learn.microsoft.com/windows/win32/winprog/windows-data-types */
typedef int BOOL;
typedef unsigned short WORD;
typedef unsigned long DWORD;
typedef unsigned long ULONG;
typedef uintptr_t ULONG_PTR;
typedef void *HANDLE;
typedef uintptr_t SOCKET; /* a HANDLE in all but name */

#define FALSE 0
#define TRUE 1
#define INFINITE 0xFFFFFFFF
#define INVALID_HANDLE_VALUE ((HANDLE)(intptr_t)-1)
#define INVALID_SOCKET (~(SOCKET)0)

/* https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-socket */
#define AF_INET 2
#define AF_INET6 23
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SD_SEND 1
#define SOMAXCONN 0x7FFFFFFF

/* A child process gets no handle to the socket.
   https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsasocketw */
#define WSA_FLAG_OVERLAPPED 0x01
#define WSA_FLAG_NO_HANDLE_INHERIT 0x80

/* https://learn.microsoft.com/windows/win32/api/ws2tcpip/nf-ws2tcpip-getaddrinfo */
#define AI_PASSIVE 0x1
#define AI_NUMERICHOST 0x4

/* https://learn.microsoft.com/windows/win32/winsock/sol-socket-socket-options */
#define SOL_SOCKET 0xFFFF
#define SO_EXCLUSIVEADDRUSE (-5)
#define SO_PROTOCOL_INFOW 0x2005
#define SO_UPDATE_ACCEPT_CONTEXT 0x700B
#define SO_UPDATE_CONNECT_CONTEXT 0x7010

/* https://learn.microsoft.com/windows/win32/winsock/winsock-ioctls */
#define SIO_GET_EXTENSION_FUNCTION_POINTER 0xC8000006
#define SIO_TCP_INITIAL_RTO 0x98000011
#define SIO_UDP_CONNRESET 0x9800000C

/* The provider's sockets are handles of the system: nothing stands between.
   https://learn.microsoft.com/windows/win32/api/winsock2/ns-winsock2-wsaprotocol_infow */
#define XP1_IFS_HANDLES 0x00020000

/* https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-setfilecompletionnotificationmodes */
#define FILE_SKIP_COMPLETION_PORT_ON_SUCCESS 0x1
#define FILE_SKIP_SET_EVENT_ON_HANDLE 0x2

/* https://learn.microsoft.com/windows/win32/api/mstcpip/ns-mstcpip-tcp_initial_rto_parameters */
#define TCP_INITIAL_RTO_UNSPECIFIED_RTT 0xFFFF
#define TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS 0xFE

/* https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew */
#define GENERIC_READ 0x80000000
#define GENERIC_WRITE 0x40000000
#define FILE_SHARE_READ 0x1
#define FILE_SHARE_WRITE 0x2
#define FILE_SHARE_DELETE 0x4
#define CREATE_ALWAYS 2
#define OPEN_EXISTING 3
#define FILE_FLAG_OVERLAPPED 0x40000000
#define FILE_FLAG_SEQUENTIAL_SCAN 0x08000000
#define FILE_FLAG_BACKUP_SEMANTICS 0x02000000
#define FILE_ATTRIBUTE_DIRECTORY 0x10
#define SECURITY_SQOS_PRESENT 0x00100000
#define SECURITY_IDENTIFICATION 0x00010000

/* https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-getfiletype */
#define FILE_TYPE_DISK 0x1

/* https://learn.microsoft.com/windows/win32/api/stringapiset/nf-stringapiset-multibytetowidechar */
#define CP_UTF8 65001
#define MB_ERR_INVALID_CHARS 0x8

/* https://learn.microsoft.com/windows/win32/api/minwinbase/ne-minwinbase-file_info_by_handle_class */
#define FileBasicInfo 0
#define FileEndOfFileInfo 6

/* https://learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-createnamedpipew */
#define PIPE_ACCESS_DUPLEX 0x3
#define FILE_FLAG_FIRST_PIPE_INSTANCE 0x00080000
#define PIPE_TYPE_MESSAGE 0x4
#define PIPE_READMODE_MESSAGE 0x2
#define PIPE_REJECT_REMOTE_CLIENTS 0x8
#define PIPE_UNLIMITED_INSTANCES 255

/* https://learn.microsoft.com/windows/win32/debug/system-error-codes */
#define ERROR_FILE_NOT_FOUND 2
#define ERROR_PATH_NOT_FOUND 3
#define ERROR_ACCESS_DENIED 5
#define ERROR_NOT_ENOUGH_MEMORY 8
#define ERROR_INVALID_DATA 13
#define ERROR_WRITE_FAULT 29
#define ERROR_HANDLE_EOF 38
#define ERROR_NOT_SUPPORTED 50
#define ERROR_NETNAME_DELETED 64
#define ERROR_INVALID_PARAMETER 87
#define ERROR_BROKEN_PIPE 109
#define ERROR_DISK_FULL 112
#define ERROR_SEM_TIMEOUT 121
#define ERROR_INSUFFICIENT_BUFFER 122
#define ERROR_INVALID_NAME 123
#define ERROR_BUSY 170
#define ERROR_ALREADY_EXISTS 183
#define ERROR_PIPE_BUSY 231
#define ERROR_NO_DATA 232
#define ERROR_MORE_DATA 234
#define WAIT_TIMEOUT 258
#define ERROR_DIRECTORY 267
#define ERROR_PIPE_CONNECTED 535
#define ERROR_ABANDONED_WAIT_0 735
#define ERROR_OPERATION_ABORTED 995
#define WSA_IO_PENDING 997
#define ERROR_NOT_FOUND 1168
#define STATUS_PENDING 0x103 /* in OVERLAPPED.Internal: not done yet */
#define ERROR_CONNECTION_ABORTED 1236
#define ERROR_NO_SYSTEM_RESOURCES 1450
#define WSAEWOULDBLOCK 10035
#define WSAEALREADY 10037
#define WSAENOTSOCK 10038
#define WSAEMSGSIZE 10040
#define WSAECONNABORTED 10053
#define WSAECONNRESET 10054
#define WSAENOBUFS 10055
#define WSAENOTCONN 10057
#define WSAESHUTDOWN 10058
#define WSAETIMEDOUT 10060
#define WSAECONNREFUSED 10061
#define WSAHOST_NOT_FOUND 11001

/* On 32-bit x86 the system's functions remove their own arguments from the
   stack; on 64 bits the compiler ignores the word. */
#define WINAPI __stdcall

/* One operation the system works on while we do something else. It belongs to
   the system from the call that starts the operation until we have taken its
   packet out of the port.
   https://learn.microsoft.com/windows/win32/api/minwinbase/ns-minwinbase-overlapped */
typedef struct OVERLAPPED {
    ULONG_PTR Internal;     /* how it ended: an NTSTATUS, 0 for success */
    ULONG_PTR InternalHigh; /* bytes transferred */
    DWORD Offset;           /* where in the file; 0 for a socket */
    DWORD OffsetHigh;
    HANDLE hEvent; /* an event to set as well, or NULL */
} OVERLAPPED;

/* Winsock's name for the same structure.
   https://learn.microsoft.com/windows/win32/api/winsock2/ns-winsock2-wsaoverlapped */
typedef OVERLAPPED WSAOVERLAPPED;

/* One completion packet, as the port hands it out.
   https://learn.microsoft.com/windows/win32/api/minwinbase/ns-minwinbase-overlapped_entry */
typedef struct OVERLAPPED_ENTRY {
    ULONG_PTR lpCompletionKey; /* chosen when the handle was associated */
    OVERLAPPED *lpOverlapped;  /* the pointer the operation started with */
    ULONG_PTR Internal;        /* reserved */
    DWORD dwNumberOfBytesTransferred;
} OVERLAPPED_ENTRY;

/* https://learn.microsoft.com/windows/win32/api/ws2def/ns-ws2def-wsabuf */
typedef struct WSABUF {
    ULONG len; /* bytes */
    char *buf;
} WSABUF;

/* 100 nanoseconds since 1601.
   https://learn.microsoft.com/windows/win32/api/minwinbase/ns-minwinbase-filetime */
typedef struct FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME;

/* https://learn.microsoft.com/windows/win32/api/winbase/ns-winbase-file_basic_info */
typedef struct FILE_BASIC_INFO {
    long long CreationTime;
    long long LastAccessTime;
    long long LastWriteTime;
    long long ChangeTime;
    DWORD FileAttributes;
} FILE_BASIC_INFO;

/* A lock that one thread at a time can have. It needs no memory but this, and
   no clearing up.
   https://learn.microsoft.com/windows/win32/sync/slim-reader-writer--srw--locks */
typedef struct SRWLOCK {
    void *Ptr;
} SRWLOCK;

/* An IPv4 address. Port and address have their most significant byte first.
   https://learn.microsoft.com/windows/win32/api/ws2def/ns-ws2def-sockaddr_in */
struct sockaddr_in {
    short sin_family;
    unsigned short sin_port;
    ULONG sin_addr;
    char sin_zero[8];
};

/* An IPv6 address.
   https://learn.microsoft.com/windows/win32/api/ws2ipdef/ns-ws2ipdef-sockaddr_in6_lh */
struct sockaddr_in6 {
    short sin6_family;
    unsigned short sin6_port;
    ULONG sin6_flowinfo;
    unsigned char sin6_addr[16];
    ULONG sin6_scope_id;
};

/* What the calls take: an address of any family. Every family begins so. */
struct sockaddr {
    unsigned short sa_family;
    char sa_data[14];
};

/* One of the addresses of a name.
   https://learn.microsoft.com/windows/win32/api/ws2def/ns-ws2def-addrinfoa */
struct addrinfo {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    size_t ai_addrlen;
    char *ai_canonname;
    struct sockaddr *ai_addr;
    struct addrinfo *ai_next;
};

/* Filled by WSAStartup; we need its size, not its content.
   https://learn.microsoft.com/windows/win32/api/winsock2/ns-winsock2-wsadata */
typedef struct WSADATA {
    void *unused[sizeof(void *) == 8 ? 51 : 100];
} WSADATA;

/* What a socket's provider can do. We read the flags alone.
   https://learn.microsoft.com/windows/win32/api/winsock2/ns-winsock2-wsaprotocol_infow */
typedef struct WSAPROTOCOL_INFOW {
    DWORD dwServiceFlags1;
    DWORD unused[156];
} WSAPROTOCOL_INFOW;

/* The name of a function that is not in the import library.
   https://learn.microsoft.com/windows/win32/api/guiddef/ns-guiddef-guid */
typedef struct GUID {
    ULONG Data1;
    unsigned short Data2;
    unsigned short Data3;
    unsigned char Data4[8];
} GUID;

/* How often, and after what time, a call to connect is repeated.
   https://learn.microsoft.com/windows/win32/api/mstcpip/ns-mstcpip-tcp_initial_rto_parameters */
typedef struct TCP_INITIAL_RTO_PARAMETERS {
    unsigned short Rtt; /* milliseconds */
    unsigned char MaxSynRetransmissions;
} TCP_INITIAL_RTO_PARAMETERS;

/* https://learn.microsoft.com/windows/win32/api/mswsock/nf-mswsock-acceptex */
typedef BOOL(WINAPI *ACCEPT_EX)(SOCKET sListenSocket, SOCKET sAcceptSocket,
                                void *lpOutputBuffer, DWORD dwReceiveDataLength,
                                DWORD dwLocalAddressLength,
                                DWORD dwRemoteAddressLength,
                                DWORD *lpdwBytesReceived,
                                OVERLAPPED *lpOverlapped);

/* https://learn.microsoft.com/windows/win32/api/mswsock/nc-mswsock-lpfn_connectex */
typedef BOOL(WINAPI *CONNECT_EX)(SOCKET s, const struct sockaddr *name,
                                 int namelen, void *lpSendBuffer,
                                 DWORD dwSendDataLength, DWORD *lpdwBytesSent,
                                 OVERLAPPED *lpOverlapped);

/* Another way to hear of a completion; we always pass NULL.
   https://learn.microsoft.com/windows/win32/api/winsock2/nc-winsock2-lpwsaoverlapped_completion_routine */
typedef void(WINAPI *COMPLETION_ROUTINE)(DWORD, DWORD, WSAOVERLAPPED *, DWORD);

/* https://learn.microsoft.com/windows/console/handlerroutine */
typedef BOOL(WINAPI *PHANDLER_ROUTINE)(DWORD CtrlType);

HANDLE WINAPI CreateIoCompletionPort(HANDLE FileHandle,
                                     HANDLE ExistingCompletionPort,
                                     ULONG_PTR CompletionKey,
                                     DWORD NumberOfConcurrentThreads);
BOOL WINAPI PostQueuedCompletionStatus(HANDLE CompletionPort,
                                       DWORD dwNumberOfBytesTransferred,
                                       ULONG_PTR dwCompletionKey,
                                       OVERLAPPED *lpOverlapped);
BOOL WINAPI GetQueuedCompletionStatusEx(HANDLE CompletionPort,
                                        OVERLAPPED_ENTRY *lpEntries,
                                        ULONG ulCount,
                                        ULONG *ulNumEntriesRemoved,
                                        DWORD dwMilliseconds, BOOL fAlertable);
BOOL WINAPI SetFileCompletionNotificationModes(HANDLE FileHandle,
                                               unsigned char Flags);
BOOL WINAPI CancelIoEx(HANDLE hFile, OVERLAPPED *lpOverlapped);
HANDLE WINAPI CreateFileW(const wchar_t *lpFileName, DWORD dwDesiredAccess,
                          DWORD dwShareMode, void *lpSecurityAttributes,
                          DWORD dwCreationDisposition,
                          DWORD dwFlagsAndAttributes, HANDLE hTemplateFile);
DWORD WINAPI GetModuleFileNameW(HANDLE hModule, wchar_t *lpFilename,
                                DWORD nSize);
DWORD WINAPI GetFullPathNameW(const wchar_t *lpFileName, DWORD nBufferLength,
                              wchar_t *lpBuffer, wchar_t **lpFilePart);
DWORD WINAPI GetFileType(HANDLE hFile);
BOOL WINAPI GetFileInformationByHandleEx(HANDLE hFile,
                                         unsigned FileInformationClass,
                                         void *lpFileInformation,
                                         DWORD dwBufferSize);
int WINAPI MultiByteToWideChar(unsigned CodePage, DWORD dwFlags,
                               const char *lpMultiByteStr, int cbMultiByte,
                               wchar_t *lpWideCharStr, int cchWideChar);
BOOL WINAPI GetFileSizeEx(HANDLE hFile, long long *lpFileSize);
BOOL WINAPI SetFileInformationByHandle(HANDLE hFile,
                                       unsigned FileInformationClass,
                                       void *lpFileInformation,
                                       DWORD dwBufferSize);
BOOL WINAPI ReadFile(HANDLE hFile, void *lpBuffer, DWORD nNumberOfBytesToRead,
                     DWORD *lpNumberOfBytesRead, OVERLAPPED *lpOverlapped);
BOOL WINAPI WriteFile(HANDLE hFile, const void *lpBuffer,
                      DWORD nNumberOfBytesToWrite,
                      DWORD *lpNumberOfBytesWritten, OVERLAPPED *lpOverlapped);
HANDLE WINAPI CreateNamedPipeW(const wchar_t *lpName, DWORD dwOpenMode,
                               DWORD dwPipeMode, DWORD nMaxInstances,
                               DWORD nOutBufferSize, DWORD nInBufferSize,
                               DWORD nDefaultTimeOut,
                               void *lpSecurityAttributes);
BOOL WINAPI ConnectNamedPipe(HANDLE hNamedPipe, OVERLAPPED *lpOverlapped);
BOOL WINAPI DisconnectNamedPipe(HANDLE hNamedPipe);
BOOL WINAPI SetNamedPipeHandleState(HANDLE hNamedPipe, DWORD *lpMode,
                                    DWORD *lpMaxCollectionCount,
                                    DWORD *lpCollectDataTimeout);
ULONG WINAPI RtlNtStatusToDosError(long Status);
BOOL WINAPI CloseHandle(HANDLE hObject);
DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
void WINAPI InitializeSRWLock(SRWLOCK *SRWLock);
void WINAPI AcquireSRWLockExclusive(SRWLOCK *SRWLock);
void WINAPI ReleaseSRWLockExclusive(SRWLOCK *SRWLock);
DWORD WINAPI GetLastError(void);
void WINAPI Sleep(DWORD dwMilliseconds);
BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE HandlerRoutine, BOOL Add);
void WINAPI GetSystemTimeAsFileTime(FILETIME *lpSystemTimeAsFileTime);
BOOL WINAPI QueryPerformanceCounter(long long *lpPerformanceCount);
BOOL WINAPI QueryPerformanceFrequency(long long *lpFrequency);
wchar_t *WINAPI GetCommandLineW(void);
wchar_t **WINAPI CommandLineToArgvW(const wchar_t *lpCmdLine, int *pNumArgs);

int WINAPI WSAStartup(WORD wVersionRequested, WSADATA *lpWSAData);
int WINAPI WSACleanup(void);
int WINAPI WSAGetLastError(void);
SOCKET WINAPI WSASocketW(int af, int type, int protocol, void *lpProtocolInfo,
                         unsigned g, DWORD dwFlags);
int WINAPI setsockopt(SOCKET s, int level, int optname, const char *optval,
                      int optlen);
int WINAPI getsockopt(SOCKET s, int level, int optname, char *optval,
                      int *optlen);
int WINAPI WSAIoctl(SOCKET s, DWORD dwIoControlCode, void *lpvInBuffer,
                    DWORD cbInBuffer, void *lpvOutBuffer, DWORD cbOutBuffer,
                    DWORD *lpcbBytesReturned, WSAOVERLAPPED *lpOverlapped,
                    COMPLETION_ROUTINE lpCompletionRoutine);
unsigned short WINAPI ntohs(unsigned short netshort);
int WINAPI getaddrinfo(const char *pNodeName, const char *pServiceName,
                       const struct addrinfo *pHints,
                       struct addrinfo **ppResult);
void WINAPI freeaddrinfo(struct addrinfo *pAddrInfo);
int WINAPI bind(SOCKET s, const struct sockaddr *name, int namelen);
int WINAPI connect(SOCKET s, const struct sockaddr *name, int namelen);
int WINAPI listen(SOCKET s, int backlog);
int WINAPI getpeername(SOCKET s, struct sockaddr *name, int *namelen);
const char *WINAPI inet_ntop(int Family, const void *pAddr, char *pStringBuf,
                             size_t StringBufSize);
int WINAPI getsockname(SOCKET s, struct sockaddr *name, int *namelen);
int WINAPI shutdown(SOCKET s, int how);
int WINAPI closesocket(SOCKET s);
int WINAPI WSARecv(SOCKET s, WSABUF *lpBuffers, DWORD dwBufferCount,
                   DWORD *lpNumberOfBytesRecvd, DWORD *lpFlags,
                   WSAOVERLAPPED *lpOverlapped,
                   COMPLETION_ROUTINE lpCompletionRoutine);
int WINAPI WSASend(SOCKET s, WSABUF *lpBuffers, DWORD dwBufferCount,
                   DWORD *lpNumberOfBytesSent, DWORD dwFlags,
                   WSAOVERLAPPED *lpOverlapped,
                   COMPLETION_ROUTINE lpCompletionRoutine);
int WINAPI WSARecvFrom(SOCKET s, WSABUF *lpBuffers, DWORD dwBufferCount,
                       DWORD *lpNumberOfBytesRecvd, DWORD *lpFlags,
                       struct sockaddr *lpFrom, int *lpFromlen,
                       WSAOVERLAPPED *lpOverlapped,
                       COMPLETION_ROUTINE lpCompletionRoutine);
int WINAPI WSASendTo(SOCKET s, WSABUF *lpBuffers, DWORD dwBufferCount,
                     DWORD *lpNumberOfBytesSent, DWORD dwFlags,
                     const struct sockaddr *lpTo, int iTolen,
                     WSAOVERLAPPED *lpOverlapped,
                     COMPLETION_ROUTINE lpCompletionRoutine);
BOOL WINAPI WSAGetOverlappedResult(SOCKET s, WSAOVERLAPPED *lpOverlapped,
                                   DWORD *lpcbTransfer, BOOL fWait,
                                   DWORD *lpdwFlags);

/* Every function below returns 0 for success or a Win32 error code. */

/* Creates a completion port. The caller closes *port with close_handle.
   https://learn.microsoft.com/windows/win32/fileio/createiocompletionport */
DWORD create_completion_port(HANDLE *port);

/* Has the port receive a packet, with this key, for every operation on the
   socket that starts from now on. No call of Win32 undoes it; it ends with the
   socket. Errors: 87 (ERROR_INVALID_PARAMETER) if it already has a port.
   https://learn.microsoft.com/windows/win32/fileio/createiocompletionport */
DWORD associate_socket(HANDLE port, SOCKET s, ULONG_PTR key);

/* Has operations that succeed at once send no packet. No call takes that back.
   After 0 from a start the operation is done, and there is nothing to wait for;
   what pends still ends with a packet. Errors: ERROR_NOT_SUPPORTED, and nothing is
   changed, if the socket's provider is layered over another that would not know.
   https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-setfilecompletionnotificationmodes */
DWORD skip_port_on_success(SOCKET s);

/* Creates a port whose packets keep at most so many threads running at a time; 0:
   as many as there are processors.
   https://learn.microsoft.com/windows/win32/fileio/i-o-completion-ports */
DWORD create_port_for(DWORD threads, HANDLE *port);

/* What associate_socket does, for any handle: a file or pipe opened for overlapped
   operations, a socket. Errors: 87 (ERROR_INVALID_PARAMETER) if it has a port, or
   is not overlapped, 6 if it is of no such kind. */
DWORD associate_handle(HANDLE port, HANDLE handle, ULONG_PTR key);

/* Queues a packet that no operation stands behind. The port hands bytes, key
   and overlapped out as they are, without looking at them.
   https://learn.microsoft.com/windows/win32/fileio/postqueuedcompletionstatus */
DWORD post_queued_completion_status(HANDLE port, DWORD bytes, ULONG_PTR key,
                                    OVERLAPPED *overlapped);

/* Waits until the port has packets and takes out as many as there are, but no
   more than capacity, which must be at least 1. timeout is in milliseconds, or
   INFINITE.
   On success *removed is at least 1; on an error it is 0.
   Errors: WAIT_TIMEOUT if none came in time.
   https://learn.microsoft.com/windows/win32/fileio/getqueuedcompletionstatusex-func */
DWORD get_queued_completion_status_ex(HANDLE port, OVERLAPPED_ENTRY *entries,
                                      ULONG capacity, ULONG *removed,
                                      DWORD timeout);

/* Runs a function on a new thread. The caller ends with join_thread.
   Errors: ERROR_NOT_ENOUGH_MEMORY for any shortage.
   https://learn.microsoft.com/cpp/c-runtime-library/reference/beginthread-beginthreadex */
DWORD start_thread(HANDLE *thread, unsigned(WINAPI *run)(void *),
                   void *argument);

/* Waits until the function has returned, and closes the handle.
   https://learn.microsoft.com/windows/win32/api/synchapi/nf-synchapi-waitforsingleobject */
DWORD join_thread(HANDLE thread);

/* Has this called on a thread of its own at Ctrl+C, in place of ending the
   program. It returns TRUE if it has seen to that.
   https://learn.microsoft.com/windows/console/setconsolectrlhandler */
DWORD catch_ctrl_c(PHANDLER_ROUTINE handler);

/* Milliseconds since some moment in the past; never goes back.
   https://learn.microsoft.com/windows/win32/sysinfo/acquiring-high-resolution-time-stamps */
unsigned long long now_ms(void);

/* Seconds since 1970.
   https://learn.microsoft.com/windows/win32/api/sysinfoapi/nf-sysinfoapi-getsystemtimeasfiletime */
long long unix_time(void);
/* The same of the system's own count: units of 100 ns since 1601. */
long long unix_time_of(long long time);

/* https://learn.microsoft.com/windows/win32/api/handleapi/nf-handleapi-closehandle */
DWORD close_handle(HANDLE handle);

/* Readies Winsock 2.2; wsa_cleanup undoes it.
   https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsastartup */
DWORD wsa_startup(void);
DWORD wsa_cleanup(void);

/* Makes a stream socket for overlapped operations that no child process
   inherits. The caller closes it with close_socket.
   https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsasocketw */
DWORD open_socket(int family, SOCKET *s);

/* Makes a datagram socket, for the rest as open_socket does. A datagram that
   nobody took does not come back as an error of the next read.
   https://learn.microsoft.com/windows/win32/winsock/winsock-ioctls */
DWORD open_datagram_socket(int family, SOCKET *s);

/* Binds the socket to an address that no other socket may share. Errors: 10048
   (WSAEADDRINUSE) if one has it, 10013 (WSAEACCES).
   https://learn.microsoft.com/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse */
DWORD bind_alone(SOCKET s, const struct sockaddr *address, size_t size);

/* Has a datagram socket receive from one address alone, and send to it. Nothing
   is sent for that.
   https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-connect */
DWORD connect_datagrams(SOCKET s, const struct sockaddr *address, size_t size);

/* Binds the socket to the address and has it listen. No other socket may share
   the address. Errors: 10048 (WSAEADDRINUSE) if one has it, 10013 (WSAEACCES).
   https://learn.microsoft.com/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse */
DWORD bind_and_listen(SOCKET s, const struct sockaddr *address, size_t size);

/* The port that the socket is bound to.
   https://learn.microsoft.com/windows/win32/api/winsock/nf-winsock-getsockname */
DWORD local_port(SOCKET s, unsigned short *port);

/* Writes the address and port that the socket is connected to: "127.0.0.1:8080",
   "[::1]:8080". https://learn.microsoft.com/windows/win32/api/winsock/nf-winsock-getpeername */
DWORD peer_name(SOCKET s, char *text, size_t size);

/* Fetches AcceptEx for the listening socket: each provider has its own.
   https://learn.microsoft.com/windows/win32/api/mswsock/nf-mswsock-acceptex */
DWORD load_accept_ex(SOCKET listener, ACCEPT_EX *accept_ex);

/* Starts to accept a connection into a new socket of the listener's family. The
   rules are those of wsa_recv. addresses is lent, too: twice size bytes, which
   must be 16 more than an address of that family has.
   Errors: 10054 (WSAECONNRESET) if a client has gone again. */
DWORD start_accept(ACCEPT_EX accept_ex, SOCKET listener, SOCKET s,
                   char *addresses, DWORD size, OVERLAPPED *overlapped);

/* Tells an accepted socket which listener it is of. Until then it doesn't know
   its addresses and can't be shut down. Errors: 10054 and others if the client
   has gone. */
DWORD update_accept_context(SOCKET s, SOCKET listener);

/* Starts to connect a socket that is new but may be associated. The rules are
   those of wsa_recv; the address is not lent. This machine is asked once: Windows
   would ask it two times more, for two seconds, when it has said no.
   https://learn.microsoft.com/windows/win32/api/mswsock/nc-mswsock-lpfn_connectex */
DWORD start_connect(SOCKET s, const struct sockaddr *address, size_t size,
                    OVERLAPPED *overlapped);

/* Tells a socket that it is connected. Until then it can't be shut down. */
DWORD update_connect_context(SOCKET s);

/* Starts a read of at most size bytes. What it returns tells whether a packet
   will come: ask packet_follows. Until that packet has been taken out, buffer
   and *overlapped belong to the system. *overlapped must be zeroed. *bytes is how
   many were read if it returns 0, and 0 otherwise. A size of 0 reads nothing, and
   is done when there is something to read.
   https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsarecv */
DWORD wsa_recv(SOCKET s, char *buffer, ULONG size, DWORD *bytes,
               WSAOVERLAPPED *overlapped);

/* How the operation ended whose packet has been taken out, in Winsock's codes.
   https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsagetoverlappedresult */
DWORD wsa_get_overlapped_result(SOCKET s, WSAOVERLAPPED *overlapped);

/* Starts to send the bytes of 1 to count parts, in their order. The rules are
   those of wsa_recv. The parts themselves are ours again when this returns; what
   they point at is lent.
   https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsasend */
DWORD wsa_send(SOCKET s, WSABUF *parts, DWORD count, DWORD *bytes,
               WSAOVERLAPPED *overlapped);

/* Starts to read a datagram. The rules are those of wsa_recv. *from and *from_size
   are lent, too: the sender's address is put there as late as the bytes. Of a
   datagram longer than size the rest is lost: error 10040 (WSAEMSGSIZE), and a
   packet. https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsarecvfrom */
DWORD wsa_recv_from(SOCKET s, char *buffer, ULONG size, struct sockaddr *from,
                    int *from_size, WSAOVERLAPPED *overlapped);

/* Starts to send one datagram. to may be NULL if the socket is connected.
   https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsasendto */
DWORD wsa_send_to(SOCKET s, const char *data, ULONG size,
                  const struct sockaddr *to, size_t to_size,
                  WSAOVERLAPPED *overlapped);

/* Tells the peer, behind all that was sent, that no more will come.
   https://learn.microsoft.com/windows/win32/api/winsock/nf-winsock-shutdown */
DWORD shutdown_send(SOCKET s);

/* Has every operation in flight on the socket end soon. Each still comes by its
   packet, with error 995 (ERROR_OPERATION_ABORTED) unless it was done before.
   https://learn.microsoft.com/windows/win32/fileio/cancelioex-func */
DWORD cancel_io(SOCKET s);

/* Asks for one operation to end. That is a wish: it may be done all the same, or
   end with 995, and its packet says which; or its packet is in the port already,
   and nothing happens.
   https://learn.microsoft.com/windows/win32/fileio/cancelioex-func */
DWORD cancel_operation(SOCKET s, OVERLAPPED *overlapped);

/* What cancel_operation does, for any handle. Errors: 1168 (ERROR_NOT_FOUND) if the
   operation is done: its packet is in the port, or has been taken out. */
DWORD cancel_handle(HANDLE handle, OVERLAPPED *overlapped);

/* How the operation ended whose packet has been taken out, by the Internal of its
   OVERLAPPED. No handle is asked: it may be closed by now.
   https://learn.microsoft.com/windows/win32/api/winternl/nf-winternl-rtlntstatustodoserror */
DWORD error_of_status(ULONG_PTR status);

/* Opens a file or a pipe that exists, for overlapped operations. No child process
   inherits it. A pipe's server may know who we are, but not act in our name. The
   caller closes *file with close_handle. Errors: 2, 3 and 123 for a name, 5 and 32
   for a right that is missing, 231 if all instances of the pipe are taken.
   https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew */
DWORD open_existing(const wchar_t *name, DWORD access, HANDLE *file);

/* The same for a new file to write to, in place of what is there. Nobody else may
   open it meanwhile. */
DWORD create_file(const wchar_t *name, HANDLE *file);

/* From UTF-8 to the system's UTF-16, with a zero behind it; size counts characters.
   Errors: 122 (ERROR_INSUFFICIENT_BUFFER), 1113 (ERROR_NO_UNICODE_TRANSLATION).
   https://learn.microsoft.com/windows/win32/api/stringapiset/nf-stringapiset-multibytetowidechar */
DWORD to_wide(const char *text, wchar_t *wide, int size);

/* Writes the whole name of the file that this program is in. size counts
   characters. Errors: 122 (ERROR_INSUFFICIENT_BUFFER).
   https://learn.microsoft.com/windows/win32/api/libloaderapi/nf-libloaderapi-getmodulefilenamew */
DWORD program_name(wchar_t *name, DWORD size);

/* Writes the whole name of a file or folder, of this machine or another, in the
   form that the system takes as it is: names below it may be long, and nothing is
   read into them. size counts characters. Errors: 122
   (ERROR_INSUFFICIENT_BUFFER).
   https://learn.microsoft.com/windows/win32/fileio/naming-a-file#win32-file-namespaces */
DWORD literal_name(const wchar_t *name, wchar_t *literal, DWORD size);

/* Opens a file or folder for overlapped reading, which others may write, rename or
   remove meanwhile. The caller closes it with close_handle.
   Errors: ERROR_NOT_SUPPORTED if it is a device.
   https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew */
DWORD open_file(const wchar_t *name, HANDLE *file);

/* What a file or folder is, and when it was written. Its volume isn't asked for,
   which GetFileInformationByHandle would do as well.
   https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-getfileinformationbyhandleex */
DWORD file_information(HANDLE file, FILE_BASIC_INFO *information);

/* https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-getfilesizeex */
DWORD file_size(HANDLE file, unsigned long long *size);

/* Makes a file longer or shorter. Errors: 112 (ERROR_DISK_FULL).
   https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-setfileinformationbyhandle */
DWORD set_file_size(HANDLE file, unsigned long long size);

/* Starts a read of at most size bytes from a file or pipe. A file's place is in
   *overlapped, which must be zeroed otherwise. The rules are those of wsa_recv.
   Errors: 38 (ERROR_HANDLE_EOF) at a file's end, 109 (ERROR_BROKEN_PIPE) at a
   pipe's; either may come by the packet as well.
   https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-readfile */
DWORD read_file(HANDLE file, void *buffer, DWORD size, OVERLAPPED *overlapped);

/* https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-writefile */
DWORD write_file(HANDLE file, const void *buffer, DWORD size,
                 OVERLAPPED *overlapped);

/* Makes one more instance of a pipe of this machine's, with buffers of this size,
   of bytes or of messages. No child process inherits it. The caller closes *pipe
   with close_handle.
   https://learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-createnamedpipew */
DWORD create_pipe(const wchar_t *name, BOOL messages, DWORD size, HANDLE *pipe);

/* The same, unless there is one already, anybody's. Errors: 5
   (ERROR_ACCESS_DENIED) then. */
DWORD create_first_pipe(const wchar_t *name, BOOL messages, DWORD size,
                        HANDLE *pipe);

/* Starts to wait for a client. The rules are those of wsa_recv. Errors: 535
   (ERROR_PIPE_CONNECTED) if a client was faster: that is success without a packet;
   232 (ERROR_NO_DATA) if it has gone again: disconnect_pipe, and wait anew.
   https://learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-connectnamedpipe */
DWORD start_connect_pipe(HANDLE pipe, OVERLAPPED *overlapped);

/* Ends the connection with the client, who loses what it has not read.
   https://learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-disconnectnamedpipe */
DWORD disconnect_pipe(HANDLE pipe);

/* Has a client's end give out messages, too; it begins with bytes.
   https://learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-setnamedpipehandlestate */
DWORD read_messages(HANDLE pipe);

/* Any operation still in flight on the socket is cancelled: its packet comes.
   https://learn.microsoft.com/windows/win32/api/winsock/nf-winsock-closesocket */
DWORD close_socket(SOCKET s);

#endif
