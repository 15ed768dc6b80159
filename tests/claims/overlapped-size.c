#include "claim.h"

_Static_assert(sizeof(OVERLAPPED) == (sizeof(void *) == 8 ? 32 : 20),
               "two pointers, two DWORDs, a pointer");
_Static_assert(offsetof(OVERLAPPED, hEvent) == (sizeof(void *) == 8 ? 24 : 16),
               "hEvent comes last");

int main(void)
{
    CLAIM("An OVERLAPPED has 32 bytes in a 64-bit program and 20 in a 32-bit "
          "one.",
          DOCS "api/minwinbase/ns-minwinbase-overlapped");
    expect("sizeof(OVERLAPPED)", sizeof(OVERLAPPED),
           sizeof(void *) == 8 ? 32 : 20);
    expect("sizeof(WSAOVERLAPPED)", sizeof(WSAOVERLAPPED), sizeof(OVERLAPPED));
    return verdict();
}
