#include "room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { READS = 16 }; /* of one member, before the others have their turn */

typedef enum Way { BY_TCP, BY_UDP, BY_PIPE } Way;

typedef struct Member {
    Way way;
    TcpStream stream; /* one of these three */
    Address address;
    NamedPipe pipe;
    char name[ROOM_LINE]; /* empty until he has said it */
    char line[ROOM_LINE]; /* as much of it as is here */
    DWORD length;
    BOOL gone; /* to be swept */
    struct Member *next;
} Member;

static const char *const way_names[] = {"TCP", "UDP", "a pipe"};

/* A member must keep up: who has no room for a line has to go. But a datagram
   may get lost, on whichever way. */
static void hear(Room *room, Member *member, const char *text)
{
    DWORD size = (DWORD)strlen(text), count = 0, error;
    if (member->way == BY_UDP) {
        udp_socket_send(&room->udp, text, size, &member->address);
        return;
    }
    if (member->way == BY_TCP)
        error = tcp_stream_write(&member->stream, text, size, &count);
    else
        error = named_pipe_write(&member->pipe, text, size, &count);
    if (error != 0 || count < size)
        member->gone = TRUE;
}

/* To all but one, or all if that is NULL. */
static void announce(Room *room, const Member *but, const char *who,
                     const char *what)
{
    char text[2 * ROOM_LINE + 4];
    snprintf(text, sizeof text, "%s%s\n", who, what);
    for (Member *member = room->members; member != NULL; member = member->next)
        if (member != but && member->name[0] != '\0' && !member->gone)
            hear(room, member, text);
}

static void welcome(Room *room, Member *member)
{
    char text[64];
    snprintf(text, sizeof text, " has come in by %s.", way_names[member->way]);
    announce(room, member, member->name, text);
    snprintf(text, sizeof text, "Welcome. You are here by %s.\n",
             way_names[member->way]);
    hear(room, member, text);
}

/* A line is complete: his name, or what he says. */
static void take_line(Room *room, Member *member)
{
    char who[ROOM_LINE + 2];
    member->line[member->length] = '\0';
    member->length = 0;
    if (member->line[0] == '\0')
        return;
    if (member->name[0] == '\0') {
        strcpy(member->name, member->line);
        welcome(room, member);
        return;
    }
    snprintf(who, sizeof who, "%s: ", member->name);
    announce(room, member, who, member->line);
}

static void take_bytes(Room *room, Member *member, const char *bytes,
                       DWORD count)
{
    for (DWORD i = 0; i < count && !member->gone; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == '\n')
            take_line(room, member);
        else if (member->length == ROOM_LINE - 1)
            member->gone = TRUE;
        else if (byte != '\r') /* nor what others' terminals would obey */
            member->line[member->length++] =
                (char)(byte < ' ' || byte == 127 ? '?' : byte);
    }
}

/* NULL if the room is full. */
static Member *let_in(Room *room, Way way)
{
    Member *member =
        room->count < ROOM_MEMBERS ? calloc(1, sizeof *member) : NULL;
    if (member == NULL)
        return NULL;
    *member = (Member){.way = way, .next = room->members};
    room->members = member;
    room->count++;
    return member;
}

static DWORD read_some(Member *member, char *bytes, DWORD size, DWORD *count)
{
    if (member->way == BY_TCP)
        return tcp_stream_read(&member->stream, bytes, size, count);
    return named_pipe_read(&member->pipe, bytes, size, count);
}

static Source *source_of(const Member *member)
{
    return member->way == BY_TCP ? tcp_stream_source(&member->stream)
                                 : named_pipe_source(&member->pipe);
}

/* Reads until it would block, as EDGE demands; or, if that doesn't come soon, has
   itself called again. */
static void listen_to(Room *room, Member *member)
{
    char bytes[ROOM_LINE];
    DWORD count;
    for (int i = 0; i < READS && !member->gone; i++) {
        DWORD error = read_some(member, bytes, sizeof bytes, &count);
        if (error == WSAEWOULDBLOCK)
            return;
        if (error != 0 || count == 0)
            member->gone = TRUE;
        else
            take_bytes(room, member, bytes, count);
    }
    if (!member->gone && poll_reregister(room->poll, source_of(member),
                                         (Token)member, READABLE, EDGE) != 0)
        member->gone = TRUE;
}

/* LEVEL: who isn't accepted now will be told of again. */
static void open_door(Room *room)
{
    TcpStream stream;
    if (tcp_listener_accept(&room->door, &stream) != 0)
        return;
    Member *member = let_in(room, BY_TCP);
    if (member == NULL) {
        tcp_stream_close(&stream);
        return;
    }
    member->stream = stream;
    if (poll_register(room->poll, tcp_stream_source(&member->stream),
                      (Token)member, READABLE, EDGE) != 0)
        member->gone = TRUE;
}

/* ONE_SHOT: an instance is told of once, when somebody has come by it. */
static DWORD wait_at_pipe(Room *room, BOOL first)
{
    DWORD error = named_pipe_serve(&room->pipe, room->registrator,
                                   room->pipe_name, first);
    if (error == 0)
        error = poll_register(room->poll, named_pipe_source(&room->pipe),
                              PIPE_TOKEN, WRITABLE, ONE_SHOT);
    return error;
}

static void open_pipe(Room *room)
{
    Member *member = let_in(room, BY_PIPE);
    NamedPipe pipe = room->pipe;
    wait_at_pipe(room, FALSE);
    if (member == NULL) {
        named_pipe_close(&pipe);
        return;
    }
    member->pipe = pipe;
    if (poll_reregister(room->poll, named_pipe_source(&member->pipe),
                        (Token)member, READABLE, EDGE) != 0)
        member->gone = TRUE;
}

static Member *member_at(Room *room, const Address *address)
{
    Member *member = room->members;
    while (member != NULL && (member->way != BY_UDP || member->gone ||
                              !is_same_address(&member->address, address)))
        member = member->next;
    return member;
}

/* A datagram is a line; an empty one, that its sender leaves. */
static void take_datagram(Room *room, const Address *from, char *line,
                          DWORD count)
{
    Member *member = member_at(room, from);
    if (member == NULL && count > 0)
        member = let_in(room, BY_UDP);
    if (member == NULL)
        return;
    member->address = *from;
    member->gone = count == 0;
    if (count > 0 && line[count - 1] != '\n')
        line[count++] = '\n';
    take_bytes(room, member, line, count);
}

/* EDGE, as above. */
static void take_datagrams(Room *room)
{
    char line[ROOM_LINE];
    Address from;
    DWORD count;
    for (int i = 0; i < READS; i++) {
        DWORD error = udp_socket_receive(&room->udp, line, sizeof line - 1,
                                         &count, &from);
        if (error == WSAEWOULDBLOCK)
            return;
        if (error == 0) /* or this one is lost; the socket goes on */
            take_datagram(room, &from, line, count);
    }
    poll_reregister(room->poll, udp_socket_source(&room->udp), UDP_TOKEN,
                    READABLE, EDGE);
}

/* Two rooms at two ports have two pipes. */
static DWORD open_first_pipe(Room *room)
{
    unsigned short port;
    DWORD error = tcp_listener_port(&room->door, &port);
    swprintf(room->pipe_name, ROOM_PIPE, L"\\\\.\\pipe\\room-%u", port);
    return error != 0 ? error : wait_at_pipe(room, TRUE);
}

DWORD room_open(Room *room, Poll *poll, Registrator *registrator,
                const char *port)
{
    *room = (Room){.poll = poll, .registrator = registrator};
    DWORD error = tcp_listener_open(&room->door, registrator, DOOR_TOKEN,
                                    "127.0.0.1", port);
    if (error == 0)
        error = poll_register(poll, tcp_listener_source(&room->door),
                              DOOR_TOKEN, READABLE, LEVEL);
    if (error == 0)
        error = udp_socket_open(&room->udp, registrator, "127.0.0.1", port);
    if (error == 0)
        error = poll_register(poll, udp_socket_source(&room->udp), UDP_TOKEN,
                              READABLE, EDGE);
    if (error == 0)
        error = open_first_pipe(room);
    if (error != 0)
        room_close(room);
    return error;
}

void room_handle(Room *room, const Event *event)
{
    Member *member = (Member *)event->token;
    if (event->token == DOOR_TOKEN)
        open_door(room);
    else if (event->token == UDP_TOKEN)
        take_datagrams(room);
    else if (event->token == PIPE_TOKEN)
        open_pipe(room);
    else if (!member->gone)
        listen_to(room, member);
}

static void let_go(Room *room, Member *member)
{
    room->count--;
    if (member->way == BY_TCP)
        tcp_stream_close(&member->stream);
    else if (member->way == BY_PIPE)
        named_pipe_close(&member->pipe);
    if (member->name[0] != '\0')
        announce(room, NULL, member->name, " has left.");
    free(member);
}

void room_sweep(Room *room)
{
    Member **link = &room->members;
    while (*link != NULL) {
        Member *member = *link;
        if (!member->gone) {
            link = &member->next;
            continue;
        }
        *link = member->next;
        let_go(room, member);
        link = &room->members; /* who was told may be gone by that, too */
    }
}

void room_close(Room *room)
{
    announce(room, NULL, "The room closes.", "");
    for (Member *member = room->members; member != NULL; member = member->next)
        member->gone = TRUE;
    room_sweep(room);
    tcp_listener_close(&room->door);
    named_pipe_close(&room->pipe);
    udp_socket_close(&room->udp);
}
