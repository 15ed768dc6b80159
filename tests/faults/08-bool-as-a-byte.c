/* BOOL is declared as a bool of one byte; Windows' has four. The original has
   luck: only an argument of its calls has that type, and compilers widen it. A
   call that returns one shows what may happen. */
#include <stdbool.h>

#include "original.h"

/* As good a TRUE as any: all but 0 is. */
static BOOL WINAPI some_win32_call(void)
{
    return 0x100;
}

typedef BOOL(WINAPI *RightCall)(void);
typedef bool(WINAPI *ByteCall)(void);

/* volatile: the compiler is not to know which function this is. */
static void *volatile address = (void *)some_win32_call;

int main(void)
{
    int as_byte = ((ByteCall)address)() ? 1 : 0;
    int as_bool = ((RightCall)address)() ? 1 : 0;
    tell(as_byte == 0,
         "original: a call that returns TRUE as 256 seems to return %s",
         as_byte ? "true" : "false");
    tell(as_bool == 1 && sizeof(BOOL) == 4,
         "ours:     a BOOL has %u bytes, and the call returns %s",
         (unsigned)sizeof(BOOL), as_bool ? "true" : "false");
    return told();
}
