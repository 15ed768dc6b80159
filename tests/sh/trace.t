#!/bin/sh
# make trace: what a program does is written down, each operation from its start to
# its packet; the drawings are whole; the runs that the book shows can be made anew.
. tests/tap.sh

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES ARGS HIDE STEP EX PROGRAM STRICT

# trace NAME=VALUE...: make trace; what it said is in $scratch/said.
trace() {
    make -s trace OUT="$scratch" STRICT=1 "$@" </dev/null >"$scratch/said" 2>&1
}
# tell: what it said, as a note to a failure.
tell() { [ "$1" -eq 0 ] || tail -n 5 "$scratch/said" | sed 's/^/# /'; }

# What the record of a run is made into, from one kept by hand: operations that fail
# to start, are done at once without a packet, are cut short, reuse a pointer or a
# socket's number; a stranger's packet; a call that doesn't return.
awk -f chapters/tools/trace.awk tests/trace/places.txt tests/trace/record.txt >"$scratch/named.txt"
same tests/trace/named.txt "$scratch/named.txt" 'a record becomes a trace'
awk -f chapters/tools/trace-rows.awk -f chapters/tools/trace-table.awk "$scratch/named.txt" >"$scratch/table.txt"
same tests/trace/table.txt "$scratch/table.txt" 'a trace becomes a table'

# A long run is drawn as far as one can look at it.
awk 'BEGIN { for (i = 1; i <= 1500; i++) printf "%d\t%d\t1\tclosesocket\tsocket=%d\t0\tmain.c:1 main\n", i, i, i }' >"$scratch/long.txt"
awk -f chapters/tools/trace-rows.awk -f chapters/tools/trace-table.awk "$scratch/long.txt" >"$scratch/long.table"
[ "$(grep -c closesocket "$scratch/long.table")" = 1000 ] && grep -q 'Not drawn.*: 500 calls' "$scratch/long.table"
ok $? 'of 1,500 calls 1,000 are drawn, and it says so'
sed '1s/^/# calls 40\n/' "$scratch/long.txt" | awk -f chapters/tools/trace-rows.awk -f chapters/tools/trace-table.awk >"$scratch/long.table"
[ "$(grep -c closesocket "$scratch/long.table")" = 40 ]
ok $? 'or as many as its head says'

# balanced FILE: every element that is opened is closed, in order, and every & begins a
# reference.
balanced() {
    awk '{ text = text $0 "\n" }
        END {
            if (text ~ /&[^a-z#]/) { print "a bare &"; exit 1 }
            while (match(text, /<[^>]*>/)) {
                tag = substr(text, RSTART + 1, RLENGTH - 2)
                text = substr(text, RSTART + RLENGTH)
                name = tag; sub(/[ \/].*/, "", name)
                if (tag ~ /^\//) {
                    if (open[depth--] != substr(tag, 2)) { print "</" substr(tag, 2) "> closes what is not open"; exit 1 }
                } else if (tag !~ /\/$/)
                    open[++depth] = name
            }
            if (depth != 0) { print open[depth] " is not closed"; exit 1 }
        }' "$1"
}

awk -f chapters/tools/trace-rows.awk -f chapters/tools/trace-svg.awk "$scratch/named.txt" >"$scratch/named.svg"
balanced "$scratch/named.svg" >"$scratch/why"
ok $? 'a drawing is well-formed, whatever a program sends'
sed 's/^/# /' "$scratch/why"
sed 's|</g>||' "$scratch/named.svg" >"$scratch/broken.svg"
! balanced "$scratch/broken.svg" >/dev/null
ok $? 'and one that is not is noticed'

# Each start has its packet, and each packet its start; LEFT operations remain.
ended() {
    awk -F '\t' -v left="$1" -v skips="${3:-0}" '
        match($5, /operation=[0-9]+/) {
            id = substr($5, RSTART, RLENGTH)
            if ($4 == "packet") packet[id]++
            else if ($4 == "left") lefts++
            else if ($4 !~ /^(CancelIoEx|WSAGetOverlappedResult|GetOverlappedResult)$/) { started[id]++; code[id] = $6 }
        }
        $4 == "packet" && $5 ~ /unknown/ { print "an unknown packet"; bad = 1 }
        END {
            for (id in packet) if (packet[id] != 1 || started[id] != 1) { print id " has " packet[id] " packets, " started[id] + 0 " starts"; bad = 1 }
            for (id in started) { n++; if (!(id in packet) && !(skips && code[id] == 0)) without++ }
            if (n == 0 || without + 0 != left) { print n " starts, " without + 0 " without a packet"; bad = 1 }
            exit bad
        }' "$scratch/trace.txt" >"$scratch/why"
    ok $? "$2"
    sed 's/^/# /' "$scratch/why"
}

# The calls that are shown, and the lines they come from: what is the same in every run
# of what the same compiler made. Others count some calls to another line.
calls() {
    awk -F '\t' -v lines="$2" '
        !lines { sub(/:[0-9?]+/, "", $7); sub(/ < .*/, "", $7) }
        /^# hide / { gsub(/ /, "|"); hidden = substr($0, 8) }
        !/^#/ && $4 != "packet" && (hidden == "" || $7 !~ "(" hidden "):") { print $4, $7 }' "$1" | sort -u
}

# The book's runs, each made anew.
for kept in chapters/*/figures/trace.txt; do
    chapter=$(basename "${kept%/figures/trace.txt}")
    trace STEP="${chapter%%-*}" ARGS="$(sed -n 's/^# args //p' "$kept")" \
        HIDE="$(sed -n 's/^# hide //p' "$kept")" AROUND="$(sed -n 's/^# around //p' "$kept")" \
        CALLS="$(sed -n 's/^# calls //p' "$kept")"
    status=$?
    ok $status "$chapter: a run is recorded"
    tell $status
    compiler=$(grep '^# compiler' "$kept")
    lines=0
    ! grep -qFx "$compiler" "$scratch/trace.txt" || lines=1
    calls "$kept" $lines >"$scratch/kept"
    calls "$scratch/trace.txt" $lines >"$scratch/calls"
    same "$scratch/kept" "$scratch/calls" "$chapter: its calls are those the book shows (else: make record-traces figures)"
    # From step 9 on, what is done at once has none.
    [ "${chapter%%-*}" -lt 9 ] 2>/dev/null && skips=0 || skips=1
    ended 0 "$chapter: each start has its packet" $skips
    for drawing in "$scratch/trace.svg" "${kept%.txt}.svg"; do
        balanced "$drawing" >"$scratch/why"
        ok $? "$chapter: a drawing is well-formed"
        sed 's/^/# /' "$scratch/why"
    done
    operations=$(grep -c 'class="lent"' "$scratch/trace.svg")
    rows=$(grep -c 'class="call"' "$scratch/trace.svg")
    [ "$operations" -gt 0 ] && [ "$rows" -gt "$operations" ] &&
        [ "$rows" -eq "$(grep -cE '^ +[0-9.]+  ' "$scratch/said")" ] &&
        [ "$rows" -eq "$(grep -c '<tr><td>' "$scratch/trace.html")" ]
    ok $? "$chapter: terminal, drawing and table have the same $rows rows"
done
grep -q 'Not seen: .*GetProcAddress' "$scratch/said"
ok $? 'it says what it does not see'
! grep -qE '(src|href)="?(https?:|//)|@[a-z]+@' "$scratch/trace.html"
ok $? 'the page needs nothing from outside'

# Another program, with every kind of operation; PROGRAM is words, so its path has no blank.
here=${scratch#"$PWD"/}
x86_64-w64-mingw32-gcc -std=c11 -O2 -g -Wall -Wextra -Werror tests/trace/kinds.c build/tools/trace.o \
    -lws2_32 -lmswsock -o "$scratch/kinds.exe"
ok $? 'a program of its own is linked with the recorder'
trace PROGRAM="$here/kinds.exe"
ok $? 'and traced'
ended 2 'each of its operations has its packet, but the one done at once and the one left'
cat >"$scratch/expected" <<'END'
AcceptEx 997
ConnectEx 997
ConnectNamedPipe 997
PostQueuedCompletionStatus 0
ReadFile 997
WSARecv 997
WSARecv 997
WSASend 0
WSASend 0
WriteFile 0
END
awk -F '\t' '$5 ~ /operation=/ && $4 !~ /packet|left|CancelIoEx/ { print $4, $6 }' "$scratch/trace.txt" | sort >"$scratch/starts"
# Whether a start pends depends on the system.
sed -i 's/ .*//' "$scratch/expected" "$scratch/starts"
same "$scratch/expected" "$scratch/starts" 'every kind of start is seen'
grep -q 'CancelIoEx	.*operation=' "$scratch/trace.txt" && grep -q '^.*packet	operation=.*	995	' "$scratch/trace.txt"
ok $? 'so is a cancelled one, with its error'
grep -q 'Still out when the program ended: #' "$scratch/said"
ok $? 'and what is still lent at the end'

# A record is there when the program crashes; without TRACE there is none.
cat >"$scratch/crash.c" <<'END'
#include <windows.h>
int main(void)
{
    CloseHandle(CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0));
    ExitProcess(5);
}
END
x86_64-w64-mingw32-gcc -g "$scratch/crash.c" build/tools/trace.o -o "$scratch/crash.exe"
trace PROGRAM="$here/crash.exe" && grep -q 'ended with 5' "$scratch/said" &&
    [ "$(grep -c 'crash.c:4' "$scratch/trace.txt")" = 2 ]
ok $? 'a program that ends in the middle is drawn as far as it came'

# An exercise, as the student has it.
make -s start EX=2.1 WORK="$scratch/work" >/dev/null
trace EX=2.1 WORK="$scratch/work" || grep -q 'CreateIoCompletionPort' "$scratch/trace.txt"
ok $? 'an exercise is traced in the folder where the student has it'
grep -q 'Made: ' "$scratch/said"
ok $? 'with all that is made from it'

# wrong WORDS NAME=VALUE...: one line, no more, and a status.
wrong() {
    words=$1
    shift
    ! trace "$@"
    ok $? "$*: fails"
    grep -v '^make' "$scratch/said" | tail -n "$lines" >"$scratch/line"
    [ "$(wc -l <"$scratch/line")" = 1 ] && grep -q "$words" "$scratch/line"
    ok $? "$*: one line that says $words"
    sed 's/^/# /' "$scratch/line"
}
lines=9
wrong 'STEP=05, EX=3.1' X=1
wrong 'There is no step 77' STEP=77
wrong 'make start EX=2.2' EX=2.2 WORK="$scratch/work"
wrong 'no exercise 7.7' EX=7.7
wrong 'no program ./no-such.exe' PROGRAM=./no-such.exe
lines=1 # the program has its own
wrong 'trace.o' PROGRAM=step01-ffi/build/ffi.exe
done_testing
