/* Connection: what stands behind a TcpStream or a NamedPipe. Referred to by it and
   by the operations in flight; the last one frees it. While it is idle, it lends the
   system nothing but its operation. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "ring.h"
#include "source.h"
#include "spares.h"

enum {
    CONNECTION_BUFFER = 768, /* as much as one read takes in */
    CONNECTION_MARK = 65536  /* as much as may wait to be sent, unless set */
};

/* The calls that carry bytes. */
typedef struct Transport {
    Kind kind;
    _Bool waits_empty; /* a read of 0 bytes ends when there is something, and
                          takes nothing */
    /* By the rules of wsa_recv. */
    DWORD(*receive)
    (SOCKET handle, char *buffer, ULONG size, DWORD *bytes,
     OVERLAPPED *overlapped);
    /* By the rules of wsa_send. It may leave the second part for the next. */
    DWORD(*send)
    (SOCKET handle, WSABUF *parts, DWORD count, DWORD *bytes,
     OVERLAPPED *overlapped);
    DWORD (*shutdown)(SOCKET handle);
} Transport;

typedef struct Connection {
    Source source; /* stays first; its lock is for all of this */
    const Transport *transport;
    Operation reading;
    Operation writing;           /* sends, and before that, connects */
    struct Connector *connector; /* NULL once connected */
    Token read_token;
    Token write_token;
    char *buffer;      /* CONNECTION_BUFFER bytes, lent while reading is in
                          flight, or holding what was read; else NULL */
    DWORD read_error;  /* of the last read, */
    DWORD arrived;     /* what it brought to buffer, */
    DWORD position;    /* and how much of that has been read */
    DWORD write_error; /* once sending has failed: why */
    Ring ring;         /* what is to be sent; lent while writing is in flight */
    DWORD idle_timeout; /* milliseconds since then */
    _Bool has_read;     /* a read has ended since the last registration */
    _Bool wants_room;   /* an event is owed to WRITABLE */
    _Bool ending;       /* the end is to be sent behind the ring, */
    _Bool ended;        /* or has been */
    _Bool read_late;    /* the deadline for reading has passed, */
    _Bool write_late;   /* or that for connecting and writing */
    _Bool waiting;      /* a pipe's server, for its client */
    _Bool reclaiming;   /* the read is cancelled only to have its buffer back */
    Timer read_deadline;
    Timer write_deadline;
    Timer idle_deadline;            /* and the end of lending a buffer */
    unsigned long long last_active; /* when bytes last went either way */
} Connection;

/* All connections of the program, and the buffers that they lend or hold. Who wants
   the memory back ends with spares_free, for each. */
extern Spares connections;
extern Spares buffers;

/* Makes the connection of a connected socket, which it takes over, or of none
   yet: INVALID_SOCKET. The caller ends with source_close.
   Errors: ERROR_NOT_ENOUGH_MEMORY; then the socket is still the caller's. */
DWORD connection_new(SOCKET s, Connection **connection);

/* The same on another transport. */
DWORD connection_new_on(const Transport *transport, SOCKET handle,
                        Connection **connection);

/* What every transport's look, start and destroy are. */
void connection_look(Source *source, Event *event);
void connection_start(Source *source);
void connection_destroy(Source *source);

/* All below are called with the lock held. */

BOOL connection_is_connected(const Connection *connection);

/* The connection whose writing operation this is. */
Connection *connection_of_writing(Operation *operation);

/* Takes the result of connecting, and tells WRITABLE of it, unless that has been
   told already. Returns TRUE if it has filled *event. */
BOOL connection_connected(Connection *connection, DWORD error, Event *event);

/* Once connecting or sending has failed: what waits will never be sent. */
void connection_give_up_sending(Connection *connection, DWORD error);

/* Tells of WRITABLE, which is true: pays what is owed. Returns TRUE if it has
   filled *event. */
BOOL connection_tell_room(Connection *connection, Event *event);

/* Gives the buffer back, if there is one, when it is not lent. */
void connection_give_back(Connection *connection);

/* Starts one read, when all of the last one has been read, with a buffer. Once the
   connection has been idle for economy.lend_ms, or if none is to be had, it is one
   of zero bytes. Errors: those of wsa_recv; they are what reading will say. */
DWORD connection_receive(Connection *connection);

/* Starts one, if that is for us to do and there is no reason not to: one in
   flight, bytes that wait to be read, the end. */
void connection_read_ahead(Connection *connection);

/* Goes on sending, if nothing is in flight: one send at a time keeps the bytes
   in order. What is written meanwhile leaves together with the next. */
void connection_send(Connection *connection);

/* Has on_sent called soon. */
void connection_nudge(Connection *connection);

#endif
