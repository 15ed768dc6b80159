# For the tests of the exercises.
# shellcheck shell=sh disable=SC2154 # scratch is of tap.sh

# prove_exercises PART: make test-exercises, as test points.
prove_exercises() {
    MAKEFLAGS='' make -s -k -j4 test-exercises ROUNDS=1 PART="$1" \
        >"$scratch/proof" 2>"$scratch/err"
    status=$?
    while IFS= read -r line; do
        case $line in
        'ok - '*) ok 0 "${line#ok - }" ;;
        'not ok - '*) ok 1 "${line#not ok - }" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$scratch/proof"
    [ $status = 0 ] || sed 's/^/# /' "$scratch/err"
    due=0
    ! grep -q '^not ok' "$scratch/proof" || due=2
    [ $status = $due ]
    ok $? 'every exercise was tried, and the status says whether all held'
}

# For those that grade: work of 2.2, of which operation.c is the student's.
# lay_work FOLDER [LAYER]: the solution, or a wrong answer; $work is where.
lay_work() {
    work=$1
    lay_out 2.2 "$work" "${2:-solution}"
}
# instead CODE: what operation_of does in $work.
instead() {
    {
        printf '#include <windows.h>\n#include <stdio.h>\n#include <stdlib.h>\n'
        printf 'struct Operation *operation_of(void *overlapped)\n{\n%s\n    return overlapped;\n}\n' "$1"
    } >"$work/forged.c"
    awk '/^Operation \*operation_of/ { skip = 1 } !skip { print } /^}/ { skip = 0 }' \
        "$work/operation.c" >"$scratch/operation.c"
    mv "$scratch/operation.c" "$work"
}
