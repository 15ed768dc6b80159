#!/bin/sh
# make serve: the book, from the last step's server; what it says when it can't; and
# that Ctrl+C ends it. README and the book's introduction tell of it.
. tests/tap.sh

unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES BUILD CC CFLAGS TESTS PORT
made=
trap '[ -z "$made" ] || kill -INT -"$made" 2>/dev/null; rm -rf "$scratch"' EXIT

for text in README.md chapters/00-introduction/chapter.md; do
    grep -q 'make serve' $text && grep -q 'http://127.0.0.1:8080/' $text && grep -q 'PORT=8000' $text
    ok $? "$text says how the book is served, and how at another port"
done
if ! command -v curl >/dev/null || [ "${OS:-}" = Windows_NT ]; then
    skip 'all' 'no curl, or no signals'
    done_testing
    exit
fi

# As at a terminal: a group of its own, which Ctrl+C reaches.
perl -e 'setpgrp; $SIG{INT} = "DEFAULT"; exec @ARGV' make serve PORT=0 >"$scratch/said" 2>&1 &
made=$!
until grep -q '^serving' "$scratch/said" || ! kill -0 $made 2>/dev/null; do sleep 0.2; done
site=$(tr -d '\r' <"$scratch/said" | sed -n 's|^serving at \(http://[^ ]*\), .*|\1|p')
port=${site##*:} port=${port%/}
curl -sS --noproxy '*' --max-time 30 -o "$scratch/index" "$site" &&
    cmp -s "$scratch/index" book/out/html/index.html
ok $? 'it serves the book'

# refused PORT: make says why in one line, besides its own, which names the rule.
refused() {
    status=0
    make serve PORT="$1" >"$scratch/out" 2>&1 </dev/null || status=$?
    grep -v '^make' "$scratch/out" | tr -d '\r' >"$scratch/line"
    [ $status -ne 0 ] && [ "$(wc -l <"$scratch/line")" -eq 1 ] &&
        grep -q "port $1: .*another PORT" "$scratch/line"
    ok $? "PORT=$1: $(cat "$scratch/line")"
}
refused "$port"
refused abc
refused 65536
refused '80 81'

kill -INT -$made
wait $made
made=
! curl -s --noproxy '*' --max-time 5 -o /dev/null "$site"
ok $? 'Ctrl+C: make has ended, and so has the server'
grep -v '^127\|^make: .*Interrupt' "$scratch/said" | tr -d '\r' >"$scratch/rest"
[ "$(wc -l <"$scratch/rest")" -eq 1 ]
ok $? 'and nothing else has been said'
sed '1d; s/^/# /' "$scratch/rest"
done_testing
