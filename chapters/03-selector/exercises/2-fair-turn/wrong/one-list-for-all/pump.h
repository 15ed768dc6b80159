/* Pump: hands a selector's events to a function, in turns that end in time. */
#ifndef PUMP_H
#define PUMP_H

#include "selector.h"

enum { PUMP_BATCH = 16, PUMP_TURN_MS = 10 };

/* Deals with one event, and may register again. */
typedef void Handler(void *context, const Event *event);

/* Tells the time in milliseconds; after 0xFFFFFFFF comes 0. */
typedef DWORD Clock(void);

typedef struct Pump {
    Selector *selector;
    Handler *handle;
    void *context;
    Clock *now;
} Pump;

/* Every event of the selector will be passed to handle, and context with it.
   There is nothing to close. */
void pump_open(Pump *pump, Selector *selector, Handler *handle, void *context,
               Clock *now);

/* One turn: waits up to timeout milliseconds for events and has them handled,
   one by one, in the order in which they came. Once PUMP_TURN_MS have gone by
   since the first was begun, no other is begun: the next turn goes on from
   there, without a wait.
   Errors: those of selector_select. */
DWORD pump_turn(Pump *pump, DWORD timeout);

#endif
