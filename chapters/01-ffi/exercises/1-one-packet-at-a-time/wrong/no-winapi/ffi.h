/* The Win32 types and calls we use, declared by hand, and a wrapper for each
   call that turns failure into an error code. */
#ifndef FFI_H
#define FFI_H

#include <stddef.h>
#include <stdint.h>

/* On Windows a long has 32 bits, even where a pointer has 64.
   https://learn.microsoft.com/windows/win32/winprog/windows-data-types */
typedef int BOOL;
typedef unsigned long DWORD;
typedef unsigned long ULONG;
typedef uintptr_t ULONG_PTR;
typedef void *HANDLE;

#define FALSE 0
#define INFINITE 0xFFFFFFFF
#define INVALID_HANDLE_VALUE ((HANDLE)(intptr_t)-1)

/* https://learn.microsoft.com/windows/win32/debug/system-error-codes */
#define WAIT_TIMEOUT 258

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

/* One completion packet, as the port hands it out.
   https://learn.microsoft.com/windows/win32/api/minwinbase/ns-minwinbase-overlapped_entry */
typedef struct OVERLAPPED_ENTRY {
    ULONG_PTR lpCompletionKey; /* chosen when the handle was associated */
    OVERLAPPED *lpOverlapped;  /* the pointer the operation started with */
    ULONG_PTR Internal;        /* reserved */
    DWORD dwNumberOfBytesTransferred;
} OVERLAPPED_ENTRY;

/* The same for a call of our own: a packet, and how its operation ended. */
typedef struct Packet {
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    DWORD bytes;
    DWORD error; /* 0, or why the operation failed */
} Packet;

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
BOOL GetQueuedCompletionStatus(HANDLE CompletionPort,
                               DWORD *lpNumberOfBytesTransferred,
                               ULONG_PTR *lpCompletionKey,
                               OVERLAPPED **lpOverlapped, DWORD dwMilliseconds);
BOOL WINAPI CloseHandle(HANDLE hObject);
DWORD WINAPI GetLastError(void);

/* Every function below returns 0 for success or a Win32 error code. */

/* Creates a completion port. The caller closes *port with close_handle.
   https://learn.microsoft.com/windows/win32/fileio/createiocompletionport */
DWORD create_completion_port(HANDLE *port);

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

/* Waits until the port has a packet and takes out that one. timeout is in
   milliseconds, or INFINITE.
   Returns 0 whenever a packet was taken out, even if its operation has failed:
   packet->error tells of that. Otherwise *packet is not to be looked at.
   Errors: WAIT_TIMEOUT if none came in time.
   https://learn.microsoft.com/windows/win32/api/ioapiset/nf-ioapiset-getqueuedcompletionstatus */
DWORD get_queued_completion_status(HANDLE port, Packet *packet, DWORD timeout);

/* https://learn.microsoft.com/windows/win32/api/handleapi/nf-handleapi-closehandle */
DWORD close_handle(HANDLE handle);

#endif
