/* Timers: a list of those that are not due yet, the earliest first. It is for
   one thread. */
#ifndef TIMERS_H
#define TIMERS_H

#include "operation.h"

typedef struct Timer {
    struct Timer *next;
    unsigned long long due; /* on timers_clock */
    Token token;
} Timer;

/* Milliseconds since the system was started. Any thread may ask. */
unsigned long long timers_clock(void);

/* Puts a timer into its place in the list. It is the list's from now on. */
void timers_insert(Timer **list, Timer *timer);

/* Takes the first timer off if it is due; NULL if not. */
Timer *timers_take_due(Timer **list);

/* How many milliseconds it is until the first one is due; INFINITE without. */
DWORD timers_wait(const Timer *list);

#endif
