#include "collector.h"

#include <stdlib.h>

/* A read asks for a piece. There is always room for two: for the one that is in
   flight and for the next. */
enum { PIECE = 64, ROOM = 2 * PIECE };

/* Reads the next piece to where the text ends, if there is room for it. */
static DWORD start_read(Collector *collector)
{
    if (collector->capacity - collector->length < PIECE)
        return ERROR_NOT_ENOUGH_MEMORY;
    collector->overlapped = (WSAOVERLAPPED){0};
    DWORD error =
        wsa_recv(collector->socket, collector->text + collector->length, PIECE,
                 &collector->overlapped);
    collector->reading = error == 0;
    return error;
}

DWORD collector_open(Collector *collector, SOCKET s)
{
    *collector = (Collector){.socket = s, .capacity = ROOM};
    DWORD error = create_completion_port(&collector->port);
    if (error == 0)
        error = associate_socket(collector->port, s, 0);
    if (error != 0)
        return error;
    collector->text = malloc(ROOM);
    if (collector->text == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    return start_read(collector);
}

/* Doubles the memory when little is left of it. If there is no more to be had,
   what is left will do, until start_read finds it too small. */
static void make_room(Collector *collector)
{
    if (collector->capacity - collector->length >= ROOM)
        return;
    char *larger = realloc(collector->text, 2 * collector->capacity);
    if (larger == NULL)
        return;
    collector->text = larger;
    collector->capacity *= 2;
}

DWORD collector_more(Collector *collector, DWORD *count, DWORD timeout)
{
    OVERLAPPED_ENTRY packet;
    ULONG packets;

    *count = 0;
    if (!collector->reading)
        return 0;
    DWORD error = get_queued_completion_status_ex(collector->port, &packet, 1,
                                                  &packets, timeout);
    if (error != 0)
        return error;
    collector->reading = FALSE;
    collector->error =
        wsa_get_overlapped_result(collector->socket, &collector->overlapped);
    if (collector->error != 0 || packet.dwNumberOfBytesTransferred == 0)
        return collector->error;

    *count = packet.dwNumberOfBytesTransferred;
    collector->length += *count;
    /* Here nothing is lent, so the memory may move. */
    make_room(collector);
    collector->error = start_read(collector);
    return 0;
}

const char *collector_text(const Collector *collector, DWORD *length)
{
    *length = collector->length;
    return collector->text;
}

DWORD collector_close(Collector *collector)
{
    OVERLAPPED_ENTRY packet;
    ULONG packets;
    DWORD error = 0;
    if (collector->reading) {
        cancel_io(collector->socket);
        error = get_queued_completion_status_ex(collector->port, &packet, 1,
                                                &packets, INFINITE);
    }
    close_socket(collector->socket);
    close_handle(collector->port);
    free(collector->text);
    return error;
}
