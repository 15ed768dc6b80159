#include "read.h"

_Static_assert(offsetof(Read, operation) == 0,
               "operation must be the first member of Read");

static void read_done(Operation *operation, DWORD bytes)
{
    Read *read = (Read *)operation;
    read->then(read, bytes, 0);
}

DWORD read_start(Read *read, SOCKET socket, ReadDone *then)
{
    read->operation = (Operation){.done = read_done};
    read->socket = socket;
    read->then = then;
    return wsa_recv(socket, read->buffer, READ_BUFFER,
                    &read->operation.overlapped);
}
