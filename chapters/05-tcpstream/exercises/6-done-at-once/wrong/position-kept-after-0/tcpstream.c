#include "tcpstream.h"

#include <string.h>

/* Connects to the first address that answers. */
static DWORD connect_to(const struct addrinfo *address, SOCKET *s)
{
    DWORD error = WSAHOST_NOT_FOUND;
    for (; address != NULL; address = address->ai_next) {
        error = open_socket(address->ai_family, s);
        if (error != 0)
            continue;
        if (connect(*s, address->ai_addr, (int)address->ai_addrlen) == 0)
            return 0;
        error = (DWORD)WSAGetLastError();
        close_socket(*s);
    }
    return error;
}

DWORD tcp_stream_connect(TcpStream *stream, const char *host, const char *port)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses;
    SOCKET s;
    *stream = (TcpStream){0};
    DWORD error = (DWORD)getaddrinfo(host, port, &hints, &addresses);
    if (error != 0)
        return error;
    error = connect_to(addresses, &s);
    freeaddrinfo(addresses);
    if (error != 0)
        return error;
    error = operation_new(s, &stream->operation);
    if (error != 0)
        close_socket(s);
    return error;
}

DWORD tcp_stream_register(TcpStream *stream, Registrator *registrator,
                          Token token, Interests interests)
{
    Operation *operation = stream->operation;
    if (operation == NULL)
        return WSAENOTSOCK;
    if (operation->state == OPERATION_DONE &&
        stream->position < operation->bytes)
        return ERROR_MORE_DATA;
    /* Before the start: once the read is live, whoever gets its event may read
       from the stream, even before this returns. */
    DWORD position = stream->position;
    stream->position = 0;
    DWORD error =
        registrator_register(registrator, operation, token, interests);
    if (error != WSA_IO_PENDING)
        stream->position = position;
    return error;
}

DWORD tcp_stream_read(TcpStream *stream, char *buffer, DWORD size, DWORD *count)
{
    Operation *operation = stream->operation;
    *count = 0;
    if (operation == NULL)
        return WSAENOTSOCK;
    if (size == 0)
        return ERROR_INVALID_PARAMETER;
    if (operation->state != OPERATION_DONE)
        return WSAEWOULDBLOCK;
    if (operation->error != 0 || operation->bytes == 0)
        return operation->error;
    DWORD waiting = operation->bytes - stream->position;
    if (waiting == 0)
        return WSAEWOULDBLOCK;
    *count = waiting < size ? waiting : size;
    memcpy(buffer, operation->buffer + stream->position, *count);
    stream->position += *count;
    return 0;
}

DWORD tcp_stream_write(TcpStream *stream, const char *data, size_t size)
{
    if (stream->operation == NULL)
        return WSAENOTSOCK;
    return send_all(stream->operation->socket, data, size);
}

DWORD tcp_stream_close(TcpStream *stream)
{
    Operation *operation = stream->operation;
    if (operation == NULL)
        return WSAENOTSOCK;
    stream->operation = NULL;
    return operation_close(operation);
}
