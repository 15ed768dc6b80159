#!/bin/sh
# tests/carry, in a repository of its own with three steps and an exercise.
. tests/tap.sh

if ! command -v git >/dev/null; then
    skip 'carrying a change through the steps' 'git is not installed'
    done_testing
    exit
fi

top=$(pwd)
carry=$top/tests/carry
# No settings of the user's, and not the repository around the scratch folder.
HOME=$scratch
export HOME
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
mkdir "$scratch/repository"
cd "$scratch/repository" || exit 1
{
    git init -q
    git config user.name Tester
    git config user.email tester@example.org
} >/dev/null 2>&1
for step in step01-one step02-two step03-three; do
    mkdir $step
    printf '%s\n' one two three four five six seven >$step/a.c
done
# Each step changes the last lines; the third has no b.c.
echo eight >>step02-two/a.c
sed -i 's/seven/SEVEN/' step03-three/a.c
echo b >step01-one/b.c
echo b >step02-two/b.c
mkdir -p chapters/tools
cp "$top/chapters/tools/lib.sh" "$top/chapters/tools/layers.sh" "$top/chapters/tools/author" chapters/tools
git add . && git commit -qm start

# carry STATUS WORDS NAME ARGUMENT...: runs it; its status and what it says.
carry() {
    expected=$1 words=$2 name=$3
    shift 3
    status=0
    sh "$carry" "$@" >"$scratch/said" 2>&1 || status=$?
    [ "$status" -eq "$expected" ] && grep -q -e "$words" "$scratch/said"
    ok $? "$name"
    [ "$status" -eq "$expected" ] || sed 's/^/# /' "$scratch/said"
}
has() { # FILE PATTERN NAME
    grep -q "$2" "$1"
    ok $? "$3"
}
unchanged() { # NAME PATH...
    name=$1
    shift
    git diff --quiet HEAD -- "$@"
    ok $? "$name"
}
start_again() {
    git checkout -q . && git clean -qfd
}

carry 0 'usage:' '--help tells how to use it' --help
carry 2 'usage:' 'no step: usage'
carry 2 'no step nowhere' 'a step that is not there' nowhere
carry 0 'nothing to carry' 'no change: nothing to carry' step01-one
unchanged 'and nothing is touched' .

sed -i 's/two/TWO/' step01-one/a.c
carry 0 'carried' 'a change that meets nothing' step01-one
has step02-two/a.c TWO 'is in the next step'
has step03-three/a.c TWO 'and in the one after'
has step02-two/a.c eight 'which keeps what it had changed'
has step03-three/a.c SEVEN 'as does the last'
unchanged 'a file that did not change stays' step02-two/b.c
carry 2 'uncommitted edits' 'carrying again: later files have edits' step01-one
carry 0 'has it already' 'unless told to go on anyway' --anyway step01-one
start_again

# The second step adds a line before the one that changes.
sed -i 's/two/1.5\ntwo/' step02-two/a.c && git commit -qm more step02-two
sed -i 's/two/TWO/' step01-one/a.c
carry 0 'carried' 'a change beside another is no conflict' step01-one
printf '%s\n' one 1.5 TWO three four five six seven eight >"$scratch/expected"
same "$scratch/expected" step02-two/a.c 'both are there'
git reset -q --hard HEAD^

sed -i 's/b/B/' step01-one/b.c
carry 0 'step03-three/b.c: is not there' 'a file that a later step dropped' \
    step01-one
has step02-two/b.c B 'reaches the steps that have it'
[ ! -e step03-three/b.c ]
ok $? 'and no other'
start_again

echo new >step02-two/new.c
mkdir -p step02-two/build && echo object >step02-two/build/new.o
echo build/ >.gitignore
carry 0 'step03-three/new.c: copied' 'a new file' step02-two
has step03-three/new.c new 'is copied'
[ ! -e step01-one/new.c ] && [ ! -e step03-three/build ]
ok $? 'to later steps only, and nothing that git ignores'
start_again
rm -rf step02-two/build

echo mine >step01-one/new.c
echo theirs >step02-two/new.c
git add step02-two && git commit -qm new
carry 1 'CONFLICT' 'a new file whose name is taken: a conflict' step01-one
has step02-two/new.c theirs 'and the other file stays'
git reset -q --hard HEAD^ && git clean -qfd

sed -i 's/five/FIVE/' step01-one/a.c
sed -i 's/two/2/' step01-one/a.c
sed -i 's/five/cinq/' step03-three/a.c && git commit -qm cinq step03-three
carry 1 'step03-three/a.c: CONFLICT' 'both changed a line: a conflict' step01-one
grep -q 'go on with: tests/carry step03-three' "$scratch/said"
ok $? 'it says how to go on'
has step02-two/a.c FIVE 'the step before has the change'
has step03-three/a.c '^<<<<<<< step03-three' 'the conflict is marked'
has step03-three/a.c '^2$' 'what does not conflict is merged'
carry 2 'still has both versions' 'not settled: it says so' step03-three
carry 2 'go on from step03-three' 'nor can one start anew' \
    --anyway step01-one
sed -i '/^<<<<<<</d; /^=======/,/^>>>>>>>/d' step03-three/a.c
carry 0 'carried' 'settled: it goes on' step03-three
git reset -q --hard && git clean -qfd

sed -i 's/two/mine/' step03-three/a.c
sed -i 's/two/2/' step01-one/a.c
carry 2 'step03-three/a.c has uncommitted edits' \
    'edits in a later step: refused' step01-one
unchanged 'before anything is touched' step02-two
carry 1 'CONFLICT' 'unless told to; here they conflict' --anyway step01-one
git reset -q --hard

# The exercises keep what they change, and these begin at the second step.
exercise=chapters/02-two/exercises/1-copies
mkdir -p $exercise/starter $exercise/wrong
echo title >$exercise/task.md
echo own >$exercise/starter/main.c
printf 'all:\n' >step01-one/Makefile
cp step01-one/Makefile step02-two
cp step01-one/Makefile step03-three
echo main >step01-one/main.c
cp step01-one/main.c step02-two
diff_of() { # SED LABEL LABEL FILE: a change as a diff
    sed "$1" "$4" | diff -U1 -L "$2/a.c" -L "$3/a.c" "$4" -
}
{
    printf 'Says it loud.\n\n'
    diff_of 's/six/SIX/' starter solution step02-two/a.c
} >$exercise/solution.patch
cp step02-two/a.c "$scratch/solved.c"
patch -s "$scratch/solved.c" $exercise/solution.patch
{
    printf 'Says it in German.\nTold: zwei\n\n'
    diff_of 's/two/zwei/' solution one "$scratch/solved.c"
} >$exercise/wrong/one.patch
git add . && git commit -qm exercise
laid_out() { # LAYER: in $scratch/laid
    rm -rf "$scratch/laid"
    (. chapters/tools/lib.sh && lay_out 2.1 "$scratch/laid" "$1")
}

sed -i 's/three/THREE/; 1i zero' step01-one/a.c
echo more >>step01-one/main.c
carry 0 'solution.patch: merged' 'the exercises of a later step get the change' step01-one
laid_out solution
has "$scratch/laid/a.c" THREE 'the solution'
has "$scratch/laid/a.c" SIX 'which keeps its own'
laid_out wrong/one
has "$scratch/laid/a.c" THREE 'and a wrong answer'
has "$scratch/laid/a.c" zwei 'which stays wrong'
has $exercise/wrong/one.patch '^Told: zwei' 'and keeps its head'
has $exercise/starter/main.c own 'but a file that is their own stays'
has "$scratch/said" 'starter/main.c: is its own' 'and that is said'
sh chapters/tools/author fit
ok $? 'all fit where they say'
carry 0 'carried' 'carrying it again' --anyway step01-one
sh chapters/tools/author fit
ok $? 'changes nothing'
start_again
sed -i 's/three/THREE/; 1i zero' step02-two/a.c && git commit -qam careless
carry 2 'there is no commit nowhere' 'a commit that is not there' --since nowhere
carry 0 'wrong/one.patch: merged' 'a change that was committed without them' --since HEAD^
laid_out wrong/one
has "$scratch/laid/a.c" THREE 'is carried into them, too'
sh chapters/tools/author fit
ok $? 'all fit'
git reset -q --hard HEAD^
sed -i 's/two/2/' step01-one/a.c
carry 1 'wrong/one.patch: CONFLICT in a.c.* make keep EX=2.1 AS=wrong/one' 'a conflict in one is named, and how to settle it' step01-one
laid_out solution
has "$scratch/laid/a.c" '^2$' 'the others have the change'
has step03-three/a.c '^2$' 'and so has the last step'
has work/2.1-wrong-one/a.c '^<<<<<<< one' 'the conflict lies open'
sh chapters/tools/author keep 2.1 wrong/one >"$scratch/said" 2>&1
has "$scratch/said" 'still has both versions' 'and is not kept as it is'
sed -i '/^<<<<<<</d; /^=======/,/^>>>>>>>/d' work/2.1-wrong-one/a.c
sh chapters/tools/author keep 2.1 wrong/one >/dev/null && sh chapters/tools/author fit
ok $? 'settled: all fit again'
rm -rf work && start_again
sed -i 's/six/6/' step01-one/a.c
carry 1 'solution.patch: CONFLICT in a.c' 'a conflict that others stand on' step01-one
printf '%s\n' one two three four five SECHS seven eight >work/2.1-solution/a.c
sh chapters/tools/author keep 2.1 solution >/dev/null && sh chapters/tools/author fit
ok $? 'settled: they fit'
laid_out wrong/one
printf '%s\n' one zwei three four five SECHS seven eight >"$scratch/expected"
same "$scratch/expected" "$scratch/laid/a.c" 'as what they are'
rm -rf work
git reset -q --hard HEAD^ && git clean -qfd

rm step01-one/b.c
carry 2 'by hand' 'a file removed: refused' step01-one
unchanged 'and nothing is touched' step02-two step03-three

cd ../../../.. || exit 1
done_testing
