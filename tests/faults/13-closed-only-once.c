/* The close packet ends one wait. Who polls again, after the end, waits for a
   packet that will not come before looking at the flag. */
#include "original.h"

static void original(void)
{
    static WSAOVERLAPPED overlapped;
    original_open();
    poll.is_poll_dead = TRUE;
    need(post_queued_completion_status(poll.completion_port, 0, 0, &overlapped),
         "posting");
    original_poll(&poll, &event, 1, &count, INFINITE);
    unsigned long long start = GetTickCount64();
    DWORD error = original_poll(&poll, &event, 1, &count, 3 * QUIET);
    unsigned long long waited = GetTickCount64() - start;
    tell(error == ERROR_ABANDONED_WAIT_0 && waited >= 2 * QUIET,
         "original: polling a closed loop again waits out all of its timeout "
         "before it says so; without one it waits for ever");
}

static void ours(void)
{
    Ours ours;
    ours_open(&ours);
    need(registrator_close_loop(&ours.registrator), "closing the loop");
    DWORD first = ours_wait(&ours, INFINITE);
    DWORD second = ours_wait(&ours, INFINITE);
    tell(first == ERROR_ABANDONED_WAIT_0 && second == ERROR_ABANDONED_WAIT_0,
         "ours:     error %lu, and again at once error %lu, with no limit of "
         "time",
         first, second);
    ours_close(&ours);
}

int main(void)
{
    original();
    ours();
    return told();
}
