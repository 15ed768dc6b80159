# The Test Anything Protocol for test scripts: `. tests/tap.sh` at their head.
# Gives each a scratch folder of its own, $scratch, removed at the end.
# shellcheck shell=sh

# What make hands to the scripts, for those that are started by hand.
: "${TEST_CC:=x86_64-w64-mingw32-gcc}" "${TEST_BUILD:=build/tests}" "${STEP_BUILD:=build}"
scratch=$(pwd)/$TEST_BUILD/$(basename "$0" .t).$$
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT PIPE TERM
mkdir -p "$scratch"

tap_count=0
tap_failures=0

# ok STATUS NAME: one test point, which holds if STATUS is 0.
ok() {
    tap_count=$((tap_count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $tap_count - $2"
    else
        tap_failures=$((tap_failures + 1))
        echo "not ok $tap_count - $2"
    fi
}

# skip NAME WHY: a test point that cannot be tried here.
skip() {
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

# same EXPECTED GOT NAME: two files; where they differ, shows how.
same() {
    if diff -u "$1" "$2" >"$scratch/tap.diff" 2>&1; then
        ok 0 "$3"
    else
        ok 1 "$3"
        # The head of it: what follows is often more of the same.
        sed 's/^/# /; 40q' "$scratch/tap.diff"
    fi
}

# The last line of a script: prints the plan. A script that dies before this
# has printed none, and prove calls it failed.
done_testing() {
    echo "1..$tap_count"
    [ "$tap_failures" -eq 0 ]
}
