/* Client: one connection to the server, and what is under way on it. */
#ifndef CLIENT_H
#define CLIENT_H

#include "server.h"

/* What a client's event is about is in the lowest bit of its token. */
enum { FILE_BIT = 1 };

/* Takes a new connection over and waits for its request. The tokens of its events
   are the client's address, with or without FILE_BIT. */
void client_welcome(Server *server, TcpStream *stream);

/* Goes on with the client that has an event. */
void client_handle(Server *server, const Event *event);

/* The server stops: sets the last deadlines. One who is idle has had his time. */
void client_drain(Server *server, struct Client *client);

/* The one connected before, or NULL. */
struct Client *client_next(const struct Client *client);

#endif
