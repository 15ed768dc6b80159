#include "connection.h"

#include "connector.h"
#include "deadline.h"
#include "registration.h"

Spares connections = {.size = sizeof(Connection)};
Spares buffers = {.size = CONNECTION_BUFFER};

void connection_destroy(Source *source)
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
    DWORD error = connection->transport->receive(source->socket, buffer, size,
                                                 &bytes, &reading->overlapped);
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
    connection->position = 0;
    connection->arrived = 0;
    connection->reclaiming = FALSE;
    if (economy.lend_ms > 0 || !connection->transport->waits_empty)
        error = read_bytes(connection);
    if (error == WSAENOBUFS && connection->transport->waits_empty)
        error = read_nothing(connection);
    /* A start that fails is a result, too. */
    connection->has_read = error != 0;
    connection->read_error = error == ERROR_BROKEN_PIPE ? 0 : error;
    return connection->read_error;
}

static void tell_readable(Connection *connection)
{
    registration_changed(&connection->source, connection->read_error == 0
                                                  ? READABLE
                                                  : READABLE | FAILED);
}

/* Whether reading has come to an end: of the stream, or in an error, unless that
   was one that may pass. */
static BOOL has_ended(const Connection *connection)
{
    switch (connection->read_error) {
    case 0:
        return connection->has_read && connection->arrived == 0;
    case WSAENOBUFS:
        return FALSE;
    case WSAETIMEDOUT: /* of a deadline, which may have been lifted */
        return connection->read_late;
    default:
        return TRUE;
    }
}

void connection_read_ahead(Connection *connection)
{
    if (connection->source.registration == NULL ||
        connection->reading.in_flight ||
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
        if (error == ERROR_BROKEN_PIPE) /* a pipe's way to say that it ends */
            bytes = error = 0;
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
        wanted = connection->source.registration == NULL;
        tell_readable(connection);
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
        error = connection->transport->send(source->socket, parts, count,
                                            &bytes, &writing->overlapped);
        error = source_started(source, writing, error, bytes);
    } else if (connection->ending && !connection->ended) {
        connection->ended = TRUE;
        error = connection->transport->shutdown(source->socket);
    }
    if (error != 0)
        connection_give_up_sending(connection, error);
}

void connection_nudge(Connection *connection)
{
    if (!connection->writing.in_flight)
        source_run(&connection->source, &connection->writing);
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
    registration_changed(&connection->source,
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
        tell_readable(connection);
    }
    return connection_tell_room(connection, event);
}

void connection_look(Source *source, Event *event)
{
    const Connection *connection = (Connection *)source;
    DWORD error = connection->read_error;
    if (is_writable(connection))
        event->ready |= WRITABLE;
    if (connection->position < connection->arrived)
        event->ready |= READABLE;
    else if (connection->has_read && has_ended(connection))
        event->ready |= READABLE | READ_CLOSED;
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
        .kind = {TRUE, connection_look, connection_start,
                 wsa_get_overlapped_result, close_socket, connection_destroy},
        .waits_empty = TRUE,
        .receive = wsa_recv,
        .send = wsa_send,
        .shutdown = shutdown_send};
    return connection_new_on(&tcp, s, connection);
}

DWORD connection_new_on(const Transport *transport, SOCKET handle,
                        Connection **connection)
{
    Connection *new = spares_take(&connections, ~0UL);
    *connection = new;
    if (new == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    *new = (Connection){0};
    source_init(&new->source, handle, &transport->kind);
    new->transport = transport;
    new->reading.completed = on_arrived;
    new->writing.completed = on_sent;
    new->ring.size = CONNECTION_MARK;
    deadline_init(new);
    return 0;
}
