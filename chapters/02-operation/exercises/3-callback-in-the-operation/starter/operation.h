/* Operation: what every kind of operation begins with. A kind adds what it
   needs behind it. */
#ifndef OPERATION_H
#define OPERATION_H

#include "ffi.h"

typedef struct Operation Operation;

/* Is called when the operation's packet has been taken out. The operation is
   ours again by then: the callback may start it anew, keep it, or free it. */
typedef void Done(Operation *operation, DWORD bytes);

struct Operation {
    WSAOVERLAPPED overlapped; /* stays first: see operation_of */
    Done *done;
};

/* From the pointer in a packet to the operation that was started with it. */
Operation *operation_of(OVERLAPPED *overlapped);

#endif
