#!/bin/sh
# Each step is a complete project: copied elsewhere it builds, prints the same
# on every run, and cleans up after itself. What it prints is in tests/steps,
# with ports and times masked.
. tests/tap.sh

# A step looks for a Wine prefix in ../build.
mkdir "$scratch/build"
[ "${OS:-}" = Windows_NT ] || ln -s "$(pwd)/build/wine" "$scratch/build/wine"
clang_flags='-std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only'

top=$(pwd)
# The make that runs this test must not tell those below what to do.
unset MAKEFLAGS MAKELEVEL MFLAGS BUILD CC CFLAGS

contents() {
    (cd "$1" && find . | sort && find . -type f -exec cksum {} + | sort)
}

# run_masked FILE: what make run prints, with what truly varies masked.
run_masked() {
    make -s run 2>&1 | tr -d '\r' |
        sed -E '/^wine client error:/d; s/(bytes) +[0-9]+ ms/\1 N ms/; s/ [0-9]+ ms$/ N ms/; s/ +[0-9]+\.[0-9]+/ N/g; s/(first|turn) +[0-9]+$/\1 N/; s|:[0-9]+/|:PORT/|' >"$1"
}

builds_for_32_bits() {
    if [ "${OS:-}" = Windows_NT ]; then
        skip "$1: builds for 32 bits" "MSYS2 has another shell for that"
        return
    fi
    make -s -j2 BUILD=build32 CC=i686-w64-mingw32-gcc >"$scratch/said" 2>&1
    ok $? "$1: builds for 32 bits"
    sed 's/^/# /' "$scratch/said"
    make -s BUILD=build32 clean
}

suits_clang() {
    for target in x86_64 i686; do
        name="$1: clang has nothing to say, $target"
        if ! command -v clang >/dev/null; then
            skip "$name" 'clang is not installed'
            continue
        fi
        # shellcheck disable=SC2086 # flags are words
        clang --target=$target-w64-windows-gnu $clang_flags ./*.c
        ok $? "$name"
    done
}

for step in step[0-9][0-9]-*; do
    expected=$(pwd)/tests/steps/$step.out
    cp -r "$step" "$scratch/" && rm -rf "$scratch/$step"/build*
    contents "$scratch/$step" >"$scratch/before"
    cd "$scratch/$step" || exit 1

    make -s -j2 >"$scratch/said" 2>&1
    ok $? "$step: make"
    : >"$scratch/nothing"
    same "$scratch/nothing" "$scratch/said" "$step: make -s prints nothing"
    make -q
    ok $? "$step: a second make has nothing to do"
    run_masked "$scratch/first"
    same "$expected" "$scratch/first" "$step: make run prints what it promises"
    run_masked "$scratch/second"
    same "$scratch/first" "$scratch/second" "$step: and the same again"

    builds_for_32_bits "$step"
    suits_clang "$step"
    make -s clean
    contents . >"$scratch/after"
    same "$scratch/before" "$scratch/after" "$step: make clean leaves the copy"

    cd "$top" || exit 1
    rm -r "${scratch:?}/$step"
done

done_testing
