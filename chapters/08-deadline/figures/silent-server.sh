#!/bin/sh
# Asks a server that says nothing, with step 8's program and a timeout.
# usage: silent-server.sh [COMMAND]   (instead of make: gets ARGS=... as its last word)
set -eu
top=$(cd "$(dirname "$0")/../../.." && pwd)
cd "$top"
[ $# -gt 0 ] || set -- make -s -C step08-deadline run

# What the server would send: nothing, and no end of it, as we hold the other end.
mkdir -p build
silence=$(mktemp -d build/silence.XXXXXX)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || :; rm -rf "$silence"' EXIT
mkfifo "$silence/fifo"
exec 3<>"$silence/fifo"

# A port may be taken; the server then ends at once, and we try the next.
port=$((20000 + $$ % 20000))
for try in 1 2 3 4 5 6 7 8; do
    port=$((port + try))
    busybox nc -l -p "$port" 127.0.0.1 <&3 >/dev/null 2>&1 &
    server=$!
    sleep 0.2
    if kill -0 "$server" 2>/dev/null; then break; fi
done

# A fetch that has failed ends with 1; any other way to end is not what is shown.
status=0
"$@" ARGS="--timeout 300 http://127.0.0.1:$port/" 2>/dev/null || status=$?
[ "$status" -ne 0 ]
