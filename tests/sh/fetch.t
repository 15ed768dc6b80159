#!/bin/sh
# bits: 32
# The last step's program given what goes wrong: each is one clear line for its
# request, the others go on, the exit status is 1 (2 if the arguments make no
# sense).
. tests/tap.sh

for step in step[0-9][0-9]-*; do :; done
program=$(echo "$step/$STEP_BUILD"/*.exe)
wine=wine
[ "${OS:-}" = Windows_NT ] && wine=
mkdir -p build/tests

# fetch ARGUMENT...: runs the program; $status, and its lines in $scratch/out
# and $scratch/err. It may not take longer than half a minute.
fetch() {
    status=0
    # shellcheck disable=SC2086 # empty on Windows
    timeout -k 5 30 $wine "$program" "$@" >"$scratch/out.raw" \
        2>"$scratch/err.raw" || status=$?
    tr -d '\r' <"$scratch/out.raw" >"$scratch/out"
    tr -d '\r' <"$scratch/err.raw" | sed '/^wine client error:/d' >"$scratch/err"
}

# ok, and what the program said if it does not hold.
told() {
    ok "$1" "$2"
    [ "$1" -eq 0 ] || sed 's/^/# /' "$scratch/out" "$scratch/err"
}

# one_line URL PATTERN NAME: one line of the report begins or ends with the URL,
# and the rest of it matches.
one_line() {
    awk -v url="$1" '
        index($0, url ": ") == 1 { print substr($0, length(url) + 3); next }
        substr($0, length($0) - length(url)) == " " url {
            print substr($0, 1, length($0) - length(url))
        }' "$scratch/out" >"$scratch/line"
    [ "$(wc -l <"$scratch/line")" -eq 1 ] && grep -Eq -e "$2" "$scratch/line"
    told $? "$3"
}

# fails URL PATTERN NAME: the URL fails with such a line and no other, beside
# two that don't.
fails() {
    fetch "$site/fine" "$1" "$site/no-length"
    one_line "$1" "$2" "$3: one line says so"
    [ "$status" -eq 1 ] && [ "$(wc -l <"$scratch/out")" -eq 3 ] &&
        [ ! -s "$scratch/err" ] && grep -q '^200 .*/fine$' "$scratch/out" &&
        grep -q '^200 .*/no-length$' "$scratch/out"
    told $? "$3: the others go on, and the status is 1"
}

$TEST_CC -O2 -Wall -Wextra -Werror tests/odd-server.c -lws2_32 \
    -o "$scratch/odd-server.exe"
ok $? 'the odd server compiles'
# shellcheck disable=SC2086 # empty on Windows
$wine "$scratch/odd-server.exe" >"$scratch/port" 2>/dev/null &
server=$!
trap 'kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -s "$scratch/port" ] && break
    sleep 0.5
done
port=$(tr -d '\r' <"$scratch/port")
site=http://127.0.0.1:$port
[ -n "$port" ]
ok $? 'and runs'

# All is well
fetch "$site/fine" "$site/no-length" "$site/no-body" "$site/dribble"
told "$status" 'four good answers: status 0'
one_line "$site/fine" '^200 +5 bytes +[0-9]+ ms ' 'status, bytes and time'
one_line "$site/no-length" '^200 +11 bytes' 'a body up to the end of the stream'
one_line "$site/no-body" '^200 +0 bytes' 'no body'
one_line "$site/dribble" '^200 +5 bytes' 'one byte at a time'
tail -n 1 "$scratch/out" | grep -q /dribble
told $? 'the slowest comes last'
fetch "$site/nowhere"
one_line "$site/nowhere" '^404 +13 bytes' 'a 404 is an answer'
told "$status" 'and no failure of the program'
fetch -o "$scratch/body" "$site/too-much"
printf 'fine\n' | cmp -s - "$scratch/body"
told $? 'a body ends where its Content-Length says'

# A port on which nobody listens: we take the odd server's, once it is gone,
# at the end of this script. All the others:
fails http://no-such-host.invalid/x '(no such host|name).*11001' \
    'a name that does not resolve'
fails "$site/reset" 'reset.*10054' 'reset in the body'
fails "$site/short" '(short|before the end)' 'cut short'
fails "$site/garbage" 'HTTP' 'garbage'
fails "$site/no-end" 'HTTP|short' 'cut short in the header'
fails "$site/empty" 'HTTP|short|nothing' 'an empty answer'
fails "https://127.0.0.1:$port/" 'http://' 'https://'
fails "http://" 'http://' 'no host'
fails "http:///path" 'http://' 'no host but a path'
fails "http://127.0.0.1:70000/" 'http://|port' 'port 70000'
fails "127.0.0.1:$port" 'http://' 'no http://'
# shellcheck disable=SC2046 # no blanks in it
long=$(printf 'x%.0s' $(seq 5000))
fails "$site/$long" 'long|http://' 'a path too long'
fails "http://$long/" 'long|http://' 'a host too long'

# Every failure at once
fetch "$site/short" "$site/garbage" "$site/fine" https://x/ "$site/reset" \
    "$site/empty"
[ "$status" -eq 1 ] && [ "$(wc -l <"$scratch/out")" -eq 6 ] &&
    [ "$(grep -c '^200 ' "$scratch/out")" -eq 1 ]
told $? 'five failures and an answer: six lines'

# Where the body goes
fetch -o "$scratch/no/such/place" "$site/fine" -o "$scratch/body" "$site/dribble"
one_line "$site/fine" 'write' 'a file that cannot be written: one line'
[ "$status" -eq 1 ] && printf 'drip\n' | cmp -s - "$scratch/body"
told $? 'the other is written, and the status is 1'
fetch -o - "$site/fine"
[ "$status" -eq 0 ] && printf 'fine\n' | cmp -s - "$scratch/out.raw" &&
    grep -q '^200 .*/fine$' "$scratch/err"
told $? '-o - gives the body alone; the report goes to standard error'
rm -f "$scratch/body"
fetch -o "$scratch/body" "$site/short"
[ "$status" -eq 1 ] && [ ! -e "$scratch/body" ]
told $? 'a body cut short leaves no file that looks whole'

# Arguments that make no sense
for bad in -h --help -x "-o" "$site/fine -o" "-o body" "$site/fine -o body"; do
    # shellcheck disable=SC2086 # words
    fetch $bad
    [ "$status" -eq 2 ] && grep -q '^usage: ' "$scratch/err" &&
        [ ! -s "$scratch/out" ]
    told $? "usage, status 2: $(echo "$bad" | sed "s|$site|URL|")"
done

# Without arguments
fetch
told "$status" 'without arguments: status 0'
sed -n 's|.*http://127\.0\.0\.1:[0-9]*/||p' "$scratch/out" >"$scratch/order"
printf '%s\n' 600 400 200 200 400 600 >"$scratch/expected"
same "$scratch/expected" "$scratch/order" \
    'asked for the slowest first, answered shortest first'
[ "$(grep -c '^200 ' "$scratch/out")" -eq 3 ]
told $? 'three answers'

kill "$server"
wait "$server" 2>/dev/null
fetch "$site/fine"
one_line "$site/fine" 'refused.*10061' 'a port that nobody listens on: one line'
[ "$status" -eq 1 ]
told $? 'and status 1'

done_testing
