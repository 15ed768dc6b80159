/* Timers: what is due when, as a binary heap. Its nodes are inside what they put
   in order, so setting a timer takes no memory, and cannot fail. */
#ifndef TIMERS_H
#define TIMERS_H

#include "operation.h"

typedef struct Timer Timer;

/* Called once the time has come, by the polling thread, when the timer has been
   taken out. Returns TRUE if it has filled *event. */
typedef BOOL (*Expiry)(Timer *timer, struct Event *event);

#define NEVER (~0ULL)

struct Timer {
    unsigned long long due; /* milliseconds, by now_ms */
    Expiry expired;
    BOOL set; /* in the heap */
    Timer *parent;
    Timer *child[2]; /* none of them is due before this one */
};

typedef struct Timers {
    Timer *root; /* the next one due, or NULL */
    size_t count;
} Timers;

/* Both take time in proportion to the logarithm of count. */
void timers_insert(Timers *timers, Timer *timer, unsigned long long due);
void timers_remove(Timers *timers, Timer *timer);

#endif
