#include "connector.h"

#include <stdlib.h>
#include <string.h>

typedef struct Connector {
    struct addrinfo *addresses;
    struct addrinfo *next; /* to be tried */
    const char *port;
    char host[]; /* and the port behind it */
} Connector;

static Connector *connector_new(const char *host, const char *port)
{
    size_t host_size = strlen(host) + 1;
    size_t port_size = strlen(port) + 1;
    Connector *connector = calloc(1, sizeof *connector + host_size + port_size);
    if (connector == NULL)
        return NULL;
    memcpy(connector->host, host, host_size);
    connector->port = memcpy(connector->host + host_size, port, port_size);
    return connector;
}

void connector_free(Connector *connector)
{
    if (connector == NULL)
        return;
    if (connector->addresses != NULL)
        freeaddrinfo(connector->addresses);
    free(connector);
}

/* Flags 0 may ask a server, and wait for it. */
static DWORD resolve(Connector *connector, int flags)
{
    const struct addrinfo hints = {.ai_flags = flags,
                                   .ai_socktype = SOCK_STREAM};
    DWORD error = (DWORD)getaddrinfo(connector->host, connector->port, &hints,
                                     &connector->addresses);
    if (error != 0)
        connector->addresses = NULL;
    connector->next = connector->addresses;
    return error;
}

/* A new socket for each: the next address may be of another family. */
static DWORD try_address(Connection *connection, const struct addrinfo *address)
{
    Source *source = &connection->source;
    Operation *writing = &connection->writing;
    SOCKET s;
    DWORD error = open_socket(address->ai_family, &s);
    if (error == 0)
        error = source_replace(source, s);
    if (error != 0)
        return error;
    source_lend(source, writing);
    error = start_connect(s, address->ai_addr, address->ai_addrlen,
                          &writing->overlapped);
    return source_started(source, writing, error, 0);
}

/* Goes on to the first address that lets itself be tried. error is why it has
   to, and is returned if there is none. */
static DWORD try_next(Connection *connection, DWORD error)
{
    Connector *connector = connection->connector;
    while (error != 0 && connector->next != NULL) {
        const struct addrinfo *address = connector->next;
        connector->next = address->ai_next;
        error = try_address(connection, address);
    }
    return error;
}

static BOOL on_connected(Operation *operation, DWORD bytes, Event *event)
{
    Connection *connection = connection_of_writing(operation);
    DWORD error;
    (void)bytes;
    BOOL wanted = source_enter(&connection->source, operation, &error);
    if (wanted) {
        if (error == 0)
            error = update_connect_context(connection->source.socket);
        /* Only a deadline cancels. */
        if (error == ERROR_OPERATION_ABORTED)
            error = WSAETIMEDOUT;
        else if (!connection->write_late)
            error = try_next(connection, error);
        wanted = !operation->in_flight &&
                 connection_connected(connection, error, event);
    }
    source_leave(&connection->source);
    return wanted;
}

/* The packet of a lookup: bytes is the error it ended with. */
static BOOL on_resolved(Operation *operation, DWORD bytes, Event *event)
{
    Connection *connection = connection_of_writing(operation);
    DWORD error = bytes;
    BOOL wanted = source_enter(&connection->source, operation, NULL);
    if (wanted) {
        operation->completed = on_connected;
        if (connection->write_late || connection->write_error != 0)
            error = WSAETIMEDOUT; /* which may have been told already */
        else if (error == 0)
            error = try_next(connection, WSAHOST_NOT_FOUND);
        wanted = !operation->in_flight &&
                 connection_connected(connection, error, event);
    }
    source_leave(&connection->source);
    return wanted;
}

BOOL connector_stop(Connection *connection, Event *event)
{
    Operation *writing = &connection->writing;
    if (writing->completed == on_connected) {
        cancel_operation(connection->source.socket, &writing->overlapped);
        return FALSE;
    }
    if (connection->write_error != 0)
        return FALSE;
    connection_give_up_sending(connection, WSAETIMEDOUT);
    return connection_tell_room(connection, event);
}

/* A thread of its own for each name: getaddrinfo may take half a minute. */
static unsigned WINAPI look_up(void *argument)
{
    Connection *connection = argument;
    DWORD error = resolve(connection->connector, 0);
    /* The operation is lent to us: the selector lasts until its packet is out,
       and the connection does, too. */
    while (post_queued_completion_status(connection->source.selector->port,
                                         error, 0,
                                         &connection->writing.overlapped) != 0)
        Sleep(100);
    return 0;
}

static DWORD start_look_up(Connection *connection)
{
    HANDLE thread;
    source_lend(&connection->source, &connection->writing);
    DWORD error = source_posted(&connection->source, &connection->writing,
                                start_thread(&thread, look_up, connection));
    if (error == 0)
        close_handle(thread);
    return error;
}

DWORD connector_start(Connection *connection, const char *host,
                      const char *port)
{
    Connector *connector = connector_new(host, port);
    connection->connector = connector;
    if (connector == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    connection->writing.completed = on_connected;
    /* An address in figures needs no lookup. */
    if (resolve(connector, AI_NUMERICHOST) == 0)
        return try_next(connection, WSAHOST_NOT_FOUND);
    connection->writing.completed = on_resolved;
    return start_look_up(connection);
}
