/* Registration: whom a source tells what is ready, of what, and when. */
#ifndef REGISTRATION_H
#define REGISTRATION_H

#include "source.h"

/* When a source tells of what it is registered for: */
typedef enum Mode {
    EDGE,    /* when it becomes true, */
    LEVEL,   /* each time the poll waits, as long as it is true, */
    ONE_SHOT /* once: when it is true; then not before it is registered anew */
} Mode;

typedef struct Registration Registration;

/* All below but the last are called with the source's lock held. */

/* Has the source tell, from the poll's next turn on, what is true then and wanted.
   It must have a selector. Errors: ERROR_NOT_ENOUGH_MEMORY, the first time. */
DWORD registration_set(Source *source, Token token, Interests interests,
                       Mode mode);

/* Whether it tells. */
BOOL registration_is_on(const Source *source);

/* Has it tell no more. */
void registration_end(Source *source);

/* Notes that these have become true, of READABLE, WRITABLE and FAILED, and has
   the poll told if they are wanted. Without a registration, does nothing. */
void registration_changed(Source *source, Interests changed);

/* NULL is allowed. */
void registration_free(Registration *registration);

#endif
