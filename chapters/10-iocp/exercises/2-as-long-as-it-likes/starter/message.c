#include "message.h"

#include <stdlib.h>

void message_init(Message *message, const IocpHandle *pipe, DWORD limit)
{
    *message = (Message){.pipe = *pipe, .limit = limit};
}

DWORD message_start(Message *message)
{
    message->size = 0;
    if (message->bytes == NULL)
        message->bytes = malloc(MESSAGE_FIRST);
    if (message->bytes == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    message->room = MESSAGE_FIRST;
    return iocp_read(&message->pipe, message->bytes, message->room, 0, message,
                     &message->id);
}

DWORD message_go_on(Message *message, const IocpCompletion *completion,
                    BOOL *whole)
{
    *whole = FALSE;
    if (completion->end)
        return ERROR_BROKEN_PIPE;
    if (completion->error != 0)
        return completion->error;
    message->size += completion->bytes;
    *whole = TRUE;
    return 0;
}

void message_free(Message *message)
{
    free(message->bytes);
    message->bytes = NULL;
}
