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
#
# Of a program with many calls, those at the beginning are tried one by one, then
# fewer and fewer: it makes the same ones again and again.
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
    # Up to step 5 only printf of the C library calls malloc, and trusts it.
    malloc=malloc
    [ "$step_number" -ge 6 ] || malloc=
    # shellcheck disable=SC2046,SC2086 # words
    wraps=$(wrap_options "$(wrap_names "$TEST_CC")" Sleep exit calloc realloc $malloc \
        $(sed -n 's|^// wrap: ||p' tests/c/faults.c tests/c/faults_streams.c))
    # shellcheck disable=SC2086 # many options
    $TEST_CC -std=c11 -O1 -Wall -DSTEP="${step_number#0}" -Itests -I"$1" \
        tests/lib/faults_program.c "$1/$STEP_BUILD"/*.o $wraps -lws2_32 -lntdll \
        -o "$scratch/$1.exe"
}

# How the program is called: step 7's with as few clients as make a crowd.
arguments_of() {
    case $1 in
    step07-*) echo 2 ;;
    esac
}

# What differs from run to run: ports, times, how far it has got, and what comes
# first. A server and its clients (steps 8 and 12) tell in their report who of them was
# lost: then its numbers are free.
steady() { # steady STEP FILE
    case $1 in
    step08-* | step12-*) numbers='s/[0-9][0-9]*/N/g; s/  */ /g' ;;
    step10-*) numbers='s/[0-9]* KiB in flight, [0-9]* ms/N/' ;;
    *) numbers= ;;
    esac
    tr -d '\r' <"$2" |
        sed -e 's/127.0.0.1:[0-9]*/127.0.0.1/; s/ *[0-9]* ms$/ ms/; s/ *[0-9]* ms / ms /' \
            -e 's/.*still reading; we hold [0-9]*/N still reading; we hold N/' \
            -e /^heartbeat/d -e "$numbers" |
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
        $wine "$scratch/$1.exe" $arguments >"$out" 2>"$err"
    status=$?
    # What Wine 10.0 says at times of a program that has ended.
    sed -i '/^wine client error:/d' "$err"
    meant=none
    [ ! -s "$log.exit" ] || read -r meant made <"$log.exit"
    if [ "$status" != "$meant" ] && [ $status -lt 124 ]; then
        echo "# call $2: it ended with status $meant, and $status was told"
        [ "$status$may_lose" != 0yes ] || [ "$meant" = none ] || status=$meant
        [ "$status" = "$meant" ] || status=99
    fi
}

# Whether the program ended as it may, after a call failed with error $2 in
# thread $3. The threads of step 5's server fail as a server does: it is the
# client that tells, in one line for each request that came to nothing. A reader
# of step 6 tells, and who writes to it may tell of that. Step 7's server tells
# what it tries again, and counts whom it has lost. A guest of step 11 tells that the
# room has let him go without a word, or that he has waited for too long; so does a
# visitor of step 12.
judge() { # judge STEP CODE THREAD
    grep -v "^accepting: error $2, trying again" "$err" >"$err.told"
    lines=$(wc -l <"$err.told")
    requests=$(grep -c '(error [0-9]*)' "$out")
    told=$(cat "$err" "$out" | grep -Ec "error $2[^0-9]*\$|^counting: error 13|^a (guest|visitor): error 100(53|54|55|60)")
    case $status in
    0) [ "$lines" -eq 0 ] && [ "$(steady "$1" "$out")" = "$usual" ] ;;
    1) if [ "$3" = other ] && [ "$requests" -gt 0 ]; then
        [ "$lines" -eq 0 ]
    elif [ "$3" = other ] && [ "$lines" -eq 2 ]; then
        [ "$told" -ge 1 ]
    else
        [ $((lines + requests)) -eq 1 ] && [ "$told" -ge 1 ]
    fi ;;
    *) false ;;
    esac
}

# Which call is the next one to try, after $1 of $2.
next_call() {
    if [ "$2" -le "$all" ] || [ "$1" -lt "$closely" ]; then
        echo $(($1 + 1))
    else
        echo $(($1 + $1 / fraction))
    fi
}

# Fails the calls of a step's program in turn. Sets $tried to how many.
each_call() { # each_call STEP
    arguments=$(arguments_of "$1")
    tried=0
    wrong=0
    hung=
    run "$1" 10000000
    [ "$status" -eq 0 ] || return 1
    of=$made
    usual=$(steady "$1" "$out")
    n=1
    while run "$1" "$n" && [ -e "$log" ]; do
        # Wine may hang in exit when another thread ends at that moment, once in
        # a great while. A hang of ours comes again, for this call or another.
        if [ "$status" -ge 124 ] && [ -z "$hung" ]; then
            hung=yes
            echo "$1: call $n of its program hung once" >>"$TEST_BUILD/second-chances"
            echo "# call $n hung, trying it again"
            run "$1" "$n"
        fi
        tried=$((tried + 1))
        read -r call code thread <"$log"
        if ! judge "$1" "$code" "$thread"; then
            wrong=$((wrong + 1))
            echo "# call $n, $call, error $code, $thread thread: exit $status"
            head -n 12 "$err" "$out" | sed 's/^/#   /'
            [ $wrong -lt 5 ] || return 1
        fi
        n=$(next_call "$n" "$of")
    done
    [ $tried -ge 5 ] && [ $wrong -eq 0 ] && [ "$status" -eq 0 ] &&
        [ "$(steady "$1" "$out")" = "$usual" ]
}

each_call_of() { # each_call_of NUMBER STEP
    tried=0
    of=0
    verdict='not ok'
    build "$2" && each_call "$2" && verdict=ok
    echo "$verdict $1 - $2: any of its $of calls can fail, $tried tried"
}

all=300 closely=20 fraction=2
if [ -n "${EVERY:-}" ]; then
    closely=100 fraction=8
    steps=$(echo step[0-9][0-9]-*)
else
    steps=$(for step in step[0-9][0-9]-*; do echo "$step"; done | tail -n 2)
fi
# Step 9's program starts itself as its own clients: whose call would be failed?
steps=$(printf '%s\n' $steps | grep -v ^step09)
count=0
for step in $steps; do
    count=$((count + 1))
    each_call_of $count "$step" >"$scratch/$step.tap" 2>&1 &
done
wait
cat "$scratch"/*.tap
echo "1..$count"
! grep -q '^not ok' "$scratch"/*.tap
