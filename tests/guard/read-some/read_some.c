#include "read_some.h"

DWORD read_some(SOCKET s)
{
    Operation operation; /* on the stack */
    operation_init(&operation, s, 1);
    return operation_read(&operation);
} /* and gone */
