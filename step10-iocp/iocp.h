/* Iocp: a completion port for any handle, with the caller's buffers, for any
   number of threads. Nothing here needs a Poll or a Selector.

   Who brings the buffer keeps it alive: it is the system's from the call that
   starts an operation until the operation's completion has been handed out. Every
   operation that was started has exactly one completion, however it ends.

   All functions but iocp_create and iocp_close may be called from any thread at
   any time. They return 0 for success or a Win32 error code. */
#ifndef IOCP_H
#define IOCP_H

#include <stdatomic.h>

#include "inflight.h"

typedef struct Iocp {
    HANDLE port;
    atomic_int inside; /* threads that wait for completions */
    SRWLOCK lock;      /* for all that follows */
    BOOL stopped;
    InFlight in_flight; /* what no completion has been handed out for */
} Iocp;

/* A handle that has been added. It has nothing of its own: it may be copied, and
   needs no clearing up. Whoever opened the handle closes it. */
typedef struct IocpHandle {
    Iocp *iocp;
    HANDLE handle;
    ULONG_PTR key;
    BOOL is_socket;
} IocpHandle;

/* How an operation has ended. */
typedef struct IocpCompletion {
    ULONG_PTR key; /* of the handle */
    void *context; /* of the operation */
    IocpId id;
    DWORD bytes; /* transferred; with an error they need not be all */
    DWORD error; /* 0, or how it failed: of a socket in Winsock's codes */
    BOOL end; /* a read found no more: at a file's end (38), a pipe's (109), a
                    stream's (0 bytes). That is no error */
} IocpCompletion;

/* Creates the port. It lets so many threads run at a time, or with 0 as many as
   there are processors; any number may wait. The caller ends with iocp_close. */
DWORD iocp_create(Iocp *iocp, DWORD threads);

/* Has the handle's operations complete here, with this key. It must have been
   opened for overlapped operations, and stays with the port until it is closed: of
   all its duplicates, the last. Not for a handle that skips packets on success.
   Errors: 87 (ERROR_INVALID_PARAMETER) if it has a port or is not overlapped; 6 if
   it is no file, pipe or socket; ERROR_ABANDONED_WAIT_0 after iocp_stop. */
DWORD iocp_add_handle(Iocp *iocp, HANDLE handle, ULONG_PTR key,
                      IocpHandle *added);
DWORD iocp_add_socket(Iocp *iocp, SOCKET s, ULONG_PTR key, IocpHandle *added);

/* Start to read at most, or to write, size bytes. offset is the place in a file;
   for pipes and sockets 0. IOCP_APPEND writes at a file's end. *id is what to ask
   about it and cancel it by, and can be kept for ever. It is set before the operation
   starts, for that may be over when the call returns. On an error there is no
   completion, *id is 0, and the buffer is the caller's.
   Errors: those of ReadFile and WriteFile, or of WSARecv and WSASend;
   ERROR_ABANDONED_WAIT_0 after iocp_stop; ERROR_NOT_ENOUGH_MEMORY;
   ERROR_NO_SYSTEM_RESOURCES with two million operations in flight. */
#define IOCP_APPEND UINT64_MAX
DWORD iocp_read(const IocpHandle *from, void *buffer, DWORD size,
                uint64_t offset, void *context, IocpId *id);
DWORD iocp_write(const IocpHandle *to, const void *buffer, DWORD size,
                 uint64_t offset, void *context, IocpId *id);

/* Starts to wait for a client of a pipe's. One who was faster is told of by a
   completion as well. Errors: ERROR_NO_DATA if he has gone again (disconnect_pipe,
   and wait anew), and those above. */
DWORD iocp_connect_pipe(const IocpHandle *pipe, void *context, IocpId *id);

/* Has a completion come that no operation stands behind. What a program makes of
   key, context and bytes is its own affair. Errors: as above. */
DWORD iocp_post(Iocp *iocp, ULONG_PTR key, void *context, DWORD bytes);

/* Whether no completion has been handed out for the operation yet. */
BOOL iocp_in_flight(Iocp *iocp, IocpId id);

/* Asks for the operation to end. Its completion comes all the same, and says what
   came of it: ERROR_OPERATION_ABORTED, or how it ended before. Its handle must be
   open. Errors: ERROR_NOT_FOUND if it has ended. */
DWORD iocp_cancel(Iocp *iocp, IocpId id);

/* Waits up to timeout milliseconds, or INFINITE, for a completion; or for as many as
   there are at once, but no more than capacity. An operation that failed is a
   success here: its completion says so. On an error *count is 0.
   Errors: WAIT_TIMEOUT; ERROR_ABANDONED_WAIT_0 when all is over: after iocp_stop,
   with nothing in flight; ERROR_INVALID_PARAMETER if capacity is 0. */
DWORD iocp_get_completion(Iocp *iocp, IocpCompletion *completion,
                          DWORD timeout);
DWORD iocp_get_completions(Iocp *iocp, IocpCompletion *list, ULONG capacity,
                           ULONG *count, DWORD timeout);

/* Lets nothing new start. What is in flight goes on, and its completions are
   handed out; after the last one every thread that waits, or comes to wait, gets
   ERROR_ABANDONED_WAIT_0. What would not end by itself has to be cancelled.
   Errors: those of post_queued_completion_status: call it again. (A thread that
   comes back from waiting with such an error has not woken the next one: it, too,
   comes again.) */
DWORD iocp_stop(Iocp *iocp);

/* Closes the port and frees its memory. Handles stay open. Afterwards every call
   fails with ERROR_ABANDONED_WAIT_0. Errors: ERROR_BUSY if an operation is in
   flight or a thread waits; then nothing has changed. */
DWORD iocp_close(Iocp *iocp);

#endif
