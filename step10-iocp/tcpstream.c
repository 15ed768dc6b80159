#include "tcpstream.h"

#include <string.h>

#include "connector.h"
#include "deadline.h"

DWORD tcp_stream_connect(TcpStream *stream, Registrator *registrator,
                         Token token, const char *host, const char *port)
{
    Connection *connection;
    DWORD error = connection_new(INVALID_SOCKET, &connection);
    *stream = (TcpStream){connection};
    if (error != 0)
        return error;
    source_lock(&connection->source);
    error = registrator_attach(registrator, &connection->source);
    if (error == 0) {
        connection->wants_room = TRUE;
        connection->write_token = token;
        error = connector_start(connection, host, port);
    }
    source_unlock(&connection->source);
    if (error != 0)
        tcp_stream_close(stream);
    return error;
}

DWORD tcp_stream_adopt(TcpStream *stream, SOCKET s)
{
    return connection_new(s, &stream->connection);
}

/* Why these interests can't be registered now, or 0. */
static DWORD refusal(const Connection *connection, Interests interests)
{
    if (interests == 0 || (interests & ~(READABLE | WRITABLE)) != 0)
        return ERROR_INVALID_PARAMETER;
    if (((interests & READABLE) && connection->read_late) ||
        ((interests & WRITABLE) && connection->write_late))
        return WSAETIMEDOUT;
    if ((interests & READABLE) && (connection->connector != NULL ||
                                   connection->source.socket == INVALID_SOCKET))
        return WSAENOTCONN;
    if ((interests & READABLE) && connection->reading.in_flight)
        return WSAEALREADY;
    if ((interests & WRITABLE) && connection->wants_room)
        return WSAEALREADY;
    if ((interests & READABLE) && connection->position < connection->arrived)
        return ERROR_MORE_DATA;
    return 0;
}

static DWORD ask_for_bytes(Connection *connection, Token token)
{
    connection->read_token = token;
    connection->position = 0;
    connection->arrived = 0;
    connection->reclaiming = FALSE;
    connection->read_error = connection_receive(connection);
    /* A start that fails is a result, too. */
    connection->has_read = connection->read_error != 0;
    return connection->read_error;
}

/* The event comes when the writing operation is next completed. */
static void ask_for_room(Connection *connection, Token token)
{
    connection_nudge(connection);
    connection->wants_room = TRUE;
    connection->write_token = token;
}

DWORD tcp_stream_register(TcpStream *stream, Registrator *registrator,
                          Token token, Interests interests)
{
    Connection *connection = stream->connection;
    if (connection == NULL)
        return WSAENOTSOCK;
    source_lock(&connection->source);
    DWORD error = refusal(connection, interests);
    if (error == 0)
        error = registrator_attach(registrator, &connection->source);
    if (error == 0) {
        connection_send(connection); /* what was written before */
        if (interests & WRITABLE)
            ask_for_room(connection, token);
        if (interests & READABLE)
            error = ask_for_bytes(connection, token);
        if (error != 0 && (interests & WRITABLE))
            connection->wants_room = FALSE;
    }
    source_unlock(&connection->source);
    return error;
}

/* What tcp_stream_read says, with the lock held. */
static DWORD read_arrived(Connection *connection, char *buffer, DWORD size,
                          DWORD *count)
{
    if (!connection->has_read)
        return WSAEWOULDBLOCK;
    if (connection->read_error != 0 || connection->arrived == 0)
        return connection->read_error;
    DWORD waiting = connection->arrived - connection->position;
    if (waiting == 0)
        return WSAEWOULDBLOCK;
    *count = waiting < size ? waiting : size;
    memcpy(buffer, connection->buffer + connection->position, *count);
    connection->position += *count;
    if (connection->position == connection->arrived)
        connection_give_back(connection);
    return 0;
}

DWORD tcp_stream_read(TcpStream *stream, char *buffer, DWORD size, DWORD *count)
{
    Connection *connection = stream->connection;
    *count = 0;
    if (connection == NULL)
        return WSAENOTSOCK;
    if (size == 0)
        return ERROR_INVALID_PARAMETER;
    source_lock(&connection->source);
    DWORD error = read_arrived(connection, buffer, size, count);
    source_unlock(&connection->source);
    return error;
}

/* What write and shutdown say of a stream that can't be written to any more. */
static DWORD write_refusal(const Connection *connection)
{
    if (connection->write_error != 0)
        return connection->write_error;
    if (connection->write_late)
        return WSAETIMEDOUT;
    return connection->ending ? WSAESHUTDOWN : 0;
}

DWORD tcp_stream_write(TcpStream *stream, const char *data, size_t size,
                       DWORD *count)
{
    Connection *connection = stream->connection;
    *count = 0;
    if (connection == NULL)
        return WSAENOTSOCK;
    source_lock(&connection->source);
    DWORD error = write_refusal(connection);
    if (error == 0)
        error = ring_put(&connection->ring, data, size, count);
    if (error == 0) {
        connection_send(connection);
        error = connection->write_error;
    }
    if (error != 0)
        *count = 0;
    else if (*count == 0 && size > 0)
        error = WSAEWOULDBLOCK;
    source_unlock(&connection->source);
    return error;
}

DWORD tcp_stream_unsent(TcpStream *stream, DWORD *bytes)
{
    Connection *connection = stream->connection;
    *bytes = 0;
    if (connection == NULL)
        return WSAENOTSOCK;
    source_lock(&connection->source);
    *bytes = connection->ring.used;
    source_unlock(&connection->source);
    return 0;
}

DWORD tcp_stream_set_mark(TcpStream *stream, DWORD mark)
{
    Connection *connection = stream->connection;
    DWORD error = 0;
    if (connection == NULL)
        return WSAENOTSOCK;
    if (mark == 0)
        return ERROR_INVALID_PARAMETER;
    source_lock(&connection->source);
    if (connection->ring.used > 0)
        error = ERROR_BUSY;
    else
        connection->ring.size = mark;
    source_unlock(&connection->source);
    return error;
}

DWORD tcp_stream_shutdown(TcpStream *stream)
{
    Connection *connection = stream->connection;
    if (connection == NULL)
        return WSAENOTSOCK;
    source_lock(&connection->source);
    DWORD error = write_refusal(connection);
    if (error == 0) {
        connection->ending = TRUE;
        connection_send(connection);
        error = connection->write_error;
    }
    source_unlock(&connection->source);
    return error;
}

DWORD tcp_stream_set_deadline(TcpStream *stream, Interests interests,
                              DWORD timeout)
{
    Connection *connection = stream->connection;
    DWORD error = WSAENOTCONN;
    if (connection == NULL)
        return WSAENOTSOCK;
    if (interests == 0 || (interests & ~(READABLE | WRITABLE)) != 0)
        return ERROR_INVALID_PARAMETER;
    source_lock(&connection->source);
    if (connection->source.selector != NULL)
        error = deadline_set(connection, interests, timeout);
    source_unlock(&connection->source);
    return error;
}

DWORD tcp_stream_set_idle(TcpStream *stream, DWORD timeout)
{
    Connection *connection = stream->connection;
    DWORD error = WSAENOTCONN;
    if (connection == NULL)
        return WSAENOTSOCK;
    source_lock(&connection->source);
    if (connection->source.selector != NULL)
        error = deadline_set_idle(connection, timeout);
    source_unlock(&connection->source);
    return error;
}

DWORD tcp_stream_close(TcpStream *stream)
{
    Connection *connection = stream->connection;
    if (connection == NULL)
        return WSAENOTSOCK;
    stream->connection = NULL;
    source_lock(&connection->source);
    deadline_forget(connection);
    source_unlock(&connection->source);
    return source_close(&connection->source);
}
