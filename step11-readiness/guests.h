/* Guests: three who talk in the room of the demonstration, one by each way. */
#ifndef GUESTS_H
#define GUESTS_H

#include "sources.h"

/* Has them begin. Their tokens are odd. port is the door's, udp_port the
   datagrams'. Errors: those of connecting. */
DWORD guests_start(Poll *poll, Registrator *registrator, unsigned short port,
                   unsigned short udp_port, const wchar_t *pipe_name);

/* Handles an event of theirs. */
DWORD guests_handle(const Event *event);

/* Whether all has been said, and heard. */
BOOL guests_are_through(void);

/* Whether all who stay to the end have heard that it has come. */
BOOL guests_have_left(void);

/* What each has heard. */
void guests_report(void);

void guests_end(void);

#endif
