#include "pump.h"

void pump_open(Pump *pump, Selector *selector, Handler *handle, void *context,
               Clock *now)
{
    *pump = (Pump){
        .selector = selector, .handle = handle, .context = context, .now = now};
}

DWORD pump_turn(Pump *pump, DWORD timeout)
{
    Event list[1];
    Events events = {.list = list, .capacity = 1};
    DWORD error = selector_select(pump->selector, &events, timeout);
    DWORD start = pump->now();
    while (events.count > 0) {
        pump->handle(pump->context, &list[0]);
        if (pump->now() - start >= PUMP_TURN_MS)
            break;
        error = selector_select(pump->selector, &events, 0);
    }
    return error;
}
