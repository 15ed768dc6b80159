#include "pump.h"

void pump_open(Pump *pump, Selector *selector, Handler *handle, void *context,
               Clock *now)
{
    *pump = (Pump){
        .selector = selector, .handle = handle, .context = context, .now = now};
}

/* Puts new events behind those that are left. */
static DWORD fill_up(Pump *pump, DWORD timeout)
{
    ULONG left = pump->count - pump->next;
    for (ULONG i = 0; i < left; i++)
        pump->list[i] = pump->list[pump->next + i];
    Events events = {.list = pump->list + left, .capacity = PUMP_BATCH - left};
    DWORD error =
        selector_select(pump->selector, &events, left > 0 ? 0 : timeout);
    pump->next = 0;
    pump->count = left + events.count;
    return error;
}

DWORD pump_turn(Pump *pump, DWORD timeout)
{
    DWORD error = fill_up(pump, timeout);
    if (error != 0)
        pump->next = pump->count;
    if (pump->next == pump->count)
        return error;
    DWORD start = pump->now();
    do
        pump->handle(pump->context, &pump->list[pump->next++]);
    while (pump->next < pump->count && pump->now() - start < PUMP_TURN_MS);
    return error;
}
