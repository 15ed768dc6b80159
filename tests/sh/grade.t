#!/bin/sh
# Grading: right work gets its points and nothing else does, whatever it prints,
# calls or hands in; one student's work doesn't reach another's; a stopped
# grading goes on where it was.
. tests/tap.sh
# shellcheck source=chapters/tools/lib.sh
. chapters/tools/lib.sh
. tests/exercises.sh

number=2.2
folder=2.2-container-of
class=$scratch/class
results=$scratch/results

# hand_in STUDENT [LAYER]
hand_in() { lay_work "$class/$1/work/$folder" "${2:-solution}"; }

hand_in 'Right, Ann (12)'
hand_in wrong wrong/null
# These would get points from one who believes what they are told.
hand_in prints-tap
instead 'for (int i = 7; i <= 11; i++) printf("\nok %d - it holds\n", i); puts("1..11"); fflush(stdout); exit(0);'
hand_in own-files wrong/null
echo 'all: ; touch build/passed' >"$work/Makefile"
sed 's/return -1/return 0/' "$(exercise_dir $number)/check.c" >"$work/../check.c"
echo 'verdict: passed' | tee "$work/result" "$work/ready" >"$class/own-files/$number.result"
mkdir "$class/own-files/work/.state"
echo passed >"$class/own-files/work/.state/verdict"
hand_in copies
rm -r "$work"
ln -s "$class/Right, Ann (12)/work/$folder" "$work"
# These are in the way of the others.
hand_in hangs
instead 'for (;;) ;'
hand_in kills
instead '
    for (DWORD id = 4; id < 4000; id += 4) {
        HANDLE victim = OpenProcess(PROCESS_TERMINATE, FALSE, id);
        if (victim != NULL && id != GetCurrentProcessId())
            TerminateProcess(victim, 0);
    }'
# A name that we use, a file that nobody writes to, a backslash in what is
# printed, a Mac's archive, and old dates.
hand_in students
mkfifo "$work/x.c" "$work/link.c.c"
hand_in prints-backslash
printf '#include <stdio.h>\n__attribute__((constructor)) static void c(void) { puts("C:\\\\dir\\\\x\\t\\""); }\n' >"$work/x.c"
mkdir -p "$class/mac/__MACOSX/work/$folder"
touch "$class/mac/__MACOSX/work/$folder/._operation.c"
hand_in mac
hand_in again wrong/null
# And this one has nothing.
mkdir -p "$class/nothing"

grade() { MAKEFLAGS='' make -s DIR="$class" OUT="$results" EX=$number "$@" >"$scratch/out" 2>"$scratch/err"; }

MAKEFLAGS='' make -s build/exercises/$number/ready
# Stopped in the middle, as by Ctrl-C.
MAKEFLAGS='' timeout -s INT 4 make -s -j2 grade DIR="$class" OUT="$results" EX=$number >"$scratch/out" 2>"$scratch/err"
sleep 1
find "$results" -name '*.result' >"$scratch/had"
[ -s "$scratch/had" ] && [ "$(wc -l <"$scratch/had")" -lt 12 ]
ok $? "a grading is stopped after $(wc -l <"$scratch/had") of 12 students"
while read -r result; do
    sed -n 1p "$result" | grep -q '^verdict: .' || echo "$result"
done <"$scratch/had" >"$scratch/torn"
[ ! -s "$scratch/torn" ]
ok $? 'no half-written result is left'
# A check that was under way may still be taking its Wine down.
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do
    find build/exercises -maxdepth 1 -name 'wine.*' >"$scratch/wines"
    [ -s "$scratch/wines" ] || break
    sleep 1
done
[ ! -s "$scratch/wines" ]
ok $? 'and no Wine of a student'\''s'
touch "$scratch/stamp"
sleep 1

grade grade -j4
ok $? 'it goes on, to its end'
while read -r result; do
    grep -q '^verdict: open' "$result" || find "$result" -newer "$scratch/stamp"
done <"$scratch/had" >"$scratch/again"
[ ! -s "$scratch/again" ]
ok $? 'what had been checked is not checked again'

# got STUDENT VERDICT [MESSAGE]
got() {
    line=$(grep "^\"$1\",$number," "$results/details.csv")
    case $line in
    "\"$1\",$number,$2,"*${3:-}*) ok 0 "$1: $2" ;;
    *)
        ok 1 "$1: $2"
        printf '# %s\n' "$line"
        ;;
    esac
}
got 'Right, Ann (12)' passed
got wrong failed 'operation_of(NULL)'
got prints-tap exited 'status 0'
got own-files failed 'operation_of(NULL)'
got copies open
got hangs hung 'operation_of, forged.c:6'
got kills failed
got nothing open
got students passed
got prints-backslash passed
got mac passed
got again failed
grep '^"[^"]*",[1-9]' "$results/results.csv" | tr '\n' ' ' >"$scratch/points"
[ "$(cat "$scratch/points")" = '"Right, Ann (12)",1,1,1 "mac",1,1,1 "prints-backslash",1,1,1 "students",1,1,1 ' ]
ok $? 'points for right work, and for no other'
for json in "$results"/*/results.json; do
    perl -MJSON::PP -0777 -e 'decode_json(<STDIN>)' <"$json" || echo "$json"
done >"$scratch/invalid" 2>&1
[ ! -s "$scratch/invalid" ]
ok $? 'every results.json is JSON'
grep -Eq '^Right, Ann \(12\) +\+ +1 of 1$' "$scratch/out"
ok $? 'the table has a line for each'
json=$results/Right__Ann__12_/results.json
if grep -q '"number": "2.2".*"score": 1, "max_score": 1, "status": "passed"' "$json" &&
    grep -q '"score": 0' "$results/wrong/results.json"; then
    ok 0 "results.json has the score of each exercise"
else
    ok 1 "results.json has the score of each exercise"
    sed 's/^/# /' "$json"
fi

# Work that changes is checked again.
cp "$class/Right, Ann (12)/work/$folder/operation.c" "$class/wrong/work/$folder/operation.c"
grade grade-student STUDENT=wrong
cp -p "$class/Right, Ann (12)/work/$folder/operation.c" "$class/again/work/$folder/operation.c"
touch -d '1 hour ago' "$class/again/work/$folder/operation.c"
grade grade-student STUDENT=again
rm "$results/mac/$number.result"
grade grade-table
got wrong passed
got again passed
got mac none
grade grade-student STUDENT=nobody
grep -q '^There is no student nobody: N=1 to N=12' "$scratch/err"
ok $? 'a student who is not there is named'
grade grade-student STUDENT='Right, Ann (12)'
ok $? 'a name is taken as the folder is called'
rm -r "$class/again"
sed -i 's/^verdict: .*/verdict: kept/' "$results/again/$number.result"
sh chapters/tools/grade student "$results" again 2>"$scratch/err"
grep -q 'again/ is gone' "$scratch/err" && grep -q 'verdict: kept' "$results/again/$number.result"
ok $? 'results of work that is gone are left as they were'
MAKEFLAGS='' make -s grade DIR="$class" OUT="$results" EX=9.9 >"$scratch/out" 2>"$scratch/err"
grep -q 'There is no exercise 9.9' "$scratch/err"
ok $? 'an exercise that is not there is named'

grade grade DIR="$scratch/nowhere"
grep -q "^There is no folder $scratch/nowhere" "$scratch/err"
ok $? 'a folder that is not there is named'
done_testing
