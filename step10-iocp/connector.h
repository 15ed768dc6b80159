/* Connector: looks a name up and tries its addresses in turn, without ever
   waiting in the loop. While it does, it has the connection's writing
   operation. */
#ifndef CONNECTOR_H
#define CONNECTOR_H

#include "connection.h"

/* Starts to connect a connection that has a selector but no socket, with its
   lock held. The result comes as the event of WRITABLE. Errors:
   ERROR_NOT_ENOUGH_MEMORY, WSAHOST_NOT_FOUND, those of start_connect; then no
   event comes. */
DWORD connector_start(Connection *connection, const char *host,
                      const char *port);

/* For a connection whose deadline for connecting has passed. A lookup can't be
   ended, but waited for no longer: then returns TRUE, and has filled *event. */
BOOL connector_stop(Connection *connection, Event *event);

/* Frees what a connection has that is not connected yet. NULL is allowed. */
void connector_free(struct Connector *connector);

#endif
