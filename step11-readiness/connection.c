#include "connection.h"

#include <stdlib.h>

#include "connector.h"
#include "deadline.h"

void connection_destroy(Source *source)
{
    Connection *connection = (Connection *)source;
    ring_drop(&connection->ring, connection->ring.used);
    connector_free(connection->connector);
    free(connection);
}

static void tell_readable(Connection *connection)
{
    source_changed(&connection->source, connection->read_error == 0
                                            ? READABLE
                                            : READABLE | FAILED);
}

/* TRUE if it has filled *event. */
static BOOL tell_arrived(Connection *connection, DWORD error, DWORD bytes,
                         Event *event)
{
    if (error == ERROR_BROKEN_PIPE) /* a pipe's way to say that it has ended */
        bytes = error = 0;
    connection->has_read = TRUE;
    connection->arrived = error == 0 ? bytes : 0;
    connection->read_error = error;
    if (connection->source.by_readiness) {
        tell_readable(connection);
        return FALSE;
    }
    *event = (Event){.token = connection->read_token,
                     .ready = READABLE,
                     .bytes = bytes,
                     .error = error};
    return TRUE;
}

static BOOL on_arrived(Operation *operation, DWORD bytes, Event *event)
{
    Connection *connection =
        (Connection *)((char *)operation - offsetof(Connection, reading));
    DWORD error;
    BOOL wanted = source_enter(&connection->source, operation, &error);
    if (wanted) {
        /* Only a deadline cancels what is not closed. The bytes may have been
           faster: then there is no error. */
        if (error == ERROR_OPERATION_ABORTED)
            error = WSAETIMEDOUT;
        if (error == 0)
            deadline_active(connection);
        wanted = tell_arrived(connection, error, bytes, event);
    }
    source_leave(&connection->source);
    return wanted;
}

DWORD connection_receive(Connection *connection)
{
    Source *source = &connection->source;
    Operation *reading = &connection->reading;
    connection->position = 0;
    connection->arrived = 0;
    source_lend(source, reading);
    DWORD error = source_started(
        source, reading,
        connection->transport->receive(source->socket, connection->buffer,
                                       CONNECTION_BUFFER,
                                       &reading->overlapped));
    /* A start that fails is a result, too. */
    connection->has_read = error != 0;
    connection->read_error = error == ERROR_BROKEN_PIPE ? 0 : error;
    return connection->read_error;
}

/* Whether reading has come to an end: in an error, unless it was a deadline's that
   is lifted, or in that of the stream. */
static BOOL has_ended(const Connection *connection)
{
    if (connection->read_error == WSAETIMEDOUT)
        return connection->read_late;
    return connection->read_error != 0 ||
           (connection->has_read && connection->arrived == 0);
}

void connection_read_ahead(Connection *connection)
{
    if (!connection->source.by_readiness || connection->reading.in_flight ||
        connection->position < connection->arrived ||
        !connection_is_connected(connection) || has_ended(connection))
        return;
    if (connection->read_late) {
        connection->has_read = TRUE;
        connection->read_error = WSAETIMEDOUT;
        connection->arrived = connection->position = 0;
    } else {
        connection_receive(connection);
    }
    if (connection->has_read)
        tell_readable(connection);
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
    if (count > 0) {
        source_lend(source, writing);
        error = source_started(
            source, writing,
            connection->transport->send(source->socket, parts, count,
                                        &writing->overlapped));
    } else if (connection->ending && !connection->ended) {
        connection->ended = TRUE;
        error = connection->transport->shutdown(source->socket);
    }
    if (error != 0)
        connection_give_up_sending(connection, error);
}

DWORD connection_nudge(Connection *connection)
{
    Source *source = &connection->source;
    Operation *writing = &connection->writing;
    if (writing->in_flight)
        return 0;
    source_lend(source, writing);
    return source_started(source, writing,
                          post_queued_completion_status(source->selector->port,
                                                        0, 0,
                                                        &writing->overlapped));
}

BOOL connection_is_connected(const Connection *connection)
{
    return connection->connector == NULL && !connection->waiting &&
           connection->source.socket != INVALID_SOCKET;
}

/* Whether WRITABLE is true. */
static BOOL is_writable(const Connection *connection)
{
    if (connection->write_error != 0)
        return TRUE;
    if (!connection_is_connected(connection))
        return FALSE;
    if (connection->ending)
        return connection->ended;
    return connection->ring.used <= connection->ring.size / 2;
}

Connection *connection_of_writing(Operation *operation)
{
    return (Connection *)((char *)operation - offsetof(Connection, writing));
}

BOOL connection_tell_room(Connection *connection, Event *event)
{
    DWORD error = connection->write_error;
    if (connection->source.by_readiness)
        source_changed(&connection->source,
                       error == 0 ? WRITABLE : WRITABLE | FAILED);
    if (!connection->wants_room)
        return FALSE;
    connection->wants_room = FALSE;
    *event = (Event){.token = connection->write_token,
                     .ready = WRITABLE,
                     .bytes = connection->ring.size - connection->ring.used,
                     .error = error};
    return TRUE;
}

static BOOL on_sent(Operation *operation, DWORD bytes, Event *event)
{
    Connection *connection = connection_of_writing(operation);
    DWORD error;
    BOOL wanted = source_enter(&connection->source, operation, &error);
    if (wanted) {
        BOOL was_writable = is_writable(connection);
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
        wanted = is_writable(connection) &&
                 (connection->wants_room || !was_writable) &&
                 connection_tell_room(connection, event);
    }
    source_leave(&connection->source);
    return wanted;
}

BOOL connection_connected(Connection *connection, DWORD error, Event *event)
{
    connector_free(connection->connector);
    connection->connector = NULL;
    connection->waiting = FALSE;
    connection->writing.completed = on_sent;
    if (connection->write_error != 0)
        return FALSE;
    if (error == 0) {
        connection_send(connection);
        connection_read_ahead(connection);
    } else {
        source_drop(&connection->source); /* it is of no use */
        connection_give_up_sending(connection, error);
        connection->has_read = TRUE;
        connection->read_error = error;
        source_changed(&connection->source, READABLE);
    }
    return connection_tell_room(connection, event);
}

void connection_look(Source *source, Event *event)
{
    const Connection *connection = (Connection *)source;
    DWORD error = connection->read_error;
    if (is_writable(connection))
        event->ready |= WRITABLE;
    if (connection->has_read && connection->position == connection->arrived &&
        (error != 0 || connection->arrived == 0))
        event->ready |= READABLE | READ_CLOSED;
    if (connection->position < connection->arrived)
        event->ready |= READABLE;
    event->error = error != 0 ? error : connection->write_error;
    if (event->error != 0)
        event->ready |= FAILED;
}

void connection_start(Source *source)
{
    Connection *connection = (Connection *)source;
    connection->wants_room = FALSE;
    if (connection_is_connected(connection))
        connection_send(connection); /* what was written before */
    connection_read_ahead(connection);
}

DWORD connection_new(SOCKET s, Connection **connection)
{
    static const Transport tcp = {
        .kind = {connection_look, connection_start, wsa_get_overlapped_result,
                 close_socket, connection_destroy},
        .receive = wsa_recv,
        .send = wsa_send,
        .shutdown = shutdown_send};
    return connection_new_on(&tcp, s, connection);
}

DWORD connection_new_on(const Transport *transport, SOCKET handle,
                        Connection **connection)
{
    Connection *new = calloc(1, sizeof *new);
    *connection = new;
    if (new == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    source_init(&new->source, handle, &transport->kind);
    new->transport = transport;
    new->reading.completed = on_arrived;
    new->writing.completed = on_sent;
    new->ring.size = CONNECTION_MARK;
    deadline_init(new);
    return 0;
}
