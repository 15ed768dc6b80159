#include "pump.h"

void pump_open(Pump *pump, Selector *selector, Handler *handle, void *context,
               Clock *now)
{
    *pump = (Pump){
        .selector = selector, .handle = handle, .context = context, .now = now};
}

static DWORD next_batch(Pump *pump, DWORD timeout)
{
    Events events = {.list = pump->list, .capacity = PUMP_BATCH};
    DWORD error = selector_select(pump->selector, &events, timeout);
    pump->next = 0;
    pump->count = events.count;
    return error;
}

DWORD pump_turn(Pump *pump, DWORD timeout)
{
    if (pump->next < pump->count)
        timeout = 0;
    while (pump->next < pump->count)
        pump->handle(pump->context, &pump->list[pump->next++]);
    DWORD error = next_batch(pump, timeout);
    if (pump->next == pump->count)
        return error;
    DWORD start = pump->now();
    do
        pump->handle(pump->context, &pump->list[pump->next++]);
    while (pump->next < pump->count && pump->now() - start < PUMP_TURN_MS);
    return 0;
}
