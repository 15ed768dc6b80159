/* close_loop posts the address of a local variable, and returns. */
#include "original.h"

/* Stands for the piece of stack that close_loop and the next call share, so
   that what happens there is the same on every run. */
static union {
    WSAOVERLAPPED overlapped;
    OriginalOperation seen_as;
    char bytes[64];
} stack;

static void original_close_loop(OriginalPoll *poll)
{
    poll->is_poll_dead = TRUE;
    stack.overlapped = (WSAOVERLAPPED){0};
    need(post_queued_completion_status(poll->completion_port, 0, 0,
                                       &stack.overlapped),
         "posting");
}

static void next_call(void)
{
    memset(stack.bytes, 0x2A, sizeof stack.bytes);
}

static void original(void)
{
    original_open();
    original_close_loop(&poll);
    next_call();
    DWORD error = original_poll(&poll, &event, 1, &count, SOON);
    size_t id = original_event_id(&event);
    tell(error == ERROR_ABANDONED_WAIT_0 && count == 1 &&
             (id & 0xFFFFFFFF) == 0x2A2A2A2A,
         "original: poll says closed, yet leaves %lu event in the list; its "
         "id is 0x%llX, bytes of another call",
         count, (unsigned long long)id);
    tell(offsetof(OriginalOperation, token) >= sizeof(WSAOVERLAPPED),
         "original: even in time, id reads at offset %u of a structure of %u "
         "bytes",
         (unsigned)offsetof(OriginalOperation, token),
         (unsigned)sizeof(WSAOVERLAPPED));
}

static void ours(void)
{
    Ours ours;
    ours_open(&ours);
    need(registrator_close_loop(&ours.registrator), "closing the loop");
    DWORD error = ours_wait(&ours, SOON);
    tell(error == ERROR_ABANDONED_WAIT_0 && ours.events.count == 0,
         "ours:     the close packet carries NULL and makes no event: error "
         "%lu, %lu events",
         error, ours.events.count);
    ours_close(&ours);
}

int main(void)
{
    original();
    ours();
    return told();
}
