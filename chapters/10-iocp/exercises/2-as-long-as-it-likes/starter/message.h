/* Message: reads whole messages from a pipe, however long they are. It has one read
   in flight, whose completion has the Message as its context. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "iocp.h"

enum { MESSAGE_FIRST = 256, MESSAGE_TOO_LONG = 111 };

typedef struct Message {
    char *bytes; /* lent while a read is in flight */
    DWORD size;  /* of the message, as far as it has come */
    DWORD limit;
    DWORD room; /* at bytes */
    IocpHandle pipe;
    IocpId id; /* of the read in flight */
} Message;

/* For messages of a pipe in message mode, of at most limit bytes (not 0). The caller
   ends with message_free. */
void message_init(Message *message, const IocpHandle *pipe, DWORD limit);

/* Starts to read the next message. After 0 there will be a completion, to be given
   to message_go_on. Errors: those of iocp_read, ERROR_NOT_ENOUGH_MEMORY. */
DWORD message_start(Message *message);

/* Takes the completion of a read. *whole tells whether the message is there. If
   not, and without an error, another read is in flight. Errors, after which none
   is: ERROR_BROKEN_PIPE at the pipe's end; MESSAGE_TOO_LONG, and the message has
   been read past; the completion's; those of message_start. */
DWORD message_go_on(Message *message, const IocpCompletion *completion,
                    BOOL *whole);

/* Frees the memory. No read may be in flight. */
void message_free(Message *message);

#endif
