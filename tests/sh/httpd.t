#!/bin/sh
# The server of step 12 against clients that we didn't write, and some that mean
# no good: what they get, and that nobody else waits for it.
. tests/tap.sh

step=$(echo step12-*)
program=$step/$STEP_BUILD/httpd.exe
wine=wine
[ "${OS:-}" = Windows_NT ] && wine=
for tool in curl nc; do
    command -v $tool >/dev/null || { skip "all" "$tool is not installed"; done_testing; exit; }
done
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT

root=$scratch/root
mkdir -p "$root/folder/sub folder" "$root/bare"
sizes='0 1 65535 65536 65537 10485760'
for size in $sizes; do
    head -c "$size" /dev/urandom >"$root/$size"
done
echo '<p>index' >"$root/index.html"
echo 'é' >"$root/folder/é.txt"
echo 'sub' >"$root/folder/sub folder/index.html"
echo 'secret' >"$scratch/secret.txt"
cp "$root/index.html" "$root/page.html"
touch -d '1994-11-06 08:49:37 UTC' "$root/page.html"

# serve ARGUMENT...: starts the server; $site is where it is.
serve() {
    # shellcheck disable=SC2086 # empty on Windows
    $wine "$program" -p 0 "$@" "$root" >"$scratch/log" 2>"$scratch/err" </dev/null &
    server=$!
    for _ in $(seq 100); do
        grep -q '^serving' "$scratch/log" && break
        sleep 0.1
    done
    site=$(tr -d '\r' <"$scratch/log" | sed -n 's|^serving at \(http://[^ ]*\)/, .*|\1|p')
    port=${site##*:}
}
# stop: Ctrl+C; $status is what the server ended with.
stop() {
    kill -INT "$server"
    status=0
    wait "$server" || status=$?
    server=
}
get() { curl -sS --noproxy '*' --max-time 30 --path-as-is "$@"; }
# code TARGET [OPTION...]: the status.
code() {
    target=$1
    shift
    get -o /dev/null -w '%{http_code}' "$@" "$site$target"
}
# gives STATUS TARGET NAME [OPTION...]
gives() {
    expected=$1 target=$2 name=$3
    shift 3
    got=$(code "$target" "$@")
    [ "$got" = "$expected" ]
    ok $? "$name: $expected"
    [ "$got" = "$expected" ] || echo "# got $got"
}
# raw: what comes back for the bytes of standard input.
raw() { timeout 20 nc -q 5 127.0.0.1 "$port" | tr -d '\r'; }

serve -t 3000
[ -n "$site" ]
ok $? 'it serves, on the loopback'

# What is there
for size in $sizes; do
    get -o "$scratch/body" "$site/$size" && cmp -s "$root/$size" "$scratch/body"
    ok $? "$size bytes, byte for byte"
done
get "$site/folder/%C3%A9.txt" | cmp -s - "$root/folder/é.txt"
ok $? 'a name with an accent'
get "$site/folder/sub%20folder/" | grep -q sub
ok $? 'a folder has its index'
[ "$(get -o /dev/null -w '%{redirect_url}' "$site/folder/sub%20folder?a=1")" = "$site/folder/sub%20folder/?a=1" ]
ok $? 'without its slash it is told of it'
gives 404 /bare/ 'a folder without an index'
gives 404 /nowhere 'nothing there'
get -I "$site/65537" >"$scratch/head"
grep -q '^Content-Length: 65537' "$scratch/head" && grep -q '^HTTP/1.1 200 ' "$scratch/head"
ok $? 'HEAD: the size and no body'
get -D - -o /dev/null "$site/" | grep -qi '^Content-Type: text/html; charset=utf-8'
ok $? 'the type of a page'

# Parts, and what has not changed
dd if="$root/65537" bs=1 skip=100 count=100 2>/dev/null >"$scratch/part"
get -r 100-199 "$site/65537" | cmp -s - "$scratch/part"
ok $? 'a range'
tail -c 10 "$root/10485760" >"$scratch/part"
get -r -10 "$site/10485760" | cmp -s - "$scratch/part"
ok $? 'the last ten bytes'
head -c 3000000 "$root/10485760" >"$scratch/body"
get -C - -o "$scratch/body" "$site/10485760" && cmp -s "$root/10485760" "$scratch/body"
ok $? 'a download goes on where it was cut off'
gives 206 /65537 'the first byte' -r 0-0
gives 416 /65537 'a range behind the end' -r 65537-
gives 200 /65537 'several ranges: all of it' -r 0-1,3-4
gives 304 /page.html 'not modified since' -z 'Sun, 06 Nov 1994 08:49:37 GMT'
gives 200 /page.html 'modified since' -z 'Sat, 05 Nov 1994 08:49:37 GMT'

# Paths that mean no good: never the secret, and never more than a 404
spared=0
while read -r target; do
    code=$(get -o "$scratch/body" -w '%{http_code}' "$site$target")
    case $code in
    400 | 404 | 403) ;;
    *) spared=1 && echo "# $target: $code" ;;
    esac
    ! grep -q secret "$scratch/body" 2>/dev/null || spared=1
done <<'END'
/../secret.txt
/%2e%2e/secret.txt
/..%2fsecret.txt
/..%5csecret.txt
/folder/../../secret.txt
/folder/%2e%2e/%2e%2e/secret.txt
/%2e%2e%5c%2e%2e%5csecret.txt
/%c0%ae%c0%ae/secret.txt
/%252e%252e/secret.txt
//secret.txt
/C:/windows/win.ini
/c%3a/windows/win.ini
/Z:/etc/passwd
/%5c%5c?%5cZ:%5cetc%5cpasswd
/%5c%5c.%5cC:
/index.html::$DATA
/index.html%3a%3a$DATA
/folder::$INDEX_ALLOCATION/
/index.html.
/index.html%20
/index.html%00.txt
/CON
/con.html
/AUX
/nul
/COM1
/folder/NUL.txt
/CONIN$
END
ok $spared 'no path leads out of the folder, nor to a device, nor to a file by another name'

# Requests that mean no good
gives 405 / 'POST' -X POST
gives 413 / 'a body' -d x -X GET
gives 414 "/$(printf 'x%.0s' $(seq 3000))" 'a target too long'
gives 431 / 'a head too long' -H "A: $(printf 'x%.0s' $(seq 9000))"
gives 417 / 'an expectation' -H 'Expect: gold'
gives 501 / 'another method' -X BREW
printf 'GET / HTTP/1.1\r\n\r\n' | raw | grep -q '^HTTP/1.1 400 '
ok $? 'no host: 400'
printf 'GET / HTTP/3.0\r\nHost: x\r\n\r\n' | raw | grep -q '^HTTP/1.1 505 '
ok $? 'another version: 505'
head -c 20000 /dev/urandom | raw | head -n 1 | grep -Eq '^HTTP/1.1 4|^$'
ok $? 'noise: refused'

# One connection, many requests
[ "$(get -o /dev/null -o /dev/null -o /dev/null -w '%{num_connects} ' "$site/" "$site/1" "$site/nowhere")" = '1 0 0 ' ]
ok $? 'a connection is used again'
{
    for _ in $(seq 50); do printf 'GET /1 HTTP/1.1\r\nHost: x\r\n\r\n'; done
    printf 'GET /0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
} | raw | grep -ao 'HTTP/1.1 200 ' >"$scratch/answers"
[ "$(wc -l <"$scratch/answers")" -eq 51 ]
ok $? '51 requests at once are answered in their order'
printf 'GET / HTTP/1.0\r\n\r\n' | raw | tail -n 1 | grep -q index
ok $? 'HTTP/1.0'

# The slow: each is hung up on in time, and others don't wait
printf 'GET / HT' | timeout 20 nc 127.0.0.1 "$port" >"$scratch/slow" &
half=$!
timeout 20 nc 127.0.0.1 "$port" </dev/null >"$scratch/silent" 2>&1 &
(while printf 'a' 2>/dev/null; do sleep 0.3; done) 2>/dev/null | timeout 20 nc 127.0.0.1 "$port" >"$scratch/drip" &
drip=$!
# One that asks for much and takes nothing: its window is full, its time runs.
(printf 'GET /10485760 HTTP/1.1\r\nHost: x\r\n\r\n'; sleep 8) | timeout 20 nc 127.0.0.1 "$port" | (sleep 8) &
get -o "$scratch/body" "$site/10485760" && cmp -s "$root/10485760" "$scratch/body"
ok $? 'beside them others are served'
wait $half
grep -q '^HTTP/1.1 408 ' "$scratch/slow"
ok $? 'half a head: 408'
wait $drip
grep -q '^HTTP/1.1 408 ' "$scratch/drip"
ok $? 'a head that drips: 408, too'

# One that takes its time, and has said that it will ask for nothing more: the last bytes
# are still with the server when it hears of that.
truncate -s 40M "$root/40M"
got=$(printf 'GET /40M HTTP/1.1\r\nHost: x\r\n\r\n' | timeout 30 nc -N 127.0.0.1 "$port" |
    while got=$(dd bs=1048576 count=1 iflag=fullblock 2>/dev/null | tr -dc '\0' | wc -c) && [ "$got" -gt 0 ]; do
        echo "$got" && sleep 0.02
    done | awk '{ all += $1 } END { print all }')
[ "$got" = 41943040 ]
ok $? 'a client that half-closes and reads slowly gets all'

# A file that is cut off while it is sent: the connection breaks, the server not
cp "$root/10485760" "$root/shrinks"
(get --limit-rate 1M -o "$scratch/begun" "$site/shrinks" 2>/dev/null; echo $? >"$scratch/cut") &
until [ -s "$scratch/begun" ]; do sleep 0.1; done
: >"$root/shrinks"
wait $!
[ "$(cat "$scratch/cut")" -ne 0 ]
ok $? 'a file that shrinks meanwhile: the client knows'
gives 200 / 'and the server goes on'

# Who hangs up in the middle, and who resets
clients=
for _ in 1 2 3 4 5 6 7 8 9 10; do
    get -o /dev/null --max-time 0.05 "$site/10485760" 2>/dev/null &
    clients="$clients $!"
done
# shellcheck disable=SC2086 # words
wait $clients
gives 200 / 'clients that went away'

# The end, while somebody takes nothing in yet, of an answer that is larger than what the
# system and the pipe take for him
(printf 'GET /10485760 HTTP/1.1\r\nHost: x\r\n\r\n'; sleep 4) | timeout 20 nc 127.0.0.1 "$port" |
    (sleep 1.5 && cat) >"$scratch/last" &
last=$!
sleep 0.5
stop
[ "$status" -eq 0 ]
ok $? "Ctrl+C: status 0 (was $status)"
wait $last
[ "$(wc -c <"$scratch/last")" -gt 10485760 ]
ok $? 'what was under way is finished'
tr -d '\r' <"$scratch/log" | grep -Eq '^127\.0\.0\.1:[0-9]+ - - \[../.../....:..:..:.. \+0000\] "GET /65537 HTTP/1.1" 200 65537$'
ok $? 'the log is in the form that tools know'
sed '/^wine client error:/d; /^it looks like\|^multiarch\|^execute\|^wine32/d' "$scratch/err" >"$scratch/noise"
[ ! -s "$scratch/noise" ]
ok $? 'nothing on standard error'
sed 's/^/# /' "$scratch/noise"

# What it says when it can't
says() { # NAME PATTERN STATUS ARGUMENT...
    name=$1 pattern=$2 expected=$3
    shift 3
    status=0
    # shellcheck disable=SC2086 # empty on Windows
    timeout 20 $wine "$program" "$@" >"$scratch/out" 2>&1 </dev/null || status=$?
    [ "$status" -eq "$expected" ] && tr -d '\r' <"$scratch/out" | grep -Eq "$pattern"
    ok $? "$name"
}
says 'a folder that is not there' 'nowhere.*folder.*error 2' 1 -p 0 "$scratch/nowhere"
says 'a file for a folder' 'folder.*error (3|123)' 1 -p 0 "$root/index.html"
says 'no arguments: visitors of its own' '^the file, while the server stops +200 +0$' 0
says 'a port that is none' 'port nonsense.*another PORT.*error 10109' 1 -p nonsense "$root"
says 'one beyond the last' 'port 65536.*another PORT.*error 87' 1 -p 65536 "$root"
says 'no folder' '^usage: ' 2 -q
says 'an option without a value' '^usage: ' 2 -p
says 'an unknown one' '^usage: ' 2 -x "$root"
serve
says 'a port in use' 'free.*another PORT.*error 10048' 1 -p "$port" "$root"
stop

done_testing
