#include "pump.h"

void pump_open(Pump *pump, Selector *selector, Handler *handle, void *context,
               Clock *now)
{
    *pump = (Pump){
        .selector = selector, .handle = handle, .context = context, .now = now};
}

DWORD pump_turn(Pump *pump, DWORD timeout)
{
    Event list[PUMP_BATCH];
    Events events = {.list = list, .capacity = PUMP_BATCH};
    DWORD error;
    do {
        error = selector_select(pump->selector, &events, timeout);
        for (ULONG i = 0; i < events.count; i++)
            pump->handle(pump->context, &list[i]);
        timeout = 0;
    } while (error == 0 && events.count > 0);
    return error;
}
