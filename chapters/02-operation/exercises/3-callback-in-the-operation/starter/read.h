/* Read: the kind of operation that reads from a socket. */
#ifndef READ_H
#define READ_H

#include "operation.h"

enum { READ_BUFFER = 1024 };

typedef struct Read Read;

/* Is called when the read has ended: with the number of bytes in read->buffer,
   or with an error of Winsock's, for example 10054 (WSAECONNRESET), or 995
   (WSA_OPERATION_ABORTED) if it was cancelled. It may start the read anew, keep
   it, or free it. */
typedef void ReadDone(Read *read, DWORD bytes, DWORD error);

struct Read {
    Operation operation; /* stays first */
    SOCKET socket;
    ReadDone *then;
    char buffer[READ_BUFFER];
};

/* Starts a read of up to READ_BUFFER bytes on a socket that is associated with a
   port; *read may hold anything. After 0, and only then, `then` will be called
   once, from loop_turn; where another thread turns the loop, that may be before
   read_start has returned.
   Errors: those of wsa_recv. */
DWORD read_start(Read *read, SOCKET socket, ReadDone *then);

#endif
