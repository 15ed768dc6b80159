/* An events list without room, and a timeout below zero. (Its poll turns -1
   into 0; its select, as public, casts it to an unsigned number.) */
#include "original.h"

static DWORD WINAPI select_minus_one(OriginalPoll *poll, ULONG *count)
{
    OVERLAPPED_ENTRY event;
    int timeout = -1;
    return original_select(poll, &event, 1, count, (DWORD)timeout);
}

static unsigned WINAPI wait_minus_one(void *poll)
{
    ULONG count;
    return select_minus_one(poll, &count);
}

static void original(void)
{
    HANDLE thread;
    original_open();
    event = (OVERLAPPED_ENTRY){.lpCompletionKey = 0x2A};
    need(original_register(&poll, &stream, 1), "registering");
    need(send_all(peer, "hello", 5), "sending");
    DWORD error = original_select(&poll, &event, 0, &count, SOON);
    if (error == 0)
        tell(event.lpCompletionKey == 0x2A && count > 0,
             "original: without room for events, select succeeds; the list "
             "then holds %lu event that nobody wrote",
             count);
    else
        tell(count == 0,
             "original: without room for events, select fails with error %lu",
             error);

    need(original_select(&poll, &event, 1, &count, SOON), "selecting");
    need(start_thread(&thread, wait_minus_one, &poll), "starting a thread");
    tell(WaitForSingleObject(thread, 3 * QUIET) == WAIT_TIMEOUT,
         "original: select with a timeout of -1 still waits after %d ms",
         3 * QUIET);
    need(post_queued_completion_status(poll.completion_port, 0, 0, NULL),
         "posting");
    need(join_thread(thread), "joining the thread");
}

static void ours(void)
{
    Ours ours;
    Events none = {.list = NULL, .capacity = 0};
    ours_open(&ours);
    DWORD error = poll_wait(&ours.poll, &none, SOON);
    tell(error == ERROR_INVALID_PARAMETER && none.count == 0,
         "ours:     without room error %lu; a timeout is a DWORD, for ever is "
         "spelled INFINITE",
         error);
    ours_close(&ours);
}

int main(void)
{
    original();
    ours();
    return told();
}
