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
    DWORD error = selector_select(pump->selector, &events, timeout);
    for (ULONG i = 0; i < events.count; i++)
        pump->handle(pump->context, &list[i]);
    return error;
}
