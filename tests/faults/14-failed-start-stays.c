/* register puts the operation in the list before WSARecv; when that fails, the
   operation stays there, for a packet that won't come. */
#include "original.h"

static void original(void)
{
    original_open();
    close_socket(stream.inner);
    stream.inner = socket(AF_INET, SOCK_STREAM, 0); /* not connected */
    DWORD error = original_register(&poll, &stream, 1);
    need(original_poll(&poll, &event, 1, &count, QUIET), "polling");
    tell(error == 10057 && count == 0 && original_operations(&stream) == 1,
         "original: register fails with error %lu, %lu packets come, the list "
         "holds %d operation",
         error, count, original_operations(&stream));
}

static void ours(void)
{
    Ours ours;
    ours_open(&ours);
    Selector *selector = &ours.poll.loop->selector;
    Operation *operation = ours.stream.operation;
    close_socket(operation->socket);
    operation->socket = socket(AF_INET, SOCK_STREAM, 0);
    DWORD error = ours_register(&ours, 1);
    tell(error == 10057 && selector->lent == 0 &&
             operation->state == OPERATION_DONE,
         "ours:     register fails with error %lu, the operation is ours "
         "again: %d lent to the system",
         error, (int)selector->lent);
    ours_close(&ours);
}

int main(void)
{
    original();
    ours();
    return told();
}
