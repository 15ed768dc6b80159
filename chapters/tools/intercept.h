/* Puts a tool between a program and the Win32 calls that open, associate,
   start, end, wait, post, cancel and close. A program is linked with
   intercept.o and the tool's object in front of the system's libraries; it
   needn't be compiled anew, in C or C++, with <windows.h> or declarations of
   its own. The linker's --wrap on the same calls goes on working: the wrapper
   comes first, and what it calls __real_ is the call that the tool sees.

   A tool fills in the calls it wants to see, before main:

       static Intercept next;

       static WINBOOL close_handle(const void *caller, HANDLE handle)
       {
           printf("CloseHandle(%p)\n", handle);
           return next.CloseHandle(caller, handle);
       }

       __attribute__((constructor)) static void install(void)
       {
           next = intercept;
           intercept.CloseHandle = close_handle;
       }

   Two tools in one program work, too: the one that comes last is asked first.
   caller points at the place on the stack from which the program's call will
   return; above it are the frames that are in use. See intercept_callers.

   Not seen: calls of the system's own libraries, calls by a pointer that
   GetProcAddress gave (but AcceptEx, ConnectEx, DisconnectEx and TransmitFile as
   WSAIoctl gives them are seen), other processes. */
#ifndef INTERCEPT_H
#define INTERCEPT_H

/* clang-format off */
#include <winsock2.h>
#include <mswsock.h>
#include <windows.h>
/* clang-format on */

/* Every call: library, result, name, bytes of its arguments on 32 bits (which
   are part of the name there), parameters, arguments. */
#define INTERCEPTED(X) INTERCEPTED_FILES(X) INTERCEPTED_SOCKETS(X)

#define INTERCEPTED_FILES(X)                                                   \
    X(kernel32, HANDLE, CreateIoCompletionPort, 16,                            \
      (HANDLE file, HANDLE port, ULONG_PTR key, DWORD threads),                \
      (file, port, key, threads))                                              \
    X(kernel32, WINBOOL, GetQueuedCompletionStatus, 20,                        \
      (HANDLE port, DWORD * bytes, ULONG_PTR * key, OVERLAPPED * *overlapped,  \
       DWORD timeout),                                                         \
      (port, bytes, key, overlapped, timeout))                                 \
    X(kernel32, WINBOOL, GetQueuedCompletionStatusEx, 24,                      \
      (HANDLE port, OVERLAPPED_ENTRY * entries, ULONG capacity,                \
       ULONG * removed, DWORD timeout, WINBOOL alertable),                     \
      (port, entries, capacity, removed, timeout, alertable))                  \
    X(kernel32, WINBOOL, PostQueuedCompletionStatus, 16,                       \
      (HANDLE port, DWORD bytes, ULONG_PTR key, OVERLAPPED * overlapped),      \
      (port, bytes, key, overlapped))                                          \
    X(kernel32, HANDLE, CreateFileA, 28,                                       \
      (const char *name, DWORD access, DWORD share,                            \
       SECURITY_ATTRIBUTES *security, DWORD disposition, DWORD flags,          \
       HANDLE like),                                                           \
      (name, access, share, security, disposition, flags, like))               \
    X(kernel32, HANDLE, CreateFileW, 28,                                       \
      (const wchar_t *name, DWORD access, DWORD share,                         \
       SECURITY_ATTRIBUTES *security, DWORD disposition, DWORD flags,          \
       HANDLE like),                                                           \
      (name, access, share, security, disposition, flags, like))               \
    X(kernel32, HANDLE, CreateNamedPipeA, 32,                                  \
      (const char *name, DWORD mode, DWORD type, DWORD instances, DWORD out,   \
       DWORD in, DWORD timeout, SECURITY_ATTRIBUTES *security),                \
      (name, mode, type, instances, out, in, timeout, security))               \
    X(kernel32, HANDLE, CreateNamedPipeW, 32,                                  \
      (const wchar_t *name, DWORD mode, DWORD type, DWORD instances,           \
       DWORD out, DWORD in, DWORD timeout, SECURITY_ATTRIBUTES *security),     \
      (name, mode, type, instances, out, in, timeout, security))               \
    X(kernel32, WINBOOL, ReadFile, 20,                                         \
      (HANDLE file, void *buffer, DWORD size, DWORD *bytes,                    \
       OVERLAPPED *overlapped),                                                \
      (file, buffer, size, bytes, overlapped))                                 \
    X(kernel32, WINBOOL, WriteFile, 20,                                        \
      (HANDLE file, const void *buffer, DWORD size, DWORD *bytes,              \
       OVERLAPPED *overlapped),                                                \
      (file, buffer, size, bytes, overlapped))                                 \
    X(kernel32, WINBOOL, ConnectNamedPipe, 8,                                  \
      (HANDLE pipe, OVERLAPPED * overlapped), (pipe, overlapped))              \
    X(kernel32, WINBOOL, DeviceIoControl, 32,                                  \
      (HANDLE device, DWORD code, void *in, DWORD in_size, void *out,          \
       DWORD out_size, DWORD *bytes, OVERLAPPED *overlapped),                  \
      (device, code, in, in_size, out, out_size, bytes, overlapped))           \
    X(kernel32, WINBOOL, GetOverlappedResult, 16,                              \
      (HANDLE file, OVERLAPPED * overlapped, DWORD * bytes, WINBOOL wait),     \
      (file, overlapped, bytes, wait))                                         \
    X(kernel32, WINBOOL, SetFileCompletionNotificationModes, 8,                \
      (HANDLE file, UCHAR flags), (file, flags))                               \
    X(kernel32, WINBOOL, CancelIo, 4, (HANDLE file), (file))                   \
    X(kernel32, WINBOOL, CancelIoEx, 8,                                        \
      (HANDLE file, OVERLAPPED * overlapped), (file, overlapped))              \
    X(kernel32, WINBOOL, CloseHandle, 4, (HANDLE handle), (handle))            \
    X(kernel32, DWORD, WaitForSingleObject, 8, (HANDLE handle, DWORD timeout), \
      (handle, timeout))                                                       \
    X(kernel32, DWORD, WaitForMultipleObjects, 16,                             \
      (DWORD count, const HANDLE *handles, WINBOOL all, DWORD timeout),        \
      (count, handles, all, timeout))

#define INTERCEPTED_SOCKETS(X)                                                 \
    X(ws2_32, SOCKET, socket, 12, (int family, int type, int protocol),        \
      (family, type, protocol))                                                \
    X(ws2_32, SOCKET, WSASocketA, 24,                                          \
      (int family, int type, int protocol, WSAPROTOCOL_INFOA *info,            \
       GROUP group, DWORD flags),                                              \
      (family, type, protocol, info, group, flags))                            \
    X(ws2_32, SOCKET, WSASocketW, 24,                                          \
      (int family, int type, int protocol, WSAPROTOCOL_INFOW *info,            \
       GROUP group, DWORD flags),                                              \
      (family, type, protocol, info, group, flags))                            \
    X(ws2_32, int, bind, 12,                                                   \
      (SOCKET s, const struct sockaddr *name, int size), (s, name, size))      \
    X(ws2_32, int, listen, 8, (SOCKET s, int backlog), (s, backlog))           \
    X(ws2_32, SOCKET, accept, 12,                                              \
      (SOCKET s, struct sockaddr * name, int *size), (s, name, size))          \
    X(ws2_32, int, connect, 12,                                                \
      (SOCKET s, const struct sockaddr *name, int size), (s, name, size))      \
    X(ws2_32, int, send, 16,                                                   \
      (SOCKET s, const char *data, int size, int flags),                       \
      (s, data, size, flags))                                                  \
    X(ws2_32, int, recv, 16, (SOCKET s, char *data, int size, int flags),      \
      (s, data, size, flags))                                                  \
    X(ws2_32, int, WSARecv, 28,                                                \
      (SOCKET s, WSABUF * buffers, DWORD count, DWORD * bytes, DWORD * flags,  \
       OVERLAPPED * overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine),   \
      (s, buffers, count, bytes, flags, overlapped, routine))                  \
    X(ws2_32, int, WSASend, 28,                                                \
      (SOCKET s, WSABUF * buffers, DWORD count, DWORD * bytes, DWORD flags,    \
       OVERLAPPED * overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine),   \
      (s, buffers, count, bytes, flags, overlapped, routine))                  \
    X(ws2_32, int, WSARecvFrom, 36,                                            \
      (SOCKET s, WSABUF * buffers, DWORD count, DWORD * bytes, DWORD * flags,  \
       struct sockaddr * from, int *from_size, OVERLAPPED *overlapped,         \
       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine),                            \
      (s, buffers, count, bytes, flags, from, from_size, overlapped, routine)) \
    X(ws2_32, int, WSASendTo, 36,                                              \
      (SOCKET s, WSABUF * buffers, DWORD count, DWORD * bytes, DWORD flags,    \
       const struct sockaddr *to, int to_size, OVERLAPPED *overlapped,         \
       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine),                            \
      (s, buffers, count, bytes, flags, to, to_size, overlapped, routine))     \
    X(ws2_32, WINBOOL, WSAGetOverlappedResult, 20,                             \
      (SOCKET s, OVERLAPPED * overlapped, DWORD * bytes, WINBOOL wait,         \
       DWORD * flags),                                                         \
      (s, overlapped, bytes, wait, flags))                                     \
    X(ws2_32, int, WSAIoctl, 36,                                               \
      (SOCKET s, DWORD code, void *in, DWORD in_size, void *out,               \
       DWORD out_size, DWORD *bytes, OVERLAPPED *overlapped,                   \
       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine),                            \
      (s, code, in, in_size, out, out_size, bytes, overlapped, routine))       \
    X(ws2_32, int, shutdown, 8, (SOCKET s, int how), (s, how))                 \
    X(ws2_32, int, closesocket, 4, (SOCKET s), (s))                            \
    X(mswsock, WINBOOL, AcceptEx, 32,                                          \
      (SOCKET listener, SOCKET s, void *buffer, DWORD size, DWORD local,       \
       DWORD remote, DWORD *bytes, OVERLAPPED *overlapped),                    \
      (listener, s, buffer, size, local, remote, bytes, overlapped))           \
    X(mswsock, WINBOOL, TransmitFile, 28,                                      \
      (SOCKET s, HANDLE file, DWORD size, DWORD chunk,                         \
       OVERLAPPED * overlapped, TRANSMIT_FILE_BUFFERS * around, DWORD flags),  \
      (s, file, size, chunk, overlapped, around, flags))                       \
    X(mswsock, WINBOOL, ConnectEx, 28,                                         \
      (SOCKET s, const struct sockaddr *name, int name_size, void *data,       \
       DWORD size, DWORD *bytes, OVERLAPPED *overlapped),                      \
      (s, name, name_size, data, size, bytes, overlapped))                     \
    X(mswsock, WINBOOL, DisconnectEx, 16,                                      \
      (SOCKET s, OVERLAPPED * overlapped, DWORD flags, DWORD reserved),        \
      (s, overlapped, flags, reserved))

#define INTERCEPT_LIST(...) __VA_ARGS__
#define INTERCEPT_MEMBER(library, type, name, bytes, parameters, arguments) \
    type (*name)(const void *caller, INTERCEPT_LIST parameters);

/* What each of the program's calls goes to; at first, the system's. */
typedef struct Intercept {
    INTERCEPTED(INTERCEPT_MEMBER)
} Intercept;
extern Intercept intercept;

/* Where the program is that has called, and who called that, innermost first,
   as offsets from the program's start: addr2line knows their lines once the
   image's base (0x140000000, or 0x400000 on 32 bits) is added. Frames of the
   tool and of libraries are left out. On 32 bits there is but one. To be called
   on the calling thread. Returns how many. */
int intercept_callers(const void *caller, ULONG_PTR *offsets, int capacity);

/* The same from this context on, as an exception has it, with its own place
   first; or, where caller isn't NULL, from its frame on. */
int intercept_callers_in(const CONTEXT *context, const void *caller,
                         ULONG_PTR *offsets, int capacity);

/* The function's frame on this thread's stack in which an address lies. Returns
   0 if that is in none that is in use, by the caller or above. On 32 bits all
   frames count as one. */
typedef struct InterceptFrame {
    ULONG_PTR function, end;
} InterceptFrame;
int intercept_frame(const void *caller, const void *address,
                    InterceptFrame *frame);

#endif
