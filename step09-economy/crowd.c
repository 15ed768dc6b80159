#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>

#include "tcpstream.h"

enum { SIZE = 2000 }; /* bytes that each sends: a few reads' worth */

typedef struct Member {
    TcpStream stream;
    DWORD received;
} Member;

/* Differs from client to client, and along the way. */
static char byte_at(ULONG index, DWORD position)
{
    return (char)(index * 31 + position * 7 + (position >> 8));
}

static Token token_of(ULONG index)
{
    return (Token)index * 2 + 1;
}

static void leave(Crowd *crowd, Member *member)
{
    tcp_stream_close(&member->stream);
    crowd->running--;
}

/* Sends it all: it fits under the mark. */
static DWORD speak(Crowd *crowd, ULONG index)
{
    TcpStream *stream = &crowd->members[index].stream;
    char bytes[SIZE];
    DWORD count;
    for (DWORD i = 0; i < SIZE; i++)
        bytes[i] = byte_at(index, i);
    DWORD error = tcp_stream_write(stream, bytes, SIZE, &count);
    if (error == 0)
        error = tcp_stream_shutdown(stream);
    return error;
}

/* Checks what has come. WSAEWOULDBLOCK: there is more to come. */
static DWORD hear(Crowd *crowd, ULONG index)
{
    Member *member = &crowd->members[index];
    char bytes[SIZE];
    DWORD count;
    DWORD error;
    while ((error = tcp_stream_read(&member->stream, bytes, SIZE, &count)) ==
               0 &&
           count > 0)
        for (DWORD i = 0; i < count; i++)
            if (bytes[i] != byte_at(index, member->received++))
                return ERROR_INVALID_DATA;
    return error;
}

void crowd_handle(Crowd *crowd, const Event *event)
{
    ULONG index = (ULONG)(event->token / 2);
    Member *member = &crowd->members[index];
    DWORD error = event->error;
    if (error == 0 && event->ready == WRITABLE)
        error = WSAEWOULDBLOCK; /* connected: now wait for the answer */
    else if (error == 0)
        error = hear(crowd, index);
    if (error == WSAEWOULDBLOCK &&
        tcp_stream_register(&member->stream, crowd->registrator, event->token,
                            READABLE) == 0)
        return;
    if (error == 0 && member->received == SIZE)
        crowd->right++;
    leave(crowd, member);
}

DWORD crowd_start(Crowd *crowd, Registrator *registrator, ULONG size,
                  unsigned short port)
{
    char number[8];
    *crowd = (Crowd){.registrator = registrator, .size = size};
    crowd->members = calloc(size, sizeof *crowd->members);
    if (crowd->members == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    snprintf(number, sizeof number, "%u", port);
    for (ULONG i = 0; i < size; i++) {
        Member *member = &crowd->members[i];
        if (tcp_stream_connect(&member->stream, registrator, token_of(i),
                               "127.0.0.1", number) != 0)
            continue;
        crowd->running++;
        /* What is said before the connection stands goes out when it does. */
        if (speak(crowd, i) != 0)
            leave(crowd, member);
    }
    return 0;
}

void crowd_end(Crowd *crowd)
{
    free(crowd->members);
}
