#!/bin/sh
# bits: 32
# The program that fetches, given what goes wrong: each is one clear line for its
# request, the others go on, the exit status is 1 (2 if the arguments make no
# sense).
. tests/tap.sh

for step in step[0-9][0-9]-*/http.c; do step=${step%/*}; done # the last that fetches
fetcher=$(echo "$step/$STEP_BUILD"/*.exe)
program=$fetcher
demonstration=$(echo step05-*/"$STEP_BUILD"/*.exe) # fetches without arguments, too
wine=wine
[ "${OS:-}" = Windows_NT ] && wine=
mkdir -p build/tests
LC_ALL=C.UTF-8 # so that Wine hands on letters as they are typed
export LC_ALL

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

# What servers send: each path with the pattern that its line must match. All at
# once; none may take away what another gets.
cat >"$scratch/paths" <<'END'
/fine ^200 +5 bytes
/no-length ^200
/no-body ^200 +0 bytes
/too-much ^200 +5 bytes
/dribble ^200
/a?x=1&y=2 ^200
/a?x=1 ^200
/? ^200
/?? ^200
/ ^200
?b ^200 +5 bytes
/lf ^200 +14 bytes
/lf-length ^200 +3 bytes
/mixed ^200 +12 bytes
/blank-line ^200 +10 bytes
/nul ^200 +5 bytes
/nul-to-end ^200 +6 bytes
/nul-in-header (short|HTTP).*error
/folded ^200 +4 bytes
/folded-length HTTP.*error 13
/split-length HTTP.*error 13
/case ^200 +4 bytes
/no-reason ^200 +4 bytes
/longer-name ^200 +4 bytes
/two-lengths HTTP.*error 13
/list-of-lengths HTTP.*error 13
/junk-length HTTP.*error 13
/hex-length HTTP.*error 13
/negative HTTP.*error 13
/plus HTTP.*error 13
/no-digits HTTP.*error 13
/huge short.*error 38
/overflow HTTP.*error 13
/spaced ^200 +4 bytes
/chunked chunked.*error 50
/chunked-cut chunked.*error 50
/chunked-length chunked.*error 50
/chunked-stay chunked.*error 50
/gzip chunked.*error 50
/204 ^204 +0 bytes
/304 ^304 +0 bytes
/404 ^404 +3 bytes
/100 HTTP.*error 13
/103 HTTP.*error 13
/100-alone HTTP.*error 13
/099 HTTP.*error 13
/20 HTTP.*error 13
/2000 HTTP.*error 13
/no-status HTTP.*error 13
/http-2 HTTP.*error 13
/http-0.9 HTTP.*error 13
/icy HTTP.*error 13
/ssh HTTP.*error 13
/stay ^200 +5 bytes
/stay-empty ^200 +0 bytes
/whole-reset ^200 +5 bytes
/open-reset reset.*error 10054
/header-reset reset.*error 10054
/short short.*error 38
/reset reset.*error 10054
/garbage HTTP.*error 13
/no-end short.*error 38
/empty short.*error 38
END
set --
count=0
while read -r path pattern; do
    count=$((count + 1))
    set -- "$@" -o "$scratch/$count.ours" "$site$path"
done <"$scratch/paths"
fetch "$@"
[ "$status" -eq 1 ] && [ "$(wc -l <"$scratch/out")" -eq $count ]
ok $? "all $count ways to answer at once: a line for each, status 1"
# The same bytes as another client of HTTP/1.0 gets, or no file.
curl=$(command -v curl)
count=0
while read -r path pattern; do
    count=$((count + 1))
    one_line "$site$path" "$pattern" "$path: $pattern"
    ours=$scratch/$count.ours
    case $pattern in
    *error*)
        [ ! -e "$ours" ]
        ok $? "$path: no file"
        continue
        ;;
    esac
    if [ -z "$curl" ]; then
        skip "$path: as curl -0 has it" 'curl is not installed'
        continue
    fi
    : >"$scratch/theirs"
    code=$("$curl" -0 -g -s --path-as-is --noproxy '*' --max-time 20 -o "$scratch/theirs" \
        -w '%{http_code}' "$site$path") && cmp "$ours" "$scratch/theirs" &&
        grep -q "^$code " "$scratch/line"
    ok $? "$path: as curl -0 has it"
done <"$scratch/paths"

# What people type
for scheme in HTTP hTtP; do
    fetch -o "$scratch/body" "$scheme://127.0.0.1:$port/fine"
    [ "$status" -eq 0 ] && printf 'fine\n' | cmp -s - "$scratch/body"
    told $? "$scheme://"
done
for path in '/日本' '/é' '/／' '/?日' "/a b" "/a	b" '/#here' "/$(printf '\177')"; do
    fetch "$site$path" "$site/fine"
    [ "$status" -eq 1 ] && [ "$(wc -l <"$scratch/out")" -eq 2 ] &&
        [ "$(grep -c '^200 ' "$scratch/out")" -eq 1 ] &&
        grep -aq 'http://.*ASCII.*error 123' "$scratch/out"
    told $? "$path: one line says so, and no other page is fetched"
done
for url in "http://me@127.0.0.1:$port/" "http://me:1@127.0.0.1:$port/" \
    "http://127.0.0.1:0/" "http://127.0.0.1:/" "http://[127.0.0.1]:$port/" \
    "http://127.0.0.1:${port}x/" 'http://[::1' 'http://[fe80::1%25eth0]/'; do
    fails "$url" 'http://.*error 123' "$url"
done

# Where the body goes
fetch -o "$scratch/no/such/place" "$site/fine" -o "$scratch/body" "$site/dribble"
one_line "$site/fine" 'write' 'a file that cannot be written: one line'
[ "$status" -eq 1 ] && printf 'drip\n' | cmp -s - "$scratch/body"
told $? 'the other is written, and the status is 1'
fetch -o - "$site/fine"
[ "$status" -eq 0 ] && printf 'fine\n' | cmp -s - "$scratch/out.raw" &&
    grep -q '^200 .*/fine$' "$scratch/err"
told $? '-o - gives the body alone; the report goes to standard error'
fetch -o "$scratch/日本" "$site/fine"
[ "$status" -eq 0 ] && printf 'fine\n' | cmp -s - "$scratch/日本"
told $? 'a file has the name that was typed'
if [ -e /dev/full ]; then
    # shellcheck disable=SC2043 # the short answer stays in a buffer until fflush
    for path in /fine /no-length; do
        fetch -o /dev/full "$site$path"
        one_line "$site$path" 'write.*error 29' "$path to a full disk: one line"
        [ "$status" -eq 1 ]
        told $? 'and status 1'
    done
    # report PATTERN ARGUMENT...: what standard error says when standard output
    # is full.
    report() {
        pattern=$1
        shift
        status=0
        timeout -k 5 30 "$wine" "$program" "$@" >/dev/full 2>"$scratch/err" ||
            status=$?
        [ "$status" -eq 1 ] && [ "$(wc -l <"$scratch/err")" -eq 1 ] &&
            grep -q "$pattern" "$scratch/err"
    }
    report 'report.*error 29' "$site/fine"
    told $? 'a report that cannot be written: one line, status 1'
    program=$demonstration
    report 'report.*error 29'
    told $? 'so with the demonstration'
    program=$fetcher
    report '/fine: .*write.*error 29' -o - "$site/fine"
    told $? 'a body that standard output has no room for: one line, status 1'
    status=0
    timeout -k 5 30 "$wine" "$program" -o - "$site/fine" >"$scratch/out" \
        2>/dev/full || status=$?
    [ "$status" -eq 1 ] && printf 'fine\n' | cmp -s - "$scratch/out"
    told $? 'a report that standard error has no room for: the body, status 1'
else
    skip 'a full disk' 'there is no /dev/full'
fi
rm -f "$scratch/body"
fetch -o "$scratch/body" "$site/short"
[ "$status" -eq 1 ] && [ ! -e "$scratch/body" ]
told $? 'a body cut short leaves no file that looks whole'

# Every character that make is given
if [ -n "$wine" ]; then
    # ARGS is words: the path of a file in there has no blank.
    here=${scratch#"$PWD"/}
    unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
    for folder in $step; do
        make -s -C "$folder" run ARGS="$site/a?x=1&y=2 -o ../$here/made $site/fine" \
            >"$scratch/out" 2>"$scratch/err"
        told $? "make -C $folder run: status 0"
        one_line "$site/a?x=1&y=2" '^200 +4 bytes' "make -C $folder run: an & arrives"
        printf 'fine\n' | cmp -s - "$scratch/made"
        told $? "make -C $folder run: so do words"
        rm -f "$scratch/made"
        # shellcheck disable=SC2016 # as it is
        odd="$site/"'$a$$(b)`c`|d;e'"'f\"g\\h*i?j<k>l~m!n%o^p{q}[r]&&(s)=t,u+v@w"
        make -s -C "$folder" run ARGS="$odd" >"$scratch/out" 2>/dev/null
        one_line "$odd" '^404 ' "make -C $folder run: so does everything else"
    done
else
    skip 'make run' 'not tried on Windows'
fi

# Arguments that make no sense
for bad in -h --help -x "-o" "$site/fine -o" "-o body" "$site/fine -o body"; do
    # shellcheck disable=SC2086 # words
    fetch $bad
    [ "$status" -eq 2 ] && grep -q '^usage: ' "$scratch/err" &&
        [ ! -s "$scratch/out" ]
    told $? "usage, status 2: $(echo "$bad" | sed "s|$site|URL|")"
done

# Without arguments
program=$demonstration
fetch
told "$status" 'without arguments: status 0'
sed -n 's|.*http://127\.0\.0\.1:[0-9]*/||p' "$scratch/out" >"$scratch/order"
printf '%s\n' 600 400 200 200 400 600 >"$scratch/expected"
same "$scratch/expected" "$scratch/order" \
    'asked for the slowest first, answered shortest first'
[ "$(grep -c '^200 ' "$scratch/out")" -eq 3 ]
told $? 'three answers'
program=$fetcher

kill "$server"
wait "$server" 2>/dev/null
fetch "$site/fine"
one_line "$site/fine" 'refused.*10061' 'a port that nobody listens on: one line'
[ "$status" -eq 1 ]
told $? 'and status 1'

done_testing
