/* Dropping the poll closes the port. Its registrators keep the handle's number,
   and the flag that would warn them stays down. */
#include "original.h"

static void original(void)
{
    HANDLE strangers;
    original_open();
    need(close_handle(poll.completion_port), "closing the port");
    DWORD error = original_register(&poll, &stream, 1);
    tell(error == 6 && !poll.is_poll_dead,
         "original: registering after the poll is gone gives error %lu, an "
         "invalid handle",
         error);

    /* Numbers of handles come back. */
    need(create_completion_port(&strangers), "creating a port");
    error = original_register(&poll, &stream, 1);
    if (strangers == poll.completion_port)
        tell(error == 0,
             "original: a port made later has the same number: error %lu, "
             "the stream now belongs to a stranger",
             error);
}

static void ours(void)
{
    Ours ours;
    ours_open(&ours);
    need(poll_destroy(&ours.poll), "destroying the poll");
    DWORD error = ours_register(&ours, 1);
    DWORD close_error = registrator_close_loop(&ours.registrator);
    tell(error == ERROR_ABANDONED_WAIT_0 &&
             close_error == ERROR_ABANDONED_WAIT_0,
         "ours:     error %lu from register, %lu from close_loop; the port "
         "stays until the last registrator is released",
         error, close_error);
    ours_close(&ours);
}

int main(void)
{
    original();
    ours();
    return told();
}
