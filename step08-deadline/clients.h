/* Clients: the good and the bad ones of the demonstration. */
#ifndef CLIENTS_H
#define CLIENTS_H

#include "registrator.h"

typedef enum Kind {
    HONEST, /* asks, takes the answer in, three times */
    HALF,   /* asks twice, ends its half of the stream, takes both answers in */
    SILENT, /* never asks */
    DRIPPING, /* asks a digit at a time, and never comes to the end */
    DEAF,     /* asks and does not read */
    KINDS
} Kind;

/* One of each kind begins to connect to this port. Their tokens are odd. Errors:
   those of tcp_stream_connect. */
DWORD clients_start(Registrator *registrator, unsigned short port);

/* Another honest client, which asks once, for more than the system takes at once. */
DWORD clients_start_late(Registrator *registrator, unsigned short port);

/* Handles an event of theirs. */
DWORD clients_handle(const Event *event);

/* Whether its answer has begun. */
BOOL clients_late_hears(void);

/* How many have not ended yet. */
int clients_running(void);

/* A line for each kind. */
void clients_report(void);

/* Closes what is open. */
void clients_end(void);

#endif
