#!/bin/sh
# Every exercise is complete; what is handed out fails its check for the stated
# reason, and the solution passes it. (make test-exercises does that 20 times.)
. tests/tap.sh
# shellcheck source=chapters/tools/lib.sh
. chapters/tools/lib.sh
. tests/exercises.sh

for EX in $(all_exercises); do
    dir=$(exercise_dir "$EX")
    missing=
    for part in check.c teacher.md hint-1.md hint-2.md wrong; do
        [ -e "$dir/$part" ] || missing="$missing $part"
    done
    for layer in starter $(wrong_answers "$dir"); do
        head_of "$dir" "$layer" | head -n 1 | grep -q '^[A-Za-z0-9].*[.?)]$' || missing="$missing $layer:what-is-wrong"
        [ -n "$(told "$dir" "$layer")" ] || missing="$missing $layer:Told"
    done
    grep -q '^title: .' "$dir/task.md" || missing="$missing title"
    grep -Eqx 'difficulty: (ten minutes|half an hour|an hour|an evening)' "$dir/task.md" ||
        missing="$missing difficulty"
    [ -z "$missing" ]
    ok $? "$dir is complete${missing:+, but for:$missing}"
done
# Each is kept as what it changes.
find chapters/*/exercises/*/wrong -mindepth 1 ! -name '*.patch' >"$scratch/strange"
find chapters/*/exercises -name '*expect*' >>"$scratch/strange"
[ ! -s "$scratch/strange" ]
ok $? 'under wrong/ there is one file for each wrong answer'
sed 's/^/# /' "$scratch/strange"
sh chapters/tools/author fit >"$scratch/unfit" 2>&1
ok $? 'all diffs fit, and say where'
sed 's/^/# /' "$scratch/unfit"
prove_exercises right
done_testing
