#!/bin/sh
# What an echo costs, counted in requests to Wine's server process, and what an
# idle connection holds: never more than the book says. The servers are make
# bench's; their client has always answered before they read again.
. tests/tap.sh

if [ "${OS:-}" = Windows_NT ]; then
    skip 'what an echo costs' "it is Wine's server that is asked"
    done_testing
    exit
fi
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
servers=$TEST_BUILD/bench

# most WHAT LIMIT COUNT
most() {
    awk -v count="$3" -v limit="$2" 'BEGIN { exit !(count != "" && count + 0 <= limit) }'
    ok $? "$1: $3, at most $2"
}

# server STEP BUSY PENDING BYTES
server() {
    make -s "$servers/$1.exe" >"$scratch/said" 2>&1
    ok $? "$1's echo server is built"
    sed 's/^/# /' "$scratch/said"
    most "$1: requests an echo, 50 connections" "$2" \
        "$(LATE_MS=2 perl tests/bench/load.pl busy 50 1500 wine "$servers/$1.exe" | cut -d' ' -f1)"
    most "$1: requests an echo, one pending receive" "$3" \
        "$(perl tests/bench/load.pl pending 200 wine "$servers/$1.exe")"
    most "$1: bytes an idle connection" "$4" \
        "$(perl tests/bench/load.pl idle 500 wine "$servers/$1.exe" | cut -d' ' -f2)"
}
server step07-listener 8.2 14.2 1100
server step09-economy 6.6 12.0 400

# A web server's response: a read, a file opened and read, a send.
web=$(echo step12-*)
make -s "$servers/httpd.exe" >"$scratch/said" 2>&1
ok $? "$web is built"
sed 's/^/# /' "$scratch/said"
mkdir "$scratch/root" && head -c 1024 /dev/zero >"$scratch/root/file"
most "$web: requests a response, 50 connections" 13.8 \
    "$(LATE_MS=2 perl tests/bench/load.pl http 50 1000 /file wine "$servers/httpd.exe" -q -p 0 "$scratch/root" | cut -d' ' -f1)"

# And with ten times as many, nobody waits much longer than the others.
# shellcheck disable=SC2046 # three numbers
set -- $(LATE_MS=2 perl tests/bench/load.pl busy 500 2000 wine "$servers/step09-economy.exe")
most 'step09-economy: requests an echo, 500 connections' 6.6 "${1:-}"
most 'step09-economy: the slowest in a hundred, in medians' 5 \
    "$(awk -v median="${2:-}" -v slow="${3:-}" 'BEGIN { if (median > 0) printf "%.1f", slow / median }')"

# The check can fail: what the plain call costs, the other one exceeds.
make -s "$servers/raw.exe" >"$scratch/said" 2>&1
(most 'one pending receive' 9 "$(perl tests/bench/load.pl pending 200 wine "$servers/raw.exe" ex)") >"$scratch/said"
grep -q '^not ok .*: [19]' "$scratch/said"
ok $? 'a count above its limit is told'
sed 's/^/# /' "$scratch/said"
done_testing
