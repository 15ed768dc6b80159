#!/bin/sh
# Every exercise is complete; what is handed out fails its check for the stated
# reason, and the solution passes it. (make test-exercises does that 20 times.)
# No file is kept that the layer below it has word for word.
. tests/tap.sh
# shellcheck source=chapters/tools/lib.sh
. chapters/tools/lib.sh
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

# repeated FILE BELOW...: is it the same as the first of these that there is?
repeated() {
    file=$1
    shift
    for below; do
        [ -f "$below" ] || continue
        if cmp -s "$file" "$below"; then
            echo "$file"
        fi
        return
    done
}
for EX in $(all_exercises); do
    dir=$(exercise_dir "$EX")
    step=$(step_of "$EX")
    for file in "$dir"/starter/* "$dir"/solution/* "$dir"/wrong/*/*; do
        name=${file##*/}
        case $file in
        */wrong/*) repeated "$file" "$dir/solution/$name" "$dir/starter/$name" "$step/$name" ;;
        */solution/*) repeated "$file" "$dir/starter/$name" "$step/$name" ;;
        *) repeated "$file" "$step/$name" ;;
        esac
    done
done >"$scratch/repeated"
[ ! -s "$scratch/repeated" ]
ok $? 'no file is kept twice'
sed 's/^/# /' "$scratch/repeated"
prove_exercises right
done_testing
