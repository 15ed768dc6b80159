#include "connection.h"

#include <stdlib.h>

static void destroy(Source *source)
{
    Connection *connection = (Connection *)source;
    ring_drop(&connection->ring, connection->ring.used);
    free(connection);
}

static BOOL on_arrived(Operation *operation, DWORD bytes, Event *event)
{
    Connection *connection =
        (Connection *)((char *)operation - offsetof(Connection, reading));
    DWORD error;
    BOOL wanted = source_enter(&connection->source, operation, &error);
    if (wanted) {
        connection->has_read = TRUE;
        connection->arrived = error == 0 ? bytes : 0;
        connection->read_error = error;
        *event = (Event){.token = connection->read_token,
                         .ready = READABLE,
                         .bytes = bytes,
                         .error = error};
    }
    source_leave(&connection->source);
    return wanted;
}

DWORD connection_receive(Connection *connection)
{
    Source *source = &connection->source;
    Operation *reading = &connection->reading;
    source_lend(source, reading);
    return source_started(source, reading,
                          wsa_recv(source->socket, connection->buffer,
                                   CONNECTION_BUFFER, &reading->overlapped));
}

/* Once sending has failed, what waits will never be sent. */
static void give_up_sending(Connection *connection, DWORD error)
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
            wsa_send(source->socket, parts, count, &writing->overlapped));
    } else if (connection->ending && !connection->ended) {
        connection->ended = TRUE;
        error = shutdown_send(source->socket);
    }
    if (error != 0)
        give_up_sending(connection, error);
}

DWORD connection_nudge(Connection *connection)
{
    Source *source = &connection->source;
    Operation *writing = &connection->writing;
    if (writing->in_flight)
        return 0;
    source_lend(source, writing);
    writing->posted = TRUE;
    return source_started(source, writing,
                          post_queued_completion_status(source->selector->port,
                                                        0, 0,
                                                        &writing->overlapped));
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

static BOOL on_sent(Operation *operation, DWORD bytes, Event *event)
{
    Connection *connection =
        (Connection *)((char *)operation - offsetof(Connection, writing));
    DWORD error;
    BOOL wanted = source_enter(&connection->source, operation, &error);
    if (wanted) {
        if (error != 0)
            give_up_sending(connection, error);
        else
            ring_drop(&connection->ring, bytes);
        connection_send(connection);
        wanted = connection->wants_room && is_writable(connection);
    }
    if (wanted) {
        connection->wants_room = FALSE;
        *event = (Event){.token = connection->write_token,
                         .ready = WRITABLE,
                         .bytes = connection->ring.size - connection->ring.used,
                         .error = connection->write_error};
    }
    source_leave(&connection->source);
    return wanted;
}

DWORD connection_new(SOCKET s, Connection **connection)
{
    Connection *new = calloc(1, sizeof *new);
    *connection = new;
    if (new == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    source_init(&new->source, s, destroy);
    new->reading.completed = on_arrived;
    new->writing.completed = on_sent;
    new->ring.size = CONNECTION_MARK;
    return 0;
}
