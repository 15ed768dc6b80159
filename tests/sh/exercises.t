#!/bin/sh
# Every exercise is complete; what is handed out fails its check for the stated
# reason, and the solution passes it. (make test-exercises does that 20 times.)
. tests/tap.sh
. tests/exercises.sh

for task in chapters/*/exercises/*/task.md; do
    dir=${task%/task.md}
    missing=
    for part in check.c teacher.md starter.expect hint-1.md hint-2.md solution wrong; do
        [ -e "$dir/$part" ] || missing="$missing $part"
    done
    for wrong in "$dir"/wrong/*/; do
        [ -s "$wrong/expect" ] || missing="$missing ${wrong#"$dir/"}expect"
    done
    grep -q '^title: .' "$task" || missing="$missing title"
    grep -Eqx 'difficulty: (ten minutes|half an hour|an hour|an evening)' "$task" ||
        missing="$missing difficulty"
    [ -z "$missing" ]
    ok $? "$dir is complete${missing:+, but for:$missing}"
done
prove_exercises right
done_testing
