#!/bin/sh
# Where a tool is missing, each step says so in one line that names the tool and
# the command that installs it.
. tests/tap.sh

unset MAKEFLAGS MAKELEVEL MFLAGS BUILD CC CFLAGS
if [ "${OS:-}" = Windows_NT ]; then
    skip 'tools missing' 'MSYS2 has no apt-get'
    done_testing
    exit
fi

# A PATH on which there is what every system has, and the tools named.
path_with() {
    rm -rf "${scratch:?}/bin"
    mkdir "$scratch/bin"
    for tool in sh make mkdir rm touch "$@"; do
        ln -s "$(command -v "$tool")" "$scratch/bin/$tool"
    done
}

# says_one_line TOOL PACKAGE NAME MAKE-ARGUMENT...
says_one_line() {
    expected="$1 is missing: sudo apt-get install $2"
    name=$3
    shift 3
    status=0
    (cd "$scratch/$step" && PATH=$scratch/bin make -s "$@") \
        >"$scratch/said" 2>&1 || status=$?
    [ "$status" -ne 0 ] && [ "$(wc -l <"$scratch/said")" -eq 1 ] &&
        grep -q "$expected" "$scratch/said"
    ok $? "$name"
    sed 's/^/# /' "$scratch/said"
}

for step in step[0-9][0-9]-*; do
    cp -r "$step" "$scratch/" && rm -rf "$scratch/$step"/build*
    path_with
    says_one_line x86_64-w64-mingw32-gcc mingw-w64 "$step: no compiler"
    says_one_line i686-w64-mingw32-gcc mingw-w64 "$step: no 32-bit compiler" \
        BUILD=build32 CC=i686-w64-mingw32-gcc
    [ ! -e "$scratch/$step/build" ] && [ ! -e "$scratch/$step/build32" ]
    ok $? "$step: and nothing is made"
    path_with x86_64-w64-mingw32-gcc
    says_one_line wine wine "$step: no Wine" run
    [ ! -e "$scratch/$step/build" ]
    ok $? "$step: and nothing is made"
    # As if there had been Wine once.
    mkdir -p "$scratch/$step/build/wine"
    touch "$scratch/$step/build/wine/ready"
    says_one_line wine wine "$step: Wine is gone" run
    rm -r "${scratch:?}/$step"
done

done_testing
