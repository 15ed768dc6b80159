#include "iocp.h"

#include "operation.h"

enum {
    BATCH = 64,
    POSTED = 1 /* the byte count of a packet that we post for an operation */
};

static void lock(Iocp *iocp)
{
    AcquireSRWLockExclusive(&iocp->lock);
}

static void unlock(Iocp *iocp)
{
    ReleaseSRWLockExclusive(&iocp->lock);
}

/* Whether a read of a file or pipe ended so because there is no more. */
static BOOL is_end(const IocpOperation *read, DWORD error)
{
    return !read->is_socket &&
           (error == ERROR_HANDLE_EOF || error == ERROR_BROKEN_PIPE);
}

/* From here on the operation counts as in flight. Errors: as iocp_read says. */
static DWORD lend(Iocp *iocp, IocpOperation content, IocpOperation **lent)
{
    content.overlapped.Internal = STATUS_PENDING; /* and the system goes on */
    lock(iocp);
    DWORD error = iocp->stopped
                      ? ERROR_ABANDONED_WAIT_0
                      : in_flight_add(&iocp->in_flight, content, lent);
    unlock(iocp);
    return error;
}

/* With the lock held. */
static BOOL is_over(const Iocp *iocp)
{
    return iocp->stopped && iocp->in_flight.count == 0;
}

/* Wakes a thread that waits, if all is over and more than so many are inside. It
   will wake the next one. */
static DWORD wake(Iocp *iocp, int more_than)
{
    lock(iocp);
    BOOL wanted = is_over(iocp) && iocp->inside > more_than;
    unlock(iocp);
    return wanted ? post_queued_completion_status(iocp->port, 0, 0, NULL) : 0;
}

/* Takes the operation back, for which there will be no completion. */
static DWORD abandon(Iocp *iocp, IocpOperation *operation, DWORD error)
{
    lock(iocp);
    in_flight_remove(&iocp->in_flight, operation);
    unlock(iocp);
    wake(iocp, 0);
    return error;
}

/* Has the operation's packet come although the system sends none. */
static DWORD settle(Iocp *iocp, IocpOperation *operation, DWORD bytes,
                    DWORD how)
{
    lock(iocp); /* somebody may be about to cancel it */
    operation->posted = TRUE;
    operation->error = how;
    operation->overlapped.InternalHigh = bytes;
    unlock(iocp);
    DWORD error = post_queued_completion_status(
        iocp->port, POSTED, operation->key, &operation->overlapped);
    return error == 0 ? 0 : abandon(iocp, operation, error);
}

/* Takes what the call returned that was to start the operation. After 0 there will
   be a completion: an end that was found at once, or a client who was faster, is
   told of as if it had come later. */
static DWORD started(const IocpHandle *on, IocpOperation *operation, IocpId *id,
                     DWORD error)
{
    if (packet_follows(error, FALSE))
        return 0; /* and perhaps it is in other hands already */
    if (operation->kind == IOCP_CONNECT && error == ERROR_PIPE_CONNECTED)
        error = settle(on->iocp, operation, 0, 0);
    else if (operation->kind == IOCP_READ && is_end(operation, error))
        error = settle(on->iocp, operation, 0, error);
    else
        abandon(on->iocp, operation, error);
    if (error != 0)
        *id = 0;
    return error;
}

DWORD iocp_create(Iocp *iocp, DWORD threads)
{
    *iocp = (Iocp){0};
    InitializeSRWLock(&iocp->lock);
    return create_port_for(threads, &iocp->port);
}

static DWORD add(IocpHandle what, IocpHandle *added)
{
    *added = what;
    lock(what.iocp);
    BOOL stopped = what.iocp->stopped;
    unlock(what.iocp);
    return stopped ? ERROR_ABANDONED_WAIT_0
                   : associate_handle(what.iocp->port, what.handle, what.key);
}

DWORD iocp_add_handle(Iocp *iocp, HANDLE handle, ULONG_PTR key,
                      IocpHandle *added)
{
    return add((IocpHandle){iocp, handle, key, FALSE}, added);
}

DWORD iocp_add_socket(Iocp *iocp, SOCKET s, ULONG_PTR key, IocpHandle *added)
{
    return add((IocpHandle){iocp, (HANDLE)s, key, TRUE}, added);
}

/* Readies an operation for the call that is to start it. */
static DWORD prepare(const IocpHandle *on, IocpOperation what, uint64_t offset,
                     IocpId *id, IocpOperation **operation)
{
    what.handle = on->handle;
    what.key = on->key;
    what.is_socket = on->is_socket;
    what.overlapped.Offset = (DWORD)offset;
    what.overlapped.OffsetHigh = (DWORD)(offset >> 32);
    DWORD error = lend(on->iocp, what, operation);
    *id = error == 0 ? (*operation)->id : 0;
    return error;
}

DWORD iocp_read(const IocpHandle *from, void *buffer, DWORD size,
                uint64_t offset, void *context, IocpId *id)
{
    IocpOperation *operation;
    DWORD bytes; /* the packet has them, too */
    DWORD error = prepare(
        from,
        (IocpOperation){.kind = IOCP_READ, .size = size, .context = context},
        offset, id, &operation);
    if (error != 0)
        return error;
    OVERLAPPED *overlapped = &operation->overlapped;
    error = from->is_socket ? wsa_recv((SOCKET)from->handle, buffer, size,
                                       &bytes, overlapped)
                            : read_file(from->handle, buffer, size, overlapped);
    return started(from, operation, id, error);
}

DWORD iocp_write(const IocpHandle *to, const void *buffer, DWORD size,
                 uint64_t offset, void *context, IocpId *id)
{
    IocpOperation *operation;
    DWORD bytes; /* the packet has them, too */
    DWORD error = prepare(
        to,
        (IocpOperation){.kind = IOCP_WRITE, .size = size, .context = context},
        offset, id, &operation);
    if (error != 0)
        return error;
    OVERLAPPED *overlapped = &operation->overlapped;
    WSABUF part = {size, (char *)buffer}; /* which is only read */
    error = to->is_socket
                ? wsa_send((SOCKET)to->handle, &part, 1, &bytes, overlapped)
                : write_file(to->handle, buffer, size, overlapped);
    return started(to, operation, id, error);
}

DWORD iocp_connect_pipe(const IocpHandle *pipe, void *context, IocpId *id)
{
    IocpOperation *operation;
    DWORD error =
        prepare(pipe, (IocpOperation){.kind = IOCP_CONNECT, .context = context},
                0, id, &operation);
    if (error != 0)
        return error;
    error = start_connect_pipe(pipe->handle, &operation->overlapped);
    return started(pipe, operation, id, error);
}

DWORD iocp_post(Iocp *iocp, ULONG_PTR key, void *context, DWORD bytes)
{
    IocpOperation *operation;
    DWORD error =
        lend(iocp,
             (IocpOperation){.kind = IOCP_POST, .key = key, .context = context},
             &operation);
    return error != 0 ? error : settle(iocp, operation, bytes, 0);
}

BOOL iocp_in_flight(Iocp *iocp, IocpId id)
{
    lock(iocp);
    BOOL found = in_flight_by_id(&iocp->in_flight, id) != NULL;
    unlock(iocp);
    return found;
}

DWORD iocp_cancel(Iocp *iocp, IocpId id)
{
    DWORD error = ERROR_NOT_FOUND;
    /* Under the lock: no other operation can come to live at its address. */
    lock(iocp);
    IocpOperation *operation = in_flight_by_id(&iocp->in_flight, id);
    if (operation != NULL && !operation->posted)
        error = cancel_handle(operation->handle, &operation->overlapped);
    unlock(iocp);
    return error;
}

/* Winsock's name for what the system says of a socket. */
static DWORD winsock_error(DWORD error)
{
    switch (error) {
    case ERROR_NETNAME_DELETED:
        return WSAECONNRESET;
    case ERROR_SEM_TIMEOUT:
        return WSAETIMEDOUT;
    case ERROR_MORE_DATA:
        return WSAEMSGSIZE;
    case ERROR_CONNECTION_ABORTED:
        return WSAECONNABORTED;
    default:
        return error;
    }
}

static DWORD how_it_ended(const IocpOperation *operation)
{
    if (operation->posted)
        return operation->error;
    DWORD error = error_of_status(operation->overlapped.Internal);
    return operation->is_socket ? winsock_error(error) : error;
}

/* Whether the operation has ended, as its packet says. Under Wine a write that a
   file refuses sends one all the same, and by now another operation may live at
   that address. */
static BOOL is_done(const IocpOperation *operation,
                    const OVERLAPPED_ENTRY *packet)
{
    if (operation->posted)
        return packet->dwNumberOfBytesTransferred == POSTED;
    return operation->overlapped.Internal != STATUS_PENDING;
}

/* Hands the packet's operation out. Returns FALSE if it has none: it is a call to
   wake up, a stranger's, or one too many. With the lock held. */
static BOOL complete(Iocp *iocp, const OVERLAPPED_ENTRY *packet,
                     IocpCompletion *completion)
{
    IocpOperation *operation =
        in_flight_by_packet(&iocp->in_flight, packet->lpOverlapped);
    if (operation == NULL || !is_done(operation, packet))
        return FALSE;
    DWORD error = how_it_ended(operation);
    DWORD bytes = (DWORD)operation->overlapped.InternalHigh;
    BOOL end = operation->kind == IOCP_READ && is_end(operation, error);
    if (operation->kind == IOCP_READ && operation->is_socket)
        end = error == 0 && bytes == 0 && operation->size > 0;
    *completion = (IocpCompletion){.key = operation->key,
                                   .context = operation->context,
                                   .id = operation->id,
                                   .bytes = bytes,
                                   .error = end ? 0 : error,
                                   .end = end};
    in_flight_remove(&iocp->in_flight, operation);
    return TRUE;
}

/* One wait. It may find nothing to hand out, and return 0 all the same. */
static DWORD take(Iocp *iocp, IocpCompletion *list, ULONG capacity,
                  ULONG *count, DWORD timeout)
{
    OVERLAPPED_ENTRY packets[BATCH];
    ULONG removed;
    lock(iocp);
    BOOL over = is_over(iocp);
    unlock(iocp);
    if (over)
        return ERROR_ABANDONED_WAIT_0;
    DWORD error = get_queued_completion_status_ex(
        iocp->port, packets, capacity < BATCH ? capacity : BATCH, &removed,
        timeout);
    lock(iocp);
    for (ULONG i = 0; i < removed; i++)
        if (complete(iocp, &packets[i], &list[*count]))
            ++*count;
    unlock(iocp);
    return error;
}

static DWORD time_left(unsigned long long end, DWORD timeout)
{
    unsigned long long now = now_ms();
    if (timeout == INFINITE)
        return INFINITE;
    return now < end ? (DWORD)(end - now) : 0;
}

DWORD iocp_get_completions(Iocp *iocp, IocpCompletion *list, ULONG capacity,
                           ULONG *count, DWORD timeout)
{
    unsigned long long end = now_ms() + timeout;
    DWORD left = timeout, error = 0;
    *count = 0;
    if (capacity == 0)
        return ERROR_INVALID_PARAMETER;
    iocp->inside++;
    while (*count == 0 && error == 0) {
        error = take(iocp, list, capacity, count, left);
        left = time_left(end, timeout);
        if (error == WAIT_TIMEOUT && left > 0)
            error = 0; /* it came back a little early */
    }
    DWORD passed_on = wake(iocp, 1);
    if (error == ERROR_ABANDONED_WAIT_0 && passed_on != 0)
        error = passed_on; /* the next one who comes will try again */
    iocp->inside--;
    return error;
}

DWORD iocp_get_completion(Iocp *iocp, IocpCompletion *completion, DWORD timeout)
{
    ULONG count;
    return iocp_get_completions(iocp, completion, 1, &count, timeout);
}

DWORD iocp_stop(Iocp *iocp)
{
    lock(iocp);
    iocp->stopped = TRUE;
    unlock(iocp);
    return wake(iocp, 0);
}

DWORD iocp_close(Iocp *iocp)
{
    lock(iocp);
    BOOL busy = iocp->in_flight.count > 0 || iocp->inside > 0;
    if (!busy)
        iocp->stopped = TRUE;
    unlock(iocp);
    if (busy)
        return ERROR_BUSY;
    if (iocp->port == NULL)
        return ERROR_ABANDONED_WAIT_0;
    DWORD error = close_handle(iocp->port);
    iocp->port = NULL;
    in_flight_end(&iocp->in_flight);
    return error;
}
