#include "operation.h"

/* What operation_of relies on. C promises it for any first member (C11
   6.7.2.1p15); this makes moving it a compiler error. */
_Static_assert(offsetof(Operation, overlapped) == 0,
               "overlapped must be the first member of Operation");

Operation *operation_of(OVERLAPPED *overlapped)
{
    return (Operation *)overlapped;
}

BOOL packet_follows(DWORD error, BOOL skips)
{
    switch (error) {
    case 0:
        return !skips;
    case WSA_IO_PENDING:
    case ERROR_MORE_DATA: /* of a pipe */
    case WSAEMSGSIZE:     /* of a datagram */
        return TRUE;
    default:
        return FALSE;
    }
}
