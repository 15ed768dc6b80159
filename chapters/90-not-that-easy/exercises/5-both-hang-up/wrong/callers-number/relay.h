/* Relay: joins sockets in pairs, and passes on what comes in on one of a pair
   to the other. When one end hangs up, it hangs up on the other, and what that
   one has said in the meantime is lost. */
#ifndef RELAY_H
#define RELAY_H

#include "selector.h"

/* Called once for each link that has ended, with the number it was given, when
   its sockets are closed. It may join others with relay_join. */
typedef void Ended(void *context, int number);

typedef struct Relay {
    Selector selector;
    Ended *ended;
    void *context;      /* for ended */
    struct Link *links; /* that have not ended */
} Relay;

/* Every function here returns 0 for success or a Win32 error code. */

/* The caller ends with relay_close. */
DWORD relay_open(Relay *relay, Ended *ended, void *context);

/* Joins two sockets and takes them over; after an error they are closed. The
   number is for ended, and for nothing else: other links may have the same. */
DWORD relay_join(Relay *relay, SOCKET a, SOCKET b, int number);

/* Waits up to timeout milliseconds, or INFINITE, until something comes in, and
   passes it on. */
DWORD relay_turn(Relay *relay, DWORD timeout);

/* Errors: ERROR_BUSY while a link has not ended. */
DWORD relay_close(Relay *relay);

#endif
