#include "pump.h"

static Event list[PUMP_BATCH];
static ULONG next, count;

void pump_open(Pump *pump, Selector *selector, Handler *handle, void *context,
               Clock *now)
{
    *pump = (Pump){
        .selector = selector, .handle = handle, .context = context, .now = now};
}

static DWORD next_batch(Pump *pump, DWORD timeout)
{
    Events events = {.list = list, .capacity = PUMP_BATCH};
    DWORD error = selector_select(pump->selector, &events, timeout);
    next = 0;
    count = events.count;
    return error;
}

DWORD pump_turn(Pump *pump, DWORD timeout)
{
    DWORD error = 0;
    if (next == count)
        error = next_batch(pump, timeout);
    if (next == count)
        return error;
    DWORD start = pump->now();
    do
        pump->handle(pump->context, &list[next++]);
    while (next < count && pump->now() - start < PUMP_TURN_MS);
    return 0;
}
