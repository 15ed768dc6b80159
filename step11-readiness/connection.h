/* Connection: what stands behind a TcpStream or a NamedPipe. Referred to by it
   and by the operations in flight; the last one frees it. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "ring.h"
#include "source.h"

enum {
    CONNECTION_BUFFER = 768, /* as much as one read takes in */
    CONNECTION_MARK = 65536  /* as much as may wait to be sent, unless set */
};

/* The calls that carry bytes. */
typedef struct Transport {
    Kind kind;
    /* By the rules of wsa_recv. */
    DWORD (*receive)(SOCKET handle, char *buffer, ULONG size,
                     OVERLAPPED *overlapped);
    /* By the rules of wsa_send; the packet says how many bytes were sent, which
       may be fewer. */
    DWORD (*send)(SOCKET handle, WSABUF *parts, DWORD count,
                  OVERLAPPED *overlapped);
    DWORD (*shutdown)(SOCKET handle);
} Transport;

typedef struct Connection {
    Source source; /* stays first; its lock is for all of this */
    const Transport *transport;
    Operation reading;
    Operation writing;           /* sends, and before that, connects */
    struct Connector *connector; /* NULL once connected */
    BOOL waiting;                /* a pipe's server, for its client */
    Token read_token;
    Token write_token;
    DWORD read_error;  /* of the last read, */
    DWORD arrived;     /* what it brought to buffer, */
    DWORD position;    /* and how much of that has been read */
    DWORD write_error; /* once sending has failed: why */
    Ring ring;         /* what is to be sent; lent while writing is in flight */
    BOOL has_read;     /* a read has ended since the last registration */
    BOOL wants_room;   /* an event is owed to WRITABLE */
    BOOL ending;       /* the end is to be sent behind the ring, */
    BOOL ended;        /* or has been */
    BOOL read_late;    /* the deadline for reading has passed, */
    BOOL write_late;   /* or that for connecting and writing */
    Timer read_deadline;
    Timer write_deadline;
    Timer idle_deadline;
    DWORD idle_timeout;             /* milliseconds, */
    unsigned long long last_active; /* since bytes last went either way */
    char buffer[CONNECTION_BUFFER]; /* lent while reading is in flight */
} Connection;

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

/* Starts one read into buffer, which has been read to its end. Errors: those of
   wsa_recv; they are what tcp_stream_read will say. */
DWORD connection_receive(Connection *connection);

/* Starts one, if that is for us to do and there is no reason not to: one in
   flight, bytes that wait to be read, the end. */
void connection_read_ahead(Connection *connection);

/* Goes on sending, if nothing is in flight: one send at a time keeps the bytes
   in order. What is written meanwhile leaves together with the next. */
void connection_send(Connection *connection);

/* Has on_sent called soon. Errors: those of post_queued_completion_status. */
DWORD connection_nudge(Connection *connection);

#endif
