#!/bin/sh
# Sends a file, which holds a request, to busybox's web server with step 6's program.
# usage: send-a-file.sh [COMMAND]   (instead of make: gets ARGS=... as its last word)
set -eu
top=$(cd "$(dirname "$0")/../../.." && pwd)
root=$top/build/chapters/06-write/figures
mkdir -p "$root"
echo 'Sent back by somebody who knows nothing of completion ports.' >"$root/reply.txt"
TZ=UTC touch -d '1994-07-21 12:00:00' "$root/reply.txt"
printf 'GET /reply.txt HTTP/1.0\r\n\r\n' >"$root/request"

# A port may be taken; the server then ends at once, and we try the next.
port=$((20000 + $$ % 20000))
for try in 1 2 3 4 5 6 7 8; do
    port=$((port + try))
    busybox httpd -f -p "127.0.0.1:$port" -h "$root" 2>/dev/null &
    server=$!
    sleep 0.2
    if kill -0 "$server" 2>/dev/null; then break; fi
done
trap 'kill "$server" 2>/dev/null' EXIT

cd "$top"
[ $# -gt 0 ] || set -- make -s -C step06-write run
"$@" ARGS="127.0.0.1:$port ../build/chapters/06-write/figures/request" | tr -d '\r'
