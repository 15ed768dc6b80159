#include "deadline.h"

DWORD poll_wait_with_deadlines(Poll *poll, Events *events, DWORD timeout,
                               Deadline *deadlines, int count)
{
    unsigned long long now = GetTickCount64();
    DWORD wait = timeout;
    Deadline *next = NULL;
    for (int i = 0; i < count; i++) {
        if (deadlines[i].stream == NULL)
            continue;
        unsigned long long left =
            deadlines[i].time > now ? deadlines[i].time - now : 0;
        if (left <= wait) {
            wait = (DWORD)left;
            next = &deadlines[i];
        }
    }
    DWORD error = poll_wait(poll, events, wait);
    if (error == 0 && events->count == 0 && next != NULL) {
        cancel_io(next->stream->operation->socket);
        next->stream = NULL;
        return poll_wait(poll, events, INFINITE);
    }
    for (ULONG e = 0; e < events->count; e++)
        for (int i = 0; i < count; i++)
            if (deadlines[i].token == events->list[e].token)
                deadlines[i].stream = NULL;
    return error;
}
