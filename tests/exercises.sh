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
    ok $status 'every exercise was tried'
}
