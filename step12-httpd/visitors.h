/* Visitors: the clients of the demonstration. Each sends what it has to say, reads
   to the end and counts. For the polling thread only. */
#ifndef VISITORS_H
#define VISITORS_H

#include "registrator.h"

/* Has them come to this port and ask for this file. Errors: those of connecting. */
DWORD visitors_start(Registrator *registrator, unsigned short port,
                     const char *file);

/* Whether an event with this token is theirs. */
BOOL visitors_own(Token token);

/* Handles an event of theirs. */
DWORD visitors_handle(const Event *event);

/* How many are still here. The last one reads nothing until it is alone and
   visitors_hurry is called. */
int visitors_here(void);
DWORD visitors_hurry(void);

/* What each has asked for, and got. */
void visitors_report(void);

#endif
