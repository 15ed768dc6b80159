#!/bin/sh
# The figures that are drawn from the code are those the code gives today. Then
# shows that the check can fail: with a member more, or one moved.
. tests/tap.sh

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
if ! command -v i686-w64-mingw32-gcc >/dev/null; then
    skip 'the figures are up to date' 'i686-w64-mingw32-gcc is not installed'
    done_testing
    exit
fi

make -s check-figures 2>"$scratch/said"
ok $? 'the figures are up to date'
sed 's/^/# /' "$scratch/said"

# fails NAME SCRIPT WORDS: with operation.h edited so, check-figures says WORDS.
fails() {
    rm -rf "${scratch:?}/tree"
    mkdir -p "$scratch/tree/chapters"
    cp -r chapters/chapters.mk chapters/tools chapters/02-operation "$scratch/tree/chapters"
    cp -r step02-operation "$scratch/tree"
    sed -i "$2" "$scratch/tree/step02-operation/operation.h"
    ! (cd "$scratch/tree" && make -s -f chapters/chapters.mk check-figures) >"$scratch/said" 2>&1 &&
        grep -q "$3" "$scratch/said"
    ok $? "$1"
}
fails 'another size shows' 's/OPERATION_BUFFER = 1024/OPERATION_BUFFER = 2048/' \
    'layout.svg is not what the code says'
fails 'so do two members that change places' \
    '/^    SOCKET socket;/d; s/^    Token token;/&\n    SOCKET socket;/' 'bytes before'
fails 'and a member that the figure lacks' 's/^    Token token;/&\n    Token other;/' 'bytes before buffer'
done_testing
