#!/bin/sh
# Starters, solutions and wrong answers are laid out, tried and written back; one
# that doesn't fit is named, with the command that mends it; a change of a step is
# carried into them. In a fresh copy of the repository.
. tests/tap.sh

if ! command -v git >/dev/null; then
    skip 'exercises kept as what they change' 'git is not installed'
    done_testing
    exit
fi
out=$scratch/out
mkdir "$scratch/clone"
tar -cf - --exclude='build*' Makefile tests chapters book/*.* step[0-9][0-9]-* | tar -xf - -C "$scratch/clone"
cd "$scratch/clone" || exit 1
HOME=$scratch
export HOME
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
{
    git init -q
    git config user.name Tester
    git config user.email tester@example.org
    printf 'build/\nwork/\n' >.gitignore
    git add .
    git commit -qm start
} >/dev/null 2>&1

# run STATUS WORDS NAME COMMAND...: its status, and a pattern in what it says.
run() {
    expected=$1 words=$2 name=$3
    shift 3
    status=0
    "$@" >"$out" 2>&1 || status=$?
    if [ "$status" -eq "$expected" ] && { [ -z "$words" ] || grep -Eq -e "$words" "$out"; }; then
        ok 0 "$name"
    else
        ok 1 "$name"
        sed 's/^/# /' "$out"
    fi
}
author() { sh chapters/tools/author "$@"; }
clean() { # NAME
    [ -z "$(git status --porcelain)" ]
    ok $? "$1"
    git status --short | sed 's/^/# /'
}
exercise=chapters/03-selector/exercises/1-timeouts-that-add-up

for layer in starter solution wrong/slices; do
    run 0 'make keep EX=3.1' "$layer is laid out" author open 3.1 $layer
    run 0 'kept' 'and written back' author keep 3.1 $layer
done
run 0 'make keep EX=8.2' 'a solution that is a whole file is laid out' author open 8.2 solution
run 0 'kept' 'and written back' author keep 8.2 solution
clean 'as it was'
MAKEFLAGS='' make -s -C work/3.1-wrong-slices >"$out" 2>&1
ok $? 'what is laid out builds'
sed 's/^/# /' "$out"
run 2 'is there already, and nothing was touched' 'a second time nothing is touched' author open 3.1 wrong/slices
run 2 'starter, solution and wrong/NAME' 'a name that is none' author open 3.1 slices
run 2 'make open EX=3.1 AS=wrong/never-looks' 'what is not open can not be kept' author keep 3.1 wrong/never-looks
run 0 '[*][*]slices[*][*]: Waits.*' 'the teacher is told what is wrong' author teacher 3.1
grep -q 'Told: "nothing came in' "$out"
ok $? 'and what the student is told'
rm -rf work

# A new wrong answer takes three commands.
run 0 'begins as the solution' 'a new one begins as the solution' author open 3.1 wrong/one-more
run 2 'should say in a sentence' 'it has to say what is wrong' author keep 3.1 wrong/one-more
printf 'Never waits.\nTold: something\n' >work/3.1-wrong-one-more/ABOUT
run 1 'nothing to keep' 'and must differ' author keep 3.1 wrong/one-more
sed -i 's/left = timeout/left = 0/' work/3.1-wrong-one-more/selector.c
run 0 'kept' 'then it is kept' author keep 3.1 wrong/one-more
[ "$(head -n 1 $exercise/wrong/one-more.patch)" = 'Never waits.' ] &&
    [ "$(grep -c '^[-+] ' $exercise/wrong/one-more.patch)" = 2 ]
ok $? 'as a diff under what it says'
rm -rf work && git checkout -q . && git clean -qfd

# A solution that changes takes its wrong answers along; what can't follow is named.
author open 3.1 solution >/dev/null
sed -i 's/DWORD left = timeout;/DWORD left = timeout; \/\* at first \*\//' work/3.1-solution/selector.c
run 1 'returns-early.patch: CONFLICT in selector.c, .* work/3.1-wrong-returns-early' \
    'a new solution names the wrong answers that can not follow' author keep 3.1 solution
grep -q '^ .*at first' $exercise/wrong/swallows-errors.patch
ok $? 'the others have it, in what stands around a change, too'
sed -i '/^<<<<<<</d; /^=======/,/^>>>>>>>/d' work/3.1-wrong-returns-early/selector.c
run 0 'kept' 'which are settled' author keep 3.1 wrong/returns-early
run 0 '' 'then all fit' author fit 3.1
rm -rf work && git checkout -q .

# A diff that doesn't fit stops everything, by name.
sed -i 's/^-.*take_batch(.*/-        error = take_packets();/' $exercise/wrong/slices.patch
run 1 'slices.patch does not fit .*make open EX=3.1 AS=wrong/slices' 'a diff that does not fit is named, and what mends it' author fit 3.1
run 0 'has both versions between' 'laid out, it has both versions' author open 3.1 wrong/slices
run 2 'still has both versions' 'which have to be settled' author keep 3.1 wrong/slices
rm -rf work && git checkout -q .
sed -i '1i/* one line more */' step03-selector/selector.c
run 1 'fits, but not where it says: make keep EX=3.1' 'line numbers that are off are named' author fit
sed -n 's/.*make keep EX=//p' "$out" | sort -u | while read -r number; do
    author keep "$number" >/dev/null
done
run 0 '' 'keep alone puts them right' author fit
rm -rf work && git checkout -q .
sed -i 's/^+++ starter/+++ nowhere/; s/^ .*/ nowhere/' chapters/02-operation/exercises/2-container-of/starter.patch
run 2 'starter.patch does not fit .*make open EX=2.2 AS=starter' 'so does make' env MAKEFLAGS= make build/exercises/2.2/ready
git checkout -q .

# A change of a step that stands around what several change, and one changes it, too.
line='    operation->overlapped = (WSAOVERLAPPED){0};'
sed -i "s/^$line\$/& \/\* all of it \*\//" step02-operation/operation.c
grep -lF " $line" chapters/0[2-5]*/exercises/*/*.patch chapters/0[2-5]*/exercises/*/wrong/*.patch >"$scratch/touched"
xargs grep -LF -e "-$line" <"$scratch/touched" >"$scratch/around"
[ "$(wc -l <"$scratch/around")" -gt 2 ]
ok $? "a change in step 2 stands around those of $(wc -l <"$scratch/around") diffs"
run 1 'wrong/in-hEvent.patch: CONFLICT in operation.c, .*make keep EX=2.1 AS=wrong/in-hEvent' \
    'what it can not be carried into is named' sh tests/carry step02-operation
[ "$(grep -c '^chapters.*CONFLICT' "$out")" = 1 ]
ok $? 'and nothing else'
xargs grep -LF " $line /* all of it" <"$scratch/around" >"$scratch/left"
[ ! -s "$scratch/left" ]
ok $? 'the others have it'
sed 's/^/# /' "$scratch/left"
sed -i '/^<<<<<<</d; /^=======/,/^>>>>>>>/d' work/2.1-wrong-in-hEvent/operation.c
run 0 'kept' 'settled' author keep 2.1 wrong/in-hEvent
run 0 '' 'all fit' author fit 2.1
done_testing
