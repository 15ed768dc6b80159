#include "claim.h"

int main(void)
{
    CLAIM("A long, and so a DWORD, has 4 bytes, in 64-bit programs too.",
          DOCS "winprog/windows-data-types");
    expect("sizeof(long)", sizeof(long), 4);
    expect("sizeof(DWORD)", sizeof(DWORD), 4);
    expect("sizeof(ULONG_PTR), a pointer's", sizeof(ULONG_PTR), sizeof(void *));
    expect("sizeof(HANDLE)", sizeof(HANDLE), sizeof(void *));
    expect("sizeof(SOCKET)", sizeof(SOCKET), sizeof(void *));
    return verdict();
}
