#include "connection.h"

#include "connector.h"
#include "deadline.h"

Spares connections = {.size = sizeof(Connection)};
Spares buffers = {.size = CONNECTION_BUFFER};

static void destroy(Source *source)
{
    Connection *connection = (Connection *)source;
    ring_drop(&connection->ring, connection->ring.used);
    connector_free(connection->connector);
    connection_give_back(connection);
    spares_give(&connections, connection);
}

void connection_give_back(Connection *connection)
{
    spares_give(&buffers, connection->buffer);
    connection->buffer = NULL;
}

static DWORD start_read(Connection *connection, char *buffer, DWORD size)
{
    Source *source = &connection->source;
    Operation *reading = &connection->reading;
    DWORD bytes;
    source_lend(source, reading);
    DWORD error =
        wsa_recv(source->socket, buffer, size, &bytes, &reading->overlapped);
    return source_started(source, reading, error, bytes);
}

/* Starts a read that takes in what is there. Errors: those of wsa_recv, WSAENOBUFS
   if no buffer is to be had. */
static DWORD read_bytes(Connection *connection)
{
    connection->buffer = spares_take(&buffers, economy.buffers);
    if (connection->buffer == NULL)
        return WSAENOBUFS;
    DWORD error = start_read(connection, connection->buffer, CONNECTION_BUFFER);
    if (error != 0)
        connection_give_back(connection);
    else
        deadline_lent(connection);
    return error;
}

/* Starts a read that takes in nothing, and ends when there is something. */
static DWORD read_nothing(Connection *connection)
{
    static char nothing[1];
    return start_read(connection, nothing, 0);
}

DWORD connection_receive(Connection *connection)
{
    DWORD error = WSAENOBUFS;
    if (economy.lend_ms > 0)
        error = read_bytes(connection);
    return error == WSAENOBUFS ? read_nothing(connection) : error;
}

/* Goes on when a read is over that was not the one to be told of. Returns FALSE if
   none of them is. */
static BOOL read_on(Connection *connection, DWORD *error)
{
    if (*error == 0 && connection->buffer == NULL) {
        *error = read_bytes(connection);
        /* Should it pend after all, nobody else would end it any more. */
        if (*error == 0 && connection->read_late)
            cancel_operation(connection->source.socket,
                             &connection->reading.overlapped);
        return *error == 0;
    }
    if (*error == ERROR_OPERATION_ABORTED && connection->reclaiming &&
        !connection->read_late) {
        connection_give_back(connection);
        *error = read_nothing(connection);
        return *error == 0;
    }
    return FALSE;
}

static BOOL on_arrived(Operation *operation, DWORD bytes, Event *event)
{
    Connection *connection =
        (Connection *)((char *)operation - offsetof(Connection, reading));
    DWORD error;
    BOOL wanted = source_enter(&connection->source, operation, &error) &&
                  !read_on(connection, &error);
    if (wanted) {
        /* Only a deadline cancels what is not closed. The bytes may have been
           faster: then there is no error. */
        if (error == ERROR_OPERATION_ABORTED)
            error = WSAETIMEDOUT;
        if (error == 0)
            deadline_active(connection);
        connection->has_read = TRUE;
        connection->arrived = error == 0 ? bytes : 0;
        connection->read_error = error;
        if (connection->arrived == 0)
            connection_give_back(connection);
        *event = (Event){.token = connection->read_token,
                         .ready = READABLE,
                         .bytes = connection->arrived,
                         .error = error};
    }
    source_leave(&connection->source);
    return wanted;
}

void connection_give_up_sending(Connection *connection, DWORD error)
{
    connection->write_error = error;
    ring_drop(&connection->ring, connection->ring.used);
}

void connection_send(Connection *connection)
{
    Source *source = &connection->source;
    Operation *writing = &connection->writing;
    WSABUF parts[2];
    if (source->selector == NULL || writing->in_flight ||
        connection->write_error != 0)
        return;
    DWORD count = ring_parts(&connection->ring, parts);
    DWORD error = 0;
    DWORD bytes;
    if (count > 0) {
        source_lend(source, writing);
        error = wsa_send(source->socket, parts, count, &bytes,
                         &writing->overlapped);
        error = source_started(source, writing, error, bytes);
    } else if (connection->ending && !connection->ended) {
        connection->ended = TRUE;
        error = shutdown_send(source->socket);
    }
    if (error != 0)
        connection_give_up_sending(connection, error);
}

void connection_nudge(Connection *connection)
{
    if (!connection->writing.in_flight)
        source_run(&connection->source, &connection->writing);
}

/* Whether WRITABLE is true. */
static BOOL is_writable(const Connection *connection)
{
    if (connection->write_error != 0)
        return TRUE;
    if (connection->ending)
        return connection->ended;
    return connection->ring.used <= connection->ring.size / 2;
}

Connection *connection_of_writing(Operation *operation)
{
    return (Connection *)((char *)operation - offsetof(Connection, writing));
}

void connection_tell_room(Connection *connection, Event *event)
{
    connection->wants_room = FALSE;
    *event = (Event){.token = connection->write_token,
                     .ready = WRITABLE,
                     .bytes = connection->ring.size - connection->ring.used,
                     .error = connection->write_error};
}

static BOOL on_sent(Operation *operation, DWORD bytes, Event *event)
{
    Connection *connection = connection_of_writing(operation);
    DWORD error;
    BOOL wanted = source_enter(&connection->source, operation, &error);
    if (wanted) {
        if (error == 0)
            ring_drop(&connection->ring, bytes);
        if (error == 0 && bytes > 0)
            deadline_active(connection);
        /* Late, too, if this send was in time but is not the last. */
        if (error == ERROR_OPERATION_ABORTED ||
            (error == 0 && connection->write_late && connection->ring.used > 0))
            error = WSAETIMEDOUT;
        if (error != 0)
            connection_give_up_sending(connection, error);
        connection_send(connection);
        wanted = connection->wants_room && is_writable(connection);
    }
    if (wanted)
        connection_tell_room(connection, event);
    source_leave(&connection->source);
    return wanted;
}

BOOL connection_connected(Connection *connection, DWORD error, Event *event)
{
    connector_free(connection->connector);
    connection->connector = NULL;
    connection->writing.completed = on_sent;
    if (!connection->wants_room)
        return FALSE;
    if (error == 0) {
        connection_send(connection);
    } else {
        source_drop(&connection->source); /* it is of no use */
        connection_give_up_sending(connection, error);
        connection->has_read = TRUE;
        connection->read_error = error;
    }
    connection_tell_room(connection, event);
    return TRUE;
}

DWORD connection_new(SOCKET s, Connection **connection)
{
    Connection *new = spares_take(&connections, ~0UL);
    *connection = new;
    if (new == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    *new = (Connection){0};
    source_init(&new->source, s, destroy);
    new->reading.completed = on_arrived;
    new->writing.completed = on_sent;
    new->ring.size = CONNECTION_MARK;
    deadline_init(new);
    return 0;
}
