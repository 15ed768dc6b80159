/* poll looks at its flag after select: a batch that comes with the close packet
   is thrown away. */
#include "original.h"

static void original(void)
{
    OVERLAPPED_ENTRY events[8];
    static WSAOVERLAPPED overlapped; /* here it does not dangle: see fault 4 */
    original_open();
    need(original_register(&poll, &stream, 7), "registering");
    need(send_all(peer, "hello", 5), "sending");
    Sleep(QUIET); /* the read has ended, its packet waits */
    poll.is_poll_dead = TRUE;
    need(post_queued_completion_status(poll.completion_port, 0, 0, &overlapped),
         "posting");
    DWORD error = original_poll(&poll, events, 8, &count, SOON);
    tell(error == ERROR_ABANDONED_WAIT_0 && count == 2,
         "original: select took out %lu packets, 5 bytes among them; poll "
         "reports the end, and they are lost",
         count);
}

static void ours(void)
{
    Ours ours;
    ours_open(&ours);
    need(ours_register(&ours, 7), "registering");
    need(send_all(ours.peer, "hello", 5), "sending");
    Sleep(QUIET);
    need(registrator_close_loop(&ours.registrator), "closing the loop");
    DWORD first = ours_wait(&ours, SOON);
    ULONG events = ours.events.count;
    DWORD bytes = ours.list[0].bytes;
    DWORD second = ours_wait(&ours, SOON);
    tell(first == 0 && events == 1 && bytes == 5 &&
             second == ERROR_ABANDONED_WAIT_0,
         "ours:     first %lu event of %lu bytes, then error %lu", events,
         bytes, second);
    ours_close(&ours);
}

int main(void)
{
    original();
    ours();
    return told();
}
