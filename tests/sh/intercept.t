#!/bin/sh
# The tools stand in front of the system's calls: of a program in C or C++, with
# the system's headers or declarations by hand, on 64 and 32 bits, with --wrap
# or without.
. tests/tap.sh

export WINEPREFIX="$PWD/build/wine" WINEDEBUG=-all
wine=wine
[ "${OS:-}" = Windows_NT ] && wine=
cat >"$scratch/expected" <<'END'
CreateIoCompletionPort
socket
WSAIoctl
ConnectEx
closesocket
closesocket
CloseHandle
END

# calls MACHINE NAME COMPILER FLAG...: builds tests/intercept/calls.c so.
calls() {
    machine=$1-w64-mingw32
    name=$2
    compiler=$machine-$3
    shift 3
    [ "${OS:-}" != Windows_NT ] || compiler=${compiler##*-}
    for source in chapters/tools/intercept.c tests/intercept/say.c; do
        "$machine-gcc" -std=c11 -O2 -g -Wall -Wextra -Werror -Ichapters/tools -c "$source" \
            -o "$scratch/$machine-$(basename "$source" .c).o"
    done
    language=c
    [ "${compiler##*-}" = gcc ] || language=c++
    "$compiler" -O2 -g -Wall -x "$language" "$@" tests/intercept/calls.c -x none \
        "$scratch/$machine-intercept.o" "$scratch/$machine-say.o" -lws2_32 \
        -o "$scratch/$name.exe"
}

# Its table of imports names none of the calls.
bypassed() { "$machine-objdump" -p "$scratch/$1.exe" | grep -wE 'CreateIoCompletionPort|closesocket|WSAIoctl'; }

runs() {
    $wine "$scratch/$1.exe" </dev/null >"$scratch/$1.out" 2>&1
    status=$?
    tr -d '\r' <"$scratch/$1.out" >"$scratch/$1.said"
    [ "$status" -eq 0 ] || echo "status $status" >>"$scratch/$1.said"
    same "$scratch/expected" "$scratch/$1.said" "$1: every call is seen, and goes through"
}

for bits in 64 32; do
    processor=x86_64
    [ $bits = 64 ] || processor=i686
    for variant in 'c-headers gcc' 'c-hand gcc -DHAND' 'c++-headers g++' 'c++-hand g++ -DHAND'; do
        # shellcheck disable=SC2086 # words
        set -- $variant
        name=$1-$bits
        shift
        if ! command -v $processor-w64-mingw32-gcc >/dev/null; then
            skip "$name" "no compiler for $bits bits"
            continue
        fi
        calls $processor "$name" "$@"
        ok $? "$name links"
        ! bypassed "$name"
        ok $? "$name: no call goes past us"
        if [ $bits = 64 ]; then
            runs "$name"
        elif ! $wine "$scratch/$name.exe" </dev/null 2>&1 | grep -q CreateIo; then
            skip "$name runs" "no 32-bit programs here"
        else
            runs "$name"
        fi
    done
done

# With --wrap on the same call the wrapper is asked first, then we.
cat >"$scratch/wrap.c" <<'END'
#include <stdio.h>
int __stdcall __real_CloseHandle(void *);
int __stdcall __wrap_CloseHandle(void *handle)
{
    puts("wrapped");
    return __real_CloseHandle(handle);
}
END
calls x86_64 wrapped gcc -DHAND -Wl,--wrap=CloseHandle "$scratch/wrap.c"
sed 's/^CloseHandle/wrapped\n&/' "$scratch/expected" >"$scratch/both"
mv "$scratch/both" "$scratch/expected"
runs wrapped
done_testing
