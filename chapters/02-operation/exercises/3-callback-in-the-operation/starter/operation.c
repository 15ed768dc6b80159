#include "operation.h"

/* What operation_of relies on. */
_Static_assert(offsetof(Operation, overlapped) == 0,
               "overlapped must be the first member of Operation");

Operation *operation_of(OVERLAPPED *overlapped)
{
    return (Operation *)overlapped;
}
