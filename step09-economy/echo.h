/* Echo: a server that sends back what it gets, to any number of clients. */
#ifndef ECHO_H
#define ECHO_H

#include "poll.h"
#include "tcplistener.h"

enum {
    ECHO_LISTENER = 0
}; /* the listener's token; a client's is its address */

typedef struct Echo {
    Registrator *registrator;
    TcpListener listener;
    BOOL later; /* whoever is through with his turn waits for echo_await */
    struct Client *through; /* those who do */
    DWORD trouble;          /* why the last accept failed, or 0 */
    ULONG clients;          /* connected now, */
    ULONG served;           /* and so far */
    ULONG echoes;           /* sent back so far, */
    ULONG full;             /* and of these, as much as one read takes in */
} Echo;

/* Listens on the port of the loopback. The caller ends with echo_close. Errors:
   those of tcp_listener_open. */
DWORD echo_open(Echo *echo, Registrator *registrator, const char *port);

/* Handles an event whose token is ECHO_LISTENER or a client's. */
void echo_handle(Echo *echo, const Event *event);

/* Waits for more from all who are through with their turn. */
void echo_await(Echo *echo);

/* Stops listening; clients that are connected go on. */
DWORD echo_close(Echo *echo);

#endif
