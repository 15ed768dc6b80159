#!/bin/sh
# One client of step 12's server: two requests on one connection.
# usage: one-client.sh [COMMAND]   (instead of make: gets ARGS=... as its last word)
set -eu
top=$(cd "$(dirname "$0")/../../.." && pwd)
cd "$top"
[ $# -gt 0 ] || set -- make -s -C step12-httpd run

mkdir -p build
folder=$(mktemp -d build/site.XXXXXX)
server=
trap '[ -z "$server" ] || kill -s INT -- "-$server" 2>/dev/null || :; rm -rf "$folder"' EXIT
mkdir "$folder/site"
head -c 150000 /dev/zero >"$folder/site/page.html"

setsid "$@" ARGS="-q -p 0 $top/$folder/site" >"$folder/log" 2>/dev/null &
server=$!
until grep -q '^serving' "$folder/log"; do sleep 0.1; done
port=$(sed -n 's|.*:\([0-9]*\)/.*|\1|p' "$folder/log")
{
    printf 'GET /page.html HTTP/1.1\r\nHost: x\r\n\r\n'
    sleep 0.1
    printf 'HEAD /page.html HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
} | busybox nc -w 5 127.0.0.1 "$port" | wc -c
kill -s INT -- "-$server"
wait "$server" || :
server=
