#include "deadline.h"

/* What is left of the time until the first deadline; at most timeout. */
static DWORD time_left(const Deadline *deadlines, int count, DWORD timeout)
{
    unsigned long long now = GetTickCount64();
    for (int i = 0; i < count; i++) {
        if (deadlines[i].stream == NULL)
            continue;
        if (deadlines[i].time <= now)
            return 0;
        if (deadlines[i].time - now < timeout)
            timeout = (DWORD)(deadlines[i].time - now);
    }
    return timeout;
}

/* Cancels the read, if it is still in flight. Its packet comes all the same. */
static DWORD cancel(const TcpStream *stream)
{
    Operation *operation = stream->operation;
    if (operation == NULL || operation->state != OPERATION_IN_FLIGHT)
        return 0;
    if (CancelIoEx((HANDLE)operation->socket, &operation->overlapped))
        return 0;
    DWORD error = GetLastError();
    /* It ended by itself a moment ago: the packet lies in the port. */
    return error == ERROR_NOT_FOUND ? 0 : error;
}

static DWORD cancel_late(Deadline *deadlines, int count)
{
    unsigned long long now = GetTickCount64();
    DWORD error = 0;
    for (int i = 0; i < count && error == 0; i++)
        if (deadlines[i].stream != NULL && deadlines[i].time <= now) {
            error = cancel(deadlines[i].stream);
            deadlines[i].stream = NULL;
        }
    return error;
}

/* The events' reads are over, and so are their deadlines. */
static void forget(Deadline *deadlines, int count, const Events *events)
{
    for (ULONG e = 0; e < events->count; e++)
        for (int i = 0; i < count; i++)
            if (deadlines[i].token == events->list[e].token)
                deadlines[i].stream = NULL;
}

DWORD poll_wait_with_deadlines(Poll *poll, Events *events, DWORD timeout,
                               Deadline *deadlines, int count)
{
    unsigned long long start = GetTickCount64();
    DWORD left = timeout;
    DWORD error;
    events->count = 0;
    do {
        error = poll_wait(poll, events, time_left(deadlines, count, left));
        forget(deadlines, count, events);
        if (error == 0)
            error = cancel_late(deadlines, count);
        if (error != 0)
            events->count = 0;
        unsigned long long gone = GetTickCount64() - start;
        if (timeout != INFINITE)
            left = gone < timeout ? timeout - (DWORD)gone : 0;
    } while (error == 0 && events->count == 0 && left > 0);
    return error;
}
