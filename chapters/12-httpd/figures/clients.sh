#!/bin/sh
# Clients of step 12's server, good and bad, and what its log says of them.
# usage: clients.sh [COMMAND]   (instead of make: gets ARGS=... as its last word)
set -eu
top=$(cd "$(dirname "$0")/../../.." && pwd)
cd "$top"
[ $# -gt 0 ] || set -- make -s -C step12-httpd run

mkdir -p build
folder=$(mktemp -d build/site.XXXXXX)
server=
trap '[ -z "$server" ] || kill -s INT -- "-$server" 2>/dev/null || :; rm -rf "$folder"' EXIT
mkdir "$folder/site"
echo '<title>Hello</title><link rel=stylesheet href=style.css>' >"$folder/site/index.html"
echo 'body { color: teal }' >"$folder/site/style.css"
head -c 3000000 /dev/zero >"$folder/site/large"
echo 'for nobody' >"$folder/secret"

# A group of its own, for Ctrl+C; the server, not make, is to hear of it.
setsid "$@" ARGS="-p 0 -t 700 $top/$folder/site" >"$folder/log" 2>/dev/null &
server=$!
until grep -q '^serving' "$folder/log"; do sleep 0.1; done
port=$(sed -n 's|.*:\([0-9]*\)/.*|\1|p' "$folder/log")

# ask LINE...: sends these lines, and waits for the answers.
ask() { printf '%s\r\n' "$@" | busybox nc -w 5 127.0.0.1 "$port" >/dev/null; }

# Half a request, and silence.
(printf 'GET / HT'; sleep 2) | busybox nc -w 5 127.0.0.1 "$port" >/dev/null &
slow=$!
# A browser: two requests at once, then one that ends the connection.
ask 'GET / HTTP/1.1' 'Host: x' '' 'GET /style.css HTTP/1.1' 'Host: x' '' \
    'GET /style.css HTTP/1.1' 'Host: x' 'If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT' 'Connection: close' ''
# Names that are no names of the folder's.
for name in '/..%5csecret' /index.html. '/index.html::$DATA' /nul; do
    ask "GET $name HTTP/1.1" 'Host: x' 'Connection: close' ''
done
ask 'POST / HTTP/1.1' 'Host: x' ''
ask 'GET /large HTTP/1.1' 'Host: x' 'Range: bytes=-1000' 'Connection: close' ''
wait $slow
# One that is in the middle of its answer at Ctrl+C.
printf 'GET /large HTTP/1.1\r\nHost: x\r\n\r\n' | busybox nc -w 5 127.0.0.1 "$port" >"$folder/got" &
last=$!
until [ -s "$folder/got" ]; do sleep 0.01; done
kill -s INT -- "-$server"
wait "$server" || :
server=
wait $last
tr -d '\r' <"$folder/log"
echo "the last one got $(tail -c 3000000 "$folder/got" | tr -dc '\0' | wc -c) bytes of its file"
