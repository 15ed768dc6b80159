#!/bin/sh
# Every exercise is complete, and its checker tells right from wrong: what is
# handed out fails for the stated reason, the solution passes, each usual wrong
# answer fails with its own message. (make test-exercises does the solutions 20
# times.)
. tests/tap.sh

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
    grep -Eqx 'difficulty: (ten minutes|half an hour|an hour|an evening)' "$task" || missing="$missing difficulty"
    [ -z "$missing" ]
    ok $? "$dir is complete${missing:+, but for:$missing}"
done

MAKEFLAGS='' make -s -k -j4 test-exercises ROUNDS=1 >"$scratch/out" 2>"$scratch/err"
status=$?
while IFS= read -r line; do
    case $line in
    'ok - '*) ok 0 "${line#ok - }" ;;
    'not ok - '*) ok 1 "${line#not ok - }" ;;
    *) printf '%s\n' "$line" ;;
    esac
done <"$scratch/out"
[ $status = 0 ] || sed 's/^/# /' "$scratch/err"
ok $status 'every exercise was tried'
done_testing
