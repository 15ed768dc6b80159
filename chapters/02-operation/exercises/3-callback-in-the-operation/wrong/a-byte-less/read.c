#include "read.h"

_Static_assert(offsetof(Read, operation) == 0,
               "operation must be the first member of Read");

/* How a read ended is for a read to know: the loop can't tell, since not every
   operation has a socket. */
static DWORD read_error(Read *read)
{
    if (read->operation.overlapped.Internal == 0)
        return 0;
    return wsa_get_overlapped_result(read->socket, &read->operation.overlapped);
}

static void read_done(Operation *operation, DWORD bytes)
{
    Read *read = (Read *)operation;
    read->buffer[bytes] = '\0';
    read->then(read, bytes, read_error(read));
}

DWORD read_start(Read *read, SOCKET socket, ReadDone *then)
{
    read->operation = (Operation){.done = read_done};
    read->socket = socket;
    read->then = then;
    return wsa_recv(socket, read->buffer, READ_BUFFER - 1,
                    &read->operation.overlapped);
}
