#!/bin/sh
# Each fault of the original shows itself, and what we do does not have it. Then
# shows that the programs can tell: with our code broken, or the original
# mended, they say so.
. tests/tap.sh

cc=x86_64-w64-mingw32-gcc
wine=wine
[ "${OS:-}" = Windows_NT ] && cc=gcc && wine=
# What they stand beside is the end of part I.
step=step05-tcpstream

for source in tests/faults/*.c; do
    name=$(basename "$source" .c)
    # shellcheck disable=SC2086 # empty on Windows
    timeout -k 5 30 $wine "build/tests/faults/$name.exe" 2>&1 |
        tr -d '\r' >"$scratch/out"
    sed 's/^/# /' "$scratch/out"
    grep -q '^original: ' "$scratch/out" && grep -q '^ours: ' "$scratch/out" &&
        ! grep -Eqv '^(original|ours): ' "$scratch/out" &&
        ! grep -q 'NOT AS TOLD' "$scratch/out"
    ok $? "$name"
done

# notices PROGRAM FILE EDIT NAME: with that file edited, the program says no.
notices() {
    rm -rf "$scratch/tree" && mkdir "$scratch/tree" || exit 1
    cp "$step"/*.[ch] tests/faults/*.h "tests/faults/$1.c" "$scratch/tree"
    sed -i "$3" "$scratch/tree/$2"
    if cmp -s "$scratch/tree/$2" "$step/$2" ||
        cmp -s "$scratch/tree/$2" "tests/faults/$2"; then
        ok 1 "$4: the edit of $2 applies"
        return
    fi
    rm "$scratch/tree/main.c"
    $cc -std=c11 -O1 "$scratch"/tree/*.c -lws2_32 -o "$scratch/broken.exe" || {
        ok 1 "$4: it compiles"
        return
    }
    # shellcheck disable=SC2086 # empty on Windows
    timeout -k 5 30 $wine "$scratch/broken.exe" >"$scratch/out" 2>&1
    [ $? -eq 1 ] && grep -q 'NOT AS TOLD' "$scratch/out"
    ok $? "$4 is noticed"
}

notices 01-byte-count-ignored original.h 's/all = sizeof stream->buffer/all = 5/' \
    'an original that counts'
notices 01-byte-count-ignored tcpstream.c \
    's/waiting < size ? waiting : size/OPERATION_BUFFER/' \
    'a read of ours that does not'
notices 12-events-lost-with-close poll.c 's/ && events->count == 0//' \
    'a poll of ours that loses events'
notices 11-end-and-errors-as-bytes tcpstream.c 's/return operation->error;/return 0;/' \
    'an error that does not reach our reader'
done_testing
