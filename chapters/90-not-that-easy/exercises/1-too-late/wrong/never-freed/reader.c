#include "reader.h"

#include <stdlib.h>
#include <string.h>

/* A read that goes on when its caller has gone. */
struct Loan {
    WSAOVERLAPPED overlapped;
    BOOL reading;
    DWORD position, size; /* of what has come and not been handed out */
    char buffer[1024];
};

DWORD reader_open(Reader *reader, SOCKET s)
{
    reader->socket = s;
    reader->loan = calloc(1, sizeof *reader->loan);
    if (reader->loan == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = create_completion_port(&reader->port);
    if (error != 0)
        return error;
    error = associate_socket(reader->port, s, 0);
    if (error != 0)
        close_handle(reader->port);
    return error;
}

static DWORD take_packet(Reader *reader, DWORD timeout)
{
    OVERLAPPED_ENTRY packet;
    ULONG packets;
    DWORD error = get_queued_completion_status_ex(reader->port, &packet, 1,
                                                  &packets, timeout);
    if (error != 0)
        return error;
    reader->loan->reading = FALSE;
    reader->loan->position = 0;
    reader->loan->size = packet.dwNumberOfBytesTransferred;
    return wsa_get_overlapped_result(reader->socket, packet.lpOverlapped);
}

static DWORD fill(Reader *reader, DWORD timeout)
{
    struct Loan *loan = reader->loan;
    if (!loan->reading) {
        loan->overlapped = (WSAOVERLAPPED){0};
        DWORD error = wsa_recv(reader->socket, loan->buffer,
                               sizeof loan->buffer, &loan->overlapped);
        if (error != 0)
            return error;
        loan->reading = TRUE;
    }
    return take_packet(reader, timeout);
}

DWORD reader_read(Reader *reader, char *buffer, DWORD size, DWORD *count,
                  DWORD timeout)
{
    struct Loan *loan = reader->loan;
    *count = 0;
    if (loan->position == loan->size) {
        DWORD error = fill(reader, timeout);
        if (error != 0)
            return error;
    }
    *count = loan->size - loan->position;
    if (*count > size)
        *count = size;
    memcpy(buffer, loan->buffer + loan->position, *count);
    loan->position += *count;
    return 0;
}

DWORD reader_close(Reader *reader)
{
    DWORD error = close_socket(reader->socket);
    if (reader->loan->reading)
        take_packet(reader, INFINITE);
    DWORD port_error = close_handle(reader->port);
    return error != 0 ? error : port_error;
}
