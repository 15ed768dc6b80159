#!/bin/sh
# bits: 32
# Each step's own program, with its first, second, third and so on Win32 or
# allocation call failing, until a run passes with none failed. A program may
# then end in one of two ways, and never crash or hang:
# - exit status 1, and one line that tells the error: on standard error, or for
#   a request of step 5 in that request's line;
# - exit status 0, and the same output as ever: the failure was of no matter.
#
# The status is the one with which the program called exit: Wine 10.0 tells 0 at
# times for a program that ends while threads of its own do. Such a loss is said;
# any other difference between the two is a fault. Without EVERY=1, only the last
# step and the one before are tried.
set -u
. tests/wrap.sh
: "${TEST_CC:=x86_64-w64-mingw32-gcc}" "${TEST_BUILD:=build/tests}" "${STEP_BUILD:=build}"
scratch=$TEST_BUILD/faults-programs
wine=wine
[ "${OS:-}" != Windows_NT ] || wine=
rm -rf "$scratch"
mkdir -p "$scratch"

build() { # build STEP
    step_number=${1#step}
    step_number=${step_number%%-*}
    # shellcheck disable=SC2046 # words
    wraps=$(wrap_options "$(wrap_names "$TEST_CC")" Sleep exit calloc realloc \
        $(sed -n 's|^// wrap: ||p' tests/c/faults.c))
    # shellcheck disable=SC2086 # many options
    $TEST_CC -std=c11 -O1 -Wall -DSTEP="${step_number#0}" -Itests -I"$1" \
        tests/lib/faults_program.c "$1/$STEP_BUILD"/*.o $wraps -lws2_32 \
        -o "$scratch/$1.exe"
}

# What differs from run to run: ports, times, and what comes first.
steady() {
    tr -d '\r' <"$1" |
        sed -e 's/127.0.0.1:[0-9]*/127.0.0.1/; s/ *[0-9]* ms / ms /' \
            -e /^heartbeat/d |
        sort
}

# Which Wine is known to lose a status.
case $wine/$(${wine:-false} --version 2>/dev/null) in
/* | wine/wine-8.*) may_lose= ;;
*) may_lose=yes ;;
esac

run() { # run STEP N: leaves the output in $out, $err, the status in $status
    out=$scratch/$1.out
    err=$scratch/$1.err
    log=$scratch/$1.log
    rm -f "$log" "$log.exit"
    # shellcheck disable=SC2086 # empty on Windows
    FAULT=$2 FAULT_LOG=$log FAULT_EXIT=$log.exit timeout -k 5 8 \
        $wine "$scratch/$1.exe" >"$out" 2>"$err"
    status=$?
    # What Wine 10.0 says at times of a program that has ended.
    sed -i '/^wine client error:/d' "$err"
    meant=none
    [ ! -s "$log.exit" ] || read -r meant <"$log.exit"
    if [ "$status" != "$meant" ] && [ $status -lt 124 ]; then
        echo "# call $2: it ended with status $meant, and $status was told"
        [ "$status$may_lose" != 0yes ] || [ "$meant" = none ] || status=$meant
        [ "$status" = "$meant" ] || status=99
    fi
}

# Whether the program ended as it may, after a call failed with error $1 in
# thread $2. The threads of step 5's server fail as a server does: it is the
# client that tells, in one line for each request that came to nothing.
judge() { # judge CODE THREAD
    lines=$(wc -l <"$err")
    requests=$(grep -c '(error [0-9]*)' "$out")
    told=$(cat "$err" "$out" | grep -c "error $1[^0-9]*\$")
    case $status in
    0) [ "$lines" -eq 0 ] && [ "$(steady "$out")" = "$usual" ] ;;
    1) if [ "$2" = other ] && [ "$requests" -gt 0 ]; then
        [ "$lines" -eq 0 ]
    else
        [ $((lines + requests)) -eq 1 ] && [ "$told" -ge 1 ]
    fi ;;
    *) false ;;
    esac
}

# Fails each call of a step's program in turn. Sets $calls to how many.
each_call() { # each_call STEP
    calls=0
    wrong=0
    hung=
    run "$1" 0
    [ $status -eq 0 ] || return 1
    usual=$(steady "$out")
    while run "$1" $((calls + 1)) && [ -e "$log" ]; do
        # Wine may hang in exit when another thread ends at that moment, once in
        # a great while. A hang of ours comes again, for this call or another.
        if [ $status -ge 124 ] && [ -z "$hung" ]; then
            hung=yes
            echo "$1: call $((calls + 1)) of its program hung once" >>"$TEST_BUILD/second-chances"
            echo "# call $((calls + 1)) hung, trying it again"
            run "$1" $((calls + 1))
        fi
        calls=$((calls + 1))
        read -r call code thread <"$log"
        judge "$code" "$thread" && continue
        wrong=$((wrong + 1))
        echo "# call $calls, $call, error $code, $thread thread: exit $status"
        sed 's/^/#   /' "$err" "$out"
        [ $wrong -lt 5 ] || return 1
    done
    [ $calls -ge 5 ] && [ $wrong -eq 0 ] && [ $status -eq 0 ] &&
        [ "$(steady "$out")" = "$usual" ]
}

each_call_of() { # each_call_of NUMBER STEP
    calls=0
    if build "$2" && each_call "$2"; then
        echo "ok $1 - $2: any of its $calls calls can fail"
    else
        echo "not ok $1 - $2: any of its $calls calls can fail"
    fi
}

if [ -n "${EVERY:-}" ]; then
    steps=$(echo step[0-9][0-9]-*)
else
    steps=$(for step in step[0-9][0-9]-*; do echo "$step"; done | tail -n 2)
fi
count=0
for step in $steps; do
    count=$((count + 1))
    each_call_of $count "$step" >"$scratch/$step.tap" 2>&1 &
done
wait
cat "$scratch"/*.tap
echo "1..$count"
! grep -q '^not ok' "$scratch"/*.tap
