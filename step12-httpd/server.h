/* Server: answers requests for files below one folder. It keeps no client waiting
   for another, and none for ever. For the polling thread only. */
#ifndef SERVER_H
#define SERVER_H

#include "poll.h"
#include "tcplistener.h"

enum { SERVER_TOKEN = 2 }; /* of its listener; those of clients are addresses */

/* What a server has so much of, and no more. Times are in milliseconds. */
typedef struct Limits {
    ULONG clients;   /* connected at once; more are hung up on */
    DWORD head_ms;   /* from a request's first byte to its last */
    DWORD keep_ms;   /* for the first byte of another request */
    DWORD take_ms;   /* for each FILE_PIECE of an answer */
    DWORD linger_ms; /* to hang up, once the last answer has gone */
    DWORD drain_ms;  /* for all that is under way when the server stops */
} Limits;

extern const Limits default_limits;

typedef struct Server {
    Registrator *registrator;
    TcpListener listener;
    const wchar_t *root; /* the folder */
    Limits limits;
    struct Client *clients; /* connected now, */
    ULONG count;            /* so many */
    BOOL draining;
    BOOL quiet; /* no log */
} Server;

/* Listens. The limits and the root are set already; the root must stay. The caller
   ends with server_drain. Errors: those of tcp_listener_open. */
DWORD server_open(Server *server, Registrator *registrator, const char *host,
                  const char *port);

/* Handles an event whose token is SERVER_TOKEN or a client's. */
void server_handle(Server *server, const Event *event);

/* Accepts nobody any more, hangs up on who is idle, and lets the others finish.
   It is through when clients is NULL. Errors: those of tcp_listener_close. */
DWORD server_drain(Server *server);

#endif
