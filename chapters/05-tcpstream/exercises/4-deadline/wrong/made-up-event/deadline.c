#include "deadline.h"

static DWORD time_left(const Deadline *deadlines, int count, DWORD timeout)
{
    unsigned long long now = GetTickCount64();
    for (int i = 0; i < count; i++)
        if (deadlines[i].stream != NULL && deadlines[i].time <= now)
            timeout = 0;
        else if (deadlines[i].stream != NULL &&
                 deadlines[i].time - now < timeout)
            timeout = (DWORD)(deadlines[i].time - now);
    return timeout;
}

DWORD poll_wait_with_deadlines(Poll *poll, Events *events, DWORD timeout,
                               Deadline *deadlines, int count)
{
    DWORD error = poll_wait(poll, events, time_left(deadlines, count, timeout));
    for (int i = 0; i < count; i++) {
        if (deadlines[i].stream == NULL ||
            deadlines[i].time > GetTickCount64() ||
            events->count == events->capacity)
            continue;
        cancel_io(deadlines[i].stream->operation->socket);
        events->list[events->count++] = (Event){
            .token = deadlines[i].token, .error = ERROR_OPERATION_ABORTED};
        deadlines[i].stream = NULL;
    }
    return error;
}
