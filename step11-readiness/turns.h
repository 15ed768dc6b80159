/* Turns: who has something to tell, first come first served. A turn is inside of
   what it belongs to, so taking a place in the line cannot fail. */
#ifndef TURNS_H
#define TURNS_H

#include "ffi.h"

typedef struct Turn Turn;
struct Event;

/* Called when the turn has come, by the polling thread, after the turn has been
   taken out. Returns TRUE if it has filled *event. */
typedef BOOL (*Telling)(Turn *turn, struct Event *event);

struct Turn {
    Telling tell;
    Turn *next;
    Turn **link; /* what points at it; NULL while it is not in the line */
};

typedef struct Turns {
    Turn *first;
    Turn **end; /* where the next one goes */
    size_t count;
} Turns;

void turns_init(Turns *turns);

/* Puts it at the end. It must not be in the line. */
void turns_add(Turns *turns, Turn *turn);

/* Takes it out. It must be in the line. */
void turns_remove(Turns *turns, Turn *turn);

#endif
