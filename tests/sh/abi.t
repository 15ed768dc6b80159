#!/bin/sh
# Holds every step's ffi.h against what Windows has agreed with its callers, for
# 64 and 32 bits: tests/abi/facts.c is that list. The list itself is held
# against the system's own headers. Then shows that the check can fail: alters
# each declaration in several ways, and each time it must turn red.
. tests/tap.sh

cc64=x86_64-w64-mingw32-gcc
[ "${OS:-}" = Windows_NT ] && cc64=gcc
cc32=i686-w64-mingw32-gcc
have32=
command -v $cc32 >/dev/null && have32=yes
flags='-std=c11 -Wall -Wextra -Werror -fsyntax-only'

# compiles NAME OPTION...: a test point for 64 and one for 32 bits.
compiles() {
    name=$1
    shift
    # shellcheck disable=SC2086 # flags are words
    $cc64 $flags "$@" tests/abi/facts.c
    ok $? "$name, 64 bits"
    if [ "$have32" ]; then
        # shellcheck disable=SC2086
        $cc32 $flags "$@" tests/abi/facts.c
        ok $? "$name, 32 bits"
    else
        skip "$name, 32 bits" "$cc32 is not installed"
    fi
}

# Prints the declarations of step $1 that are not its own wrappers.
declarations() {
    awk -v skip="$(sed -n 's/^[A-Za-z][^(]*[ *]\([a-z_]*\)(.*/\1/p' "$1/ffi.c" |
        tr '\n' ' ')" -f tests/abi/declarations.awk "$1/ffi.h"
}

# Prints each name in header $2, of step number $1, that the list lacks.
unlisted() {
    $cc64 -E -P -fdirectives-only -I"$scratch" -DSTEP="$1" tests/abi/facts.c |
        grep '^[A-Z_]*(' >"$scratch/list"
    awk -f tests/abi/names.awk "$2" | while read -r name; do
        grep -qF "$name" "$scratch/list" || echo "$name"
    done
}

# Compiles the list with each altered header that standard input names, in the
# place of ffi.h; what the compiler says goes to a file beside it.
compile_altered() { # CC STEP
    # shellcheck disable=SC2016 # the inner shell expands it
    (cd "$scratch/altered" && xargs -n 25 -P 2 sh -c '
        cc=$1 step=$2
        shift 2
        for copy; do
            $cc '"$flags"' -DSTEP="$step" -include "$copy.h" ../facts.c \
                2>"$copy.err"
        done' sh "$1" "$2")
}

# Prints the copies for which the compiler did not say that a fact fails.
unnoticed() {
    (cd "$scratch/altered" &&
        grep -L 'static assertion failed\|has no member' -- *.err |
        sed 's/\.err$//')
}

altered_are_noticed() { # STEP NUMBER
    mkdir "$scratch/altered"
    altered=$(awk -v out="$scratch/altered" -v known="$scratch/known" \
        -f tests/abi/alter.awk "$scratch/declared")
    (cd "$scratch/altered" && ls) | sed 's/\.h$//' | compile_altered $cc64 "$2"
    # What makes no difference on 64 bits must make one on 32; where there is no
    # such compiler, only a convention may make none.
    unnoticed >"$scratch/left"
    if [ "$have32" ]; then
        compile_altered $cc32 "$2" <"$scratch/left"
    else
        grep -l "^/\* no convention" "$scratch"/altered/*.h |
            sed "s/\.h$/.err/" | xargs rm -f
    fi
    unnoticed >"$scratch/left"
    [ "$altered" -gt 0 ] && [ ! -s "$scratch/left" ]
    ok $? "$1: $altered altered declarations, each noticed"
    while read -r copy; do
        sed -n '1s/^/# not noticed: /p' "$scratch/altered/$copy.h"
    done <"$scratch/left"
    # An alteration that is not even C would be noticed for the wrong reason.
    ! grep 'error: expected' "$scratch"/altered/*.err
    ok $? "$1: each altered declaration is still C"
    rm -r "$scratch/altered"
}

compiles "the list agrees with the system's own headers" -DREAL -DSTEP=99
sed 's/WSA_IO_PENDING, 997/WSA_IO_PENDING, 996/' tests/abi/facts.c \
    >"$scratch/wrong.c"
# shellcheck disable=SC2086
! $cc64 $flags -DREAL -DSTEP=99 "$scratch/wrong.c" 2>/dev/null
ok $? "a fault in the list is noticed"

: >"$scratch/ffi.h"
cp tests/abi/facts.c "$scratch/"
: >"$scratch/known"
for step in step[0-9][0-9]-*; do
    number=${step#step}
    number=${number%%-*}
    number=${number#0}
    compiles "$step agrees with the list" -DSTEP="$number" -I"$step"
    declarations "$step" >"$scratch/declared"
    unlisted "$number" "$scratch/declared" >"$scratch/unlisted"
    [ ! -s "$scratch/unlisted" ]
    ok $? "$step declares nothing that is not listed"
    sed 's/^/# not listed: /' "$scratch/unlisted"
    # Only what is new in this step: the rest has had its turn.
    altered_are_noticed "$step" "$number"
    mv "$scratch/declared" "$scratch/known"
done

for line in '#define WSA_INVALID_HANDLE 6' 'typedef long LONG;' \
    'int WINAPI ioctlsocket(SOCKET s, long cmd, ULONG *argp);'; do
    { cat "$scratch/known"; echo "$line"; } >"$scratch/more"
    [ -n "$(unlisted "$number" "$scratch/more")" ]
    ok $? "not listed, and noticed: $line"
done
sed 's/.*dwNumberOfBytesTransferred;/&\n    char more;/' "$scratch/known" \
    >"$scratch/more"
[ -n "$(unlisted "$number" "$scratch/more")" ]
ok $? "not listed, and noticed: a field in the padding of OVERLAPPED_ENTRY"

done_testing
