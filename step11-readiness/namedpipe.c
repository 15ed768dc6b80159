#include "namedpipe.h"

enum { NAMED_PIPE_BUFFER = 65536 }; /* of the system's, each way */

/* Each success has its packet, which knows the bytes. */
static DWORD receive(SOCKET handle, char *buffer, ULONG size, DWORD *bytes,
                     OVERLAPPED *overlapped)
{
    *bytes = 0;
    return read_file((HANDLE)handle, buffer, size, overlapped);
}

/* A pipe takes one part at a time. The other one goes with the next. */
static DWORD send_part(SOCKET handle, WSABUF *parts, DWORD count, DWORD *bytes,
                       OVERLAPPED *overlapped)
{
    (void)count;
    *bytes = 0;
    return write_file((HANDLE)handle, parts[0].buf, parts[0].len, overlapped);
}

/* A pipe can't be closed by halves. */
static DWORD refuse_shutdown(SOCKET handle)
{
    (void)handle;
    return ERROR_NOT_SUPPORTED;
}

static DWORD result(SOCKET handle, OVERLAPPED *overlapped)
{
    (void)handle;
    return error_of_status(overlapped->Internal);
}

static DWORD close_pipe(SOCKET handle)
{
    return close_handle((HANDLE)handle);
}

static const Transport transport = {.kind = {FALSE, connection_look,
                                             connection_start, result,
                                             close_pipe, connection_destroy},
                                    .receive = receive,
                                    .send = send_part,
                                    .shutdown = refuse_shutdown};

static BOOL on_client(Operation *operation, DWORD bytes, Event *event)
{
    Connection *connection = connection_of_writing(operation);
    DWORD error;
    (void)bytes;
    BOOL wanted = source_enter(&connection->source, operation, &error);
    if (wanted) {
        if (error == ERROR_OPERATION_ABORTED) /* only a deadline cancels */
            error = WSAETIMEDOUT;
        wanted = connection_connected(connection, error, event);
    }
    source_leave(&connection->source);
    return wanted;
}

/* Starts to wait for the client. With the lock held. */
static DWORD wait_for_client(Connection *connection)
{
    Source *source = &connection->source;
    Operation *writing = &connection->writing;
    HANDLE handle = (HANDLE)source->socket;
    DWORD error;
    connection->waiting = TRUE;
    writing->completed = on_client;
    do {
        source_lend(source, writing);
        error =
            source_started(source, writing,
                           start_connect_pipe(handle, &writing->overlapped), 0);
        /* One that has gone again stands in the way of the next. */
    } while (error == ERROR_NO_DATA && disconnect_pipe(handle) == 0);
    if (error != ERROR_PIPE_CONNECTED)
        return error;
    /* It came before us, and no packet will say so. */
    connection_connected(connection, 0, NULL);
    return 0;
}

/* Makes the pipe of a handle, which it takes over. */
static DWORD adopt(NamedPipe *pipe, Registrator *registrator, HANDLE handle,
                   BOOL is_server)
{
    Connection *connection;
    DWORD error = connection_new_on(&transport, (SOCKET)handle, &connection);
    *pipe = (NamedPipe){{connection}};
    if (error != 0) {
        close_handle(handle);
        return error;
    }
    source_lock(&connection->source);
    error = registrator_attach(registrator, &connection->source);
    if (error == 0 && is_server)
        error = wait_for_client(connection);
    source_unlock(&connection->source);
    if (error != 0)
        named_pipe_close(pipe);
    return error;
}

Source *named_pipe_source(const NamedPipe *pipe)
{
    return tcp_stream_source(&pipe->stream);
}

DWORD named_pipe_serve(NamedPipe *pipe, Registrator *registrator,
                       const wchar_t *name, BOOL first)
{
    HANDLE handle = INVALID_HANDLE_VALUE;
    *pipe = (NamedPipe){{NULL}};
    DWORD error = (first ? create_first_pipe : create_pipe)(
        name, FALSE, NAMED_PIPE_BUFFER, &handle);
    return error != 0 ? error : adopt(pipe, registrator, handle, TRUE);
}

DWORD named_pipe_open(NamedPipe *pipe, Registrator *registrator,
                      const wchar_t *name)
{
    HANDLE handle;
    *pipe = (NamedPipe){{NULL}};
    DWORD error = open_existing(name, GENERIC_READ | GENERIC_WRITE, &handle);
    return error != 0 ? error : adopt(pipe, registrator, handle, FALSE);
}

DWORD named_pipe_read(NamedPipe *pipe, char *buffer, DWORD size, DWORD *count)
{
    return tcp_stream_read(&pipe->stream, buffer, size, count);
}

DWORD named_pipe_write(NamedPipe *pipe, const char *data, size_t size,
                       DWORD *count)
{
    return tcp_stream_write(&pipe->stream, data, size, count);
}

DWORD named_pipe_close(NamedPipe *pipe)
{
    return tcp_stream_close(&pipe->stream);
}
