/* What checkers do with operations, for steps 3 and on. */
#ifndef STREAMS_H
#define STREAMS_H

#include "operation.h"
#include "peers.h"

/* An operation on one end of a connection; *peer is the other end. */
__attribute__((unused)) static Operation *new_stream(SOCKET *peer)
{
    SOCKET pair[2];
    Operation *operation = NULL;
    require(loopback_pair(pair) == 0 && operation_new(pair[0], &operation) == 0,
            "no stream could be made");
    *peer = pair[1];
    return operation;
}

#endif
