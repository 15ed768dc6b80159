#include "claim.h"

int main(void)
{
    CLAIM("A BOOL has 4 bytes, and any value but 0 is true.",
          DOCS "winprog/windows-data-types");
    BOOL held = 0x100; /* true, although its first byte is 0 */
    expect("sizeof(BOOL)", sizeof(BOOL), 4);
    expect("256 is true", held ? 1 : 0, 1);
    return verdict();
}
