#include "deadline.h"

DWORD poll_wait_with_deadlines(Poll *poll, Events *events, DWORD timeout,
                               Deadline *deadlines, int count)
{
    (void)deadlines;
    (void)count;
    return poll_wait(poll, events, timeout);
}
