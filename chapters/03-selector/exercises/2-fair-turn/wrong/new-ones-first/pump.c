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
    ULONG left = pump->count - pump->next, i = 0;
    Events events = {.list = list, .capacity = PUMP_BATCH - left};
    DWORD error =
        selector_select(pump->selector, &events, left > 0 ? 0 : timeout);
    for (; i < left; i++)
        list[events.count++] = pump->list[pump->next + i];
    pump->next = pump->count = 0;
    DWORD start = pump->now();
    for (i = 0; i < events.count; i++)
        if (i == 0 || pump->now() - start < PUMP_TURN_MS)
            pump->handle(pump->context, &list[i]);
        else
            pump->list[pump->count++] = list[i];
    return error;
}
