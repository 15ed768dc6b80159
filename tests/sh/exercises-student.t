#!/bin/sh
# What a student does, from a fresh copy of the repository: list, start, check,
# hint, solution, watch; with the work in every half-done state.
. tests/tap.sh

EX=2.2
work=work/2.2-container-of

mkdir "$scratch/clone"
tar -cf - --exclude=./build --exclude=./work --exclude=./.git --exclude=./book/out --exclude='./step*/build*' \
    --exclude=node_modules . | tar -xf - -C "$scratch/clone"
# The Wine prefix is lent: its path may have blanks, which make can't take.
mkdir "$scratch/clone/build"
[ ! -d build/wine ] || ln -s "$(pwd)/build/wine" "$scratch/clone/build/wine"
cd "$scratch/clone" || exit 1
exercise=chapters/02-operation/exercises/2-container-of
files() { find . -path ./build -prune -o -path ./work -prune -o -type f -print | sort; }
files >"$scratch/files"

# run TARGET [VARIABLE=...]: its output is in $out.
out=$scratch/out
run() {
    MAKEFLAGS='' make -s "$@" >"$out" 2>&1 </dev/null
}
# says PATTERN NAME: the output has it; shown if not.
says() {
    if grep -Eq "$1" "$out"; then
        ok 0 "$2"
    else
        ok 1 "$2"
        sed 's/^/# /' "$out"
    fi
}
lines() {
    [ "$(wc -l <"$out")" -eq "$1" ]
    ok $? "$2"
}
for layer in starter solution; do
    sh -c '. chapters/tools/lib.sh; lay_out "$@"' laid $EX "$scratch/$layer" $layer
done
solved=$scratch/solution/operation.c
solve() { cp "$solved" "$work"; }

run exercises
says '\] 0 of [1-9][0-9]* done' 'the list begins with the progress'
listed=$(grep -Ec '^ +[0-9]+\.[0-9]+ ' "$out")
[ "$listed" -eq "$(find chapters -name task.md | wc -l)" ]
ok $? "the list has every exercise ($listed)"

run check EX=$EX
says "^$EX is not started: make start EX=$EX\$" 'checking what was not started says how to start it'
run start EX=2.99
says 'There is no exercise 2\.99\. Did you mean .*2\.2-container-of' 'a wrong number gets near ones'
lines 1 'in one line'
run start EX=containr
says 'There is no exercise containr\. Did you mean 2\.2-container-of' 'a misspelt name gets near ones'
run start
says '^Which exercise\? Add EX=' 'no number is asked for in one line'
lines 1 'in one line, too'

run start EX=$EX
says 'Yours to write: operation.c$' 'start tells which files are the student'\''s'
[ -f $work/TASK.md ] && [ -f $work/Makefile ] && [ -f $work/ffi.c ] && [ -f $work/link.c ]
ok $? 'the working copy is complete'
MAKEFLAGS='' make -s -C $work >"$out" 2>&1
ok $? 'and builds'
cat $work/*.[ch] $work/Makefile | cksum >"$scratch/before"
run exercises
says "^  started +$EX " 'the list shows it as started'

run check EX=$EX
says "^$EX The OVERLAPPED is not first: not yet" 'the start is not a solution'
says '^First: operation_of is 32 bytes off' 'and is told the first thing to look at'
run check EX=$EX V=1
says '^not ok [0-9]+ - operation_of finds the operation' 'V=1 shows every point'
run start EX=$EX
says 'nothing was touched' 'a second start says that it does nothing'
cat $work/*.[ch] $work/Makefile | cksum | cmp -s - "$scratch/before"
ok $? 'and does nothing'

run hint EX=$EX
says 'hint 1 of 3' 'the first hint'
run hint EX=$EX
says 'hint 2 of 3' 'the second hint'
run hint EX=$EX
says 'make solution' 'the last hint names the solution'
run hint EX=$EX
says 'There are no more hints' 'then there are no more'

run solution EX=$EX
says 'Add YES=1' 'without a terminal the solution is not shown unasked'
lines 1 'but one line says how'
run solution EX=$EX YES=1
says '^\+.*offsetof' 'YES=1 shows the difference'

rm $work/operation.c
run check EX=$EX
says '^First: operation.c is missing: .*make start EX=2.2 puts it back' 'a missing file is named'
ln -s "$solved" $work/operation.c
run check EX=$EX
says '^First: operation.c is a link' 'a link is not taken'
rm $work/operation.c
solve
rm $work/main.c
run check EX=$EX
says "^Note: make -C $work doesn't build it: .*main" 'a file of ours that is missing is named, too'
run start EX=$EX
says 'Put back in .*: main.c$' 'start puts it back'
cmp -s $work/operation.c "$solved"
ok $? 'and leaves the rest'
cp $work/operation.c $work/operation_old.c
run check EX=$EX
says '^First: .* is defined twice, in operation.c operation_old.c' 'a copy that is compiled as well is named'
rm $work/operation_old.c
sed 's/(char \*)/(DWORD)/' "$solved" >$work/operation.c
run check EX=$EX
says "^First: it doesn't compile: operation.c:[0-9]+:.*cast" 'an address cut to 32 bits does not compile'
{
    cat "$solved"
    echo 'static int unused;'
} >$work/operation.c
run check EX=$EX
says "^Note: make -C $work doesn't build it: operation.c:[0-9]+:" 'nor is it hidden what the own Makefile refuses'
solve
run -C $work check
says "^$EX The OVERLAPPED is not first: done" 'check works from within the folder'
run check EX=$work/
says "^$EX The OVERLAPPED is not first: done" 'and with the name of the folder'
run check EX="$EX 3.1"
says "^One exercise at a time: EX=$EX\$" 'but for one exercise at a time'
echo 'Operation *operation_of(' >>$work/operation.c
run check EX=$EX
says "^First: it doesn't compile: operation.c:[0-9]+:" 'what does not compile is shown with its line'
sed 's/operation_of/operation_for/' "$solved" >$work/operation.c
run check EX=$EX
says "^First: it doesn't (compile|link): .*operation_(for|of)" 'a renamed function is named'
: >$work/operation.c
run check EX=$EX
says "^First: operation.c is empty" 'an empty file is named'

solve
mkdir "$work/notes" "$work/c d.c"
echo 'not C' >"$work/a b.c"
echo 'not C' >$work/notes.txt
echo 'int helper(void); int helper(void) { return 1; }' >$work/helper.c
echo '/* mine */' >>$work/link.c
run check EX=$EX
says "^$EX The OVERLAPPED is not first: done\\." 'the solution passes, with other files about'
says '^Note: link.c is not part of this exercise' 'a change to a file of ours is left out, and that is said'
run exercises
says "^  done +$EX " 'the list shows it as done'
says '\] 1 of ' 'and counts it'
run solution EX=$EX YES=1
says 'the same as ours' 'no difference is said to be none'

cp "$scratch/starter/operation.c" $work
MAKEFLAGS='' WATCH=2 make -s watch EX=$EX >"$out" 2>&1 </dev/null &
watcher=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
    grep -q watching "$out" && break
    sleep 1
done
says 'not yet' 'watch checks at once'
solve
for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 $watcher 2>/dev/null || break
    sleep 1
done
says ': done\.' 'and again after a save'
kill $watcher 2>/dev/null

rm -rf $work
run start EX=$EX
run hint EX=$EX
says 'hint 1 of 3' 'a new start begins with the first hint'
rm -rf $work
mkdir $work
run check EX=$EX
says 'is not started' 'an empty folder is not a start'
run start EX=$EX
says 'The task is in TASK.md' 'and is filled by start'
files >"$scratch/after"
same "$scratch/files" "$scratch/after" 'nothing was written outside work/ and build/'

# The proof of an exercise can fail, in each of its parts.
sed -i 's/- offsetof(Operation, overlapped)/- 1 &/' $exercise/solution.patch $exercise/wrong/null.patch
sed -i 's/^Told: .*/Told: something else/' $exercise/starter.patch $exercise/wrong/null.patch
! run test-exercises EX=$EX ROUNDS=1
ok $? 'test-exercises ends with a status that says so'
says "^not ok - $EX starter fails, as stated" 'a starter that fails for another reason is noticed'
says "^not ok - $EX solution passes" 'a solution that fails is noticed'
says "^not ok - $EX wrong answer: null" 'a wrong answer with another message is noticed'
says "^not ok - $EX wrong answer: pointer-arithmetic" 'as is one that does not fit the solution any more'
done_testing
