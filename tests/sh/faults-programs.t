#!/bin/sh
# Each step's own program, with its first, second, third and so on Win32 or
# allocation call failing, until a run passes with none failed. A program may
# then end in one of two ways, and never crash or hang:
# - exit status 1, and one line that tells the error: on standard error, or for
#   a request of step 5 in that request's line;
# - exit status 0, and the same output as ever: the failure was of no matter.
set -u
scratch=build/tests/faults-programs
wine=wine
cc=x86_64-w64-mingw32-gcc
if [ "${OS:-}" = Windows_NT ]; then
    wine=
    cc=gcc
fi
mkdir -p $scratch

build() { # build STEP
    step_number=${1#step}
    step_number=${step_number%%-*}
    wraps=
    for call in $(sed -n 's|^// wrap: ||p' tests/c/faults.c) Sleep; do
        case $call in malloc | free) continue ;; esac
        wraps="$wraps -Wl,--wrap=$call"
    done
    ${MAKE:-make} -s -C "$1" >/dev/null || return 1
    # shellcheck disable=SC2086 # many options
    $cc -std=c11 -O1 -Wall -DSTEP="${step_number#0}" -Itests -I"$1" \
        tests/lib/faults_program.c "$1"/build/*.o $wraps -lws2_32 \
        -o "$scratch/$1.exe"
}

# What differs from run to run: ports, times, and what comes first.
steady() {
    tr -d '\r' <"$1" |
        sed -e 's/127.0.0.1:[0-9]*/127.0.0.1/; s/ *[0-9]* ms / ms /' \
            -e /^heartbeat/d |
        sort
}

run() { # run STEP N: leaves the output in $out, $err, the status in $status
    out=$scratch/$1.out
    err=$scratch/$1.err
    log=$scratch/$1.log
    rm -f "$log"
    # shellcheck disable=SC2086 # empty on Windows
    FAULT=$2 FAULT_LOG=$log timeout -k 5 8 $wine "$scratch/$1.exe" \
        >"$out" 2>"$err"
    status=$?
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

count=0
for step in step[0-9][0-9]-*; do
    count=$((count + 1))
    each_call_of $count "$step" >"$scratch/$step.tap" 2>&1 &
done
wait
cat $scratch/*.tap
echo "1..$count"
! grep -q '^not ok' $scratch/*.tap
