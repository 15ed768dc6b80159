/* Server: answers lines. A line is a number, and its answer so many dots and a
   newline. Whoever takes too long is hung up on. */
#ifndef SERVER_H
#define SERVER_H

#include "poll.h"
#include "tcplistener.h"

enum {
    SERVER_TOKEN = 2, /* of its listener; that of a client is its address */
    ASK_MS = 400,     /* for a line, from the first chance to send it */
    TAKE_MS = 800,    /* to take an answer in */
    DRAIN_MS = 2000   /* for all that is under way when the server stops */
};

typedef struct Server {
    Registrator *registrator;
    TcpListener listener;
    struct Client *clients; /* connected now */
    BOOL draining;
    ULONG answers; /* so far; and clients that */
    ULONG served;  /* ended by themselves, or were idle when it stopped */
    ULONG silent;  /* did not ask in time */
    ULONG deaf;    /* did not take their answer in time */
    ULONG broken;  /* reset the connection, or sent something else */
} Server;

/* Listens on the port of the loopback. The caller ends with server_drain. Errors:
   those of tcp_listener_open. */
DWORD server_open(Server *server, Registrator *registrator, const char *port);

/* Handles an event whose token is SERVER_TOKEN or a client's. */
void server_handle(Server *server, const Event *event);

/* Accepts nobody any more, hangs up on who is idle, and lets the others finish for
   DRAIN_MS. It is through when clients is NULL. A second time it changes nothing. */
DWORD server_drain(Server *server);

#endif
