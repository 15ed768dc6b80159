#!/bin/sh
# A step copied elsewhere makes a Wine prefix of its own on its first run, says
# that this takes a while, and writes nothing to the user's home. One step
# stands for all: their rules for this are the same, as steps-differ.t sees to.
. tests/tap.sh

unset MAKEFLAGS MAKELEVEL MFLAGS BUILD CC CFLAGS WINEPREFIX WINEDEBUG
unset WINEDLLOVERRIDES
if [ "${OS:-}" = Windows_NT ]; then
    skip 'a prefix of its own' 'Windows needs no Wine'
    done_testing
    exit
fi

step=$(echo step01-*)
cp -r "$step" "$scratch/copy" && rm -rf "$scratch/copy"/build*
mkdir "$scratch/home"
HOME=$scratch/home
export HOME
trap 'WINEPREFIX=$scratch/copy/build/wine wineserver -k; rm -rf "$scratch"' EXIT

{
    echo 'Making a Wine prefix, once: this takes a quarter of a minute.'
    cat "tests/steps/$step.out"
} >"$scratch/expected"
make -s -C "$scratch/copy" run 2>&1 | tr -d '\r' >"$scratch/got"
same "$scratch/expected" "$scratch/got" 'the first run makes a prefix and says so'
[ -d "$scratch/copy/build/wine/drive_c" ]
ok $? "the prefix is under the step's build/"
make -s -C "$scratch/copy" run 2>&1 | tr -d '\r' >"$scratch/got"
same "tests/steps/$step.out" "$scratch/got" 'the second run says nothing of it'
(cd "$scratch/home" && find .) >"$scratch/home.list"
echo . >"$scratch/expected"
same "$scratch/expected" "$scratch/home.list" "nothing is written to the home"
# At once, while Wine's own processes are still about.
make -s -C "$scratch/copy" clean
ok $? 'make clean'
[ ! -e "$scratch/copy/build" ]
ok $? 'and nothing is left'

done_testing
