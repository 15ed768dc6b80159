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
#define SOCK_STREAM 1
#define SD_SEND 1
#define SOL_SOCKET 0xFFFF
#define SO_EXCLUSIVEADDRUSE (-5)
#define SOMAXCONN 0x7FFFFFFF
#define INADDR_LOOPBACK 0x7F000001

/* A child process gets no handle to the socket.
   https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsasocketw */
#define WSA_FLAG_OVERLAPPED 0x01
#define WSA_FLAG_NO_HANDLE_INHERIT 0x80
#define HANDLE_FLAG_INHERIT 1

/* https://learn.microsoft.com/windows/win32/debug/system-error-codes */
#define ERROR_FILE_NOT_FOUND 2
#define ERROR_NOT_ENOUGH_MEMORY 8
#define ERROR_INVALID_DATA 13
#define ERROR_WRITE_FAULT 29
#define ERROR_READ_FAULT 30
#define ERROR_HANDLE_EOF 38
#define ERROR_NOT_SUPPORTED 50
#define ERROR_INVALID_PARAMETER 87
#define ERROR_INVALID_NAME 123
#define ERROR_BUSY 170
#define ERROR_MORE_DATA 234
#define WAIT_TIMEOUT 258
#define ERROR_ABANDONED_WAIT_0 735
#define WSA_IO_PENDING 997
#define WSAEWOULDBLOCK 10035
#define WSAEALREADY 10037
#define WSAENOTSOCK 10038
#define WSAEMSGSIZE 10040
#define WSAECONNRESET 10054
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
struct sockaddr; /* what the calls take: an address of any family */

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

/* Another way to hear of a completion; we always pass NULL.
   https://learn.microsoft.com/windows/win32/api/winsock2/nc-winsock2-lpwsaoverlapped_completion_routine */
typedef void(WINAPI *COMPLETION_ROUTINE)(DWORD, DWORD, WSAOVERLAPPED *, DWORD);

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
BOOL WINAPI CancelIoEx(HANDLE hFile, OVERLAPPED *lpOverlapped);
BOOL WINAPI CloseHandle(HANDLE hObject);
BOOL WINAPI SetHandleInformation(HANDLE hObject, DWORD dwMask, DWORD dwFlags);
DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
void WINAPI InitializeSRWLock(SRWLOCK *SRWLock);
void WINAPI AcquireSRWLockExclusive(SRWLOCK *SRWLock);
void WINAPI ReleaseSRWLockExclusive(SRWLOCK *SRWLock);
DWORD WINAPI GetLastError(void);
void WINAPI Sleep(DWORD dwMilliseconds);
unsigned long long WINAPI GetTickCount64(void);
wchar_t *WINAPI GetCommandLineW(void);
wchar_t **WINAPI CommandLineToArgvW(const wchar_t *lpCmdLine, int *pNumArgs);

int WINAPI WSAStartup(WORD wVersionRequested, WSADATA *lpWSAData);
int WINAPI WSACleanup(void);
int WINAPI WSAGetLastError(void);
SOCKET WINAPI WSASocketW(int af, int type, int protocol, void *lpProtocolInfo,
                         unsigned g, DWORD dwFlags);
int WINAPI setsockopt(SOCKET s, int level, int optname, const char *optval,
                      int optlen);
ULONG WINAPI htonl(ULONG hostlong);
unsigned short WINAPI ntohs(unsigned short netshort);
int WINAPI getaddrinfo(const char *pNodeName, const char *pServiceName,
                       const struct addrinfo *pHints,
                       struct addrinfo **ppResult);
void WINAPI freeaddrinfo(struct addrinfo *pAddrInfo);
int WINAPI bind(SOCKET s, const struct sockaddr *name, int namelen);
int WINAPI listen(SOCKET s, int backlog);
int WINAPI getsockname(SOCKET s, struct sockaddr *name, int *namelen);
int WINAPI connect(SOCKET s, const struct sockaddr *name, int namelen);
SOCKET WINAPI accept(SOCKET s, struct sockaddr *addr, int *addrlen);
int WINAPI recv(SOCKET s, char *buf, int len, int flags);
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

/* Waits for a connection and makes such a socket for it; *from is the address
   of the other end.
   https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-accept */
DWORD accept_socket(SOCKET listener, struct sockaddr_in *from, SOCKET *s);

/* Starts a read of at most size bytes. What it returns tells whether a packet
   will come: ask packet_follows. Until that packet has been taken out, buffer
   and *overlapped belong to the system. *overlapped must be zeroed.
   https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsarecv */
DWORD wsa_recv(SOCKET s, char *buffer, ULONG size, WSAOVERLAPPED *overlapped);

/* How the operation ended whose packet has been taken out, in Winsock's codes.
   https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsagetoverlappedresult */
DWORD wsa_get_overlapped_result(SOCKET s, WSAOVERLAPPED *overlapped);

/* Starts to send the bytes of 1 to count parts, in their order. The rules are
   those of wsa_recv. The parts themselves are ours again when this returns; what
   they point at is lent.
   https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsasend */
DWORD wsa_send(SOCKET s, WSABUF *parts, DWORD count, WSAOVERLAPPED *overlapped);

/* Tells the peer, behind all that was sent, that no more will come.
   https://learn.microsoft.com/windows/win32/api/winsock/nf-winsock-shutdown */
DWORD shutdown_send(SOCKET s);

/* Has every operation in flight on the socket end soon. Each still comes by its
   packet, with error 995 (ERROR_OPERATION_ABORTED) unless it was done before.
   https://learn.microsoft.com/windows/win32/fileio/cancelioex-func */
DWORD cancel_io(SOCKET s);

/* Any operation still in flight on the socket is cancelled: its packet comes.
   https://learn.microsoft.com/windows/win32/api/winsock/nf-winsock-closesocket */
DWORD close_socket(SOCKET s);

#endif
