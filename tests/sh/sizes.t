#!/bin/sh
# The sizes of a connection that chapters 6 and 8 name are those of the structure.
. tests/tap.sh
wine=wine
[ "${OS:-}" = Windows_NT ] && wine=

cat >"$scratch/size.c" <<'END'
#include <stdio.h>
#include "connection.h"
int main(void) { printf("%u", (unsigned)sizeof(Connection)); return 0; }
END
size_in() {
    $TEST_CC -I"$1" "$scratch/size.c" -o "$scratch/$1.exe" && $wine "$scratch/$1.exe" 2>/dev/null
}

# says CHAPTER TEXT: its text has that, whatever the line breaks.
says() {
    tr '\n' ' ' <"chapters/$1/chapter.md" | grep -q "$2[^0-9]"
    ok $? "$1: $2"
}
six=$(size_in step06-write)
seven=$(size_in step07-listener)
eight=$(size_in step08-deadline)
says 06-write "the block with both operations takes $six"
says 08-deadline "the block of a connection 1,$((eight - 1000)) bytes, $((eight - seven)) more than in chapter 7"
done_testing
