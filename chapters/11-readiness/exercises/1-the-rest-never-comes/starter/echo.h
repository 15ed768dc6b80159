/* Echo: returns to each client what he sends. For the polling thread only. */
#ifndef ECHO_H
#define ECHO_H

#include "readiness.h"
#include "tcplistener.h"

enum {
    ECHO_TOKEN = 2, /* of the listener; those of clients are addresses */
    PIECE = 100     /* as much of a client's as the server holds itself */
};

typedef struct Echo {
    Poll *poll;
    TcpListener listener;
    struct Client *clients;
    int count; /* of clients */
} Echo;

/* Listens on the loopback; port "0" is one of the system's choice. The caller ends
   with echo_close. Errors: those of tcp_listener_open and poll_register. */
DWORD echo_open(Echo *echo, Poll *poll, Registrator *registrator,
                const char *port);

/* Handles an event whose token is ECHO_TOKEN or a client's. */
void echo_handle(Echo *echo, const Event *event);

/* Hangs up on everybody. */
void echo_close(Echo *echo);

#endif
