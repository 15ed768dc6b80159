#!/bin/sh
# What has failed and then passes is named at the end of the run; what fails again
# is not, and fails the run.
. tests/tap.sh

TEST_BUILD=$scratch/build
export TEST_BUILD
mkdir "$scratch/tests"
cat >"$scratch/tests/now-and-then.t" <<END
[ -e "$scratch/seen" ] && echo 'ok 1' || echo 'not ok 1'
touch "$scratch/seen"
echo 1..1
END
echo 'echo ok 1; echo 1..1' >"$scratch/tests/good.t"
echo 'echo not ok 1; echo 1..1; exit 1' >"$scratch/tests/bad.t"
cat >"$scratch/tests/by-itself.t" <<END
echo 'by-itself: a call hung once' >>"$TEST_BUILD/second-chances"
echo ok 1; echo 1..1
END

twice() {
    status=0
    for test; do
        shift
        set -- "$@" "$scratch/tests/$test.t"
    done
    sh tests/twice "$@" >"$scratch/said" 2>&1 || status=$?
}
# told STATUS NAME
told() {
    ok "$1" "$2"
    [ "$1" -eq 0 ] || sed 's/^/# /' "$scratch/said"
}

twice good
[ $status -eq 0 ] && ! grep -q 'Second chances' "$scratch/said"
told $? 'all is well: nothing is said of second chances'
twice good now-and-then
[ $status -eq 0 ] && tail -n 2 "$scratch/said" | grep -q '^Second chances: 1$' &&
    tail -n 1 "$scratch/said" | grep -q 'now-and-then.t: passed only alone'
told $? 'one that passed the second time is counted and named, last of all'
rm "$scratch/seen"
twice good now-and-then bad
[ $status -ne 0 ] && grep -q '^Second chances: 1$' "$scratch/said" &&
    ! grep -q 'bad.t: passed' "$scratch/said"
told $? 'one that failed twice fails the run'
twice bad good
[ $status -ne 0 ] && ! grep -q 'Second chances' "$scratch/said"
told $? 'and has had no second chance that helped'
twice by-itself
[ $status -eq 0 ] && tail -n 1 "$scratch/said" | grep -q 'by-itself: a call hung once'
told $? 'so is what a test tried again by itself'
done_testing
