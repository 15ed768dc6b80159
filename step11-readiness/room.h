/* Room: what one of its members says, by TCP, UDP or a named pipe, all others
   hear. The first line somebody sends is his name. */
#ifndef ROOM_H
#define ROOM_H

#include "sources.h"

enum {
    ROOM_MEMBERS = 100, /* at a time */
    ROOM_LINE = 200,    /* bytes of a line, with its end */
    ROOM_PIPE = 24      /* characters of the pipe's name, likewise */
};

/* The room's own; a member's is his address. */
enum { DOOR_TOKEN = 2, UDP_TOKEN = 4, PIPE_TOKEN = 6 };

typedef struct Room {
    Poll *poll;
    Registrator *registrator;
    TcpListener door;
    UdpSocket udp;
    NamedPipe pipe; /* the instance that waits for the next one to come by it */
    wchar_t pipe_name[ROOM_PIPE];
    struct Member *members;
    int count;
} Room;

/* Opens the room at this port of the loopback, for TCP and UDP, and with a pipe
   that is named after the number of the one for TCP. The caller ends with
   room_close. Errors: those of the three; then the room is closed. */
DWORD room_open(Room *room, Poll *poll, Registrator *registrator,
                const char *port);

/* Handles one of a batch of events, none of which has an odd token. */
void room_handle(Room *room, const Event *event);

/* To be called when the whole batch has been handled: lets those go whose
   connection has ended. Until then later events of the batch may be of them. */
void room_sweep(Room *room);

/* Tells all that the room closes, and closes it. */
void room_close(Room *room);

#endif
