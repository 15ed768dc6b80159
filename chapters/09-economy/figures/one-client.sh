#!/bin/sh
# Step 9's server and one client, who says something twice, is idle for longer than a
# second, and says one thing more.
# usage: one-client.sh [COMMAND]   (instead of make: gets ARGS=... as its last word)
set -eu
top=$(cd "$(dirname "$0")/../../.." && pwd)
cd "$top"
[ $# -gt 0 ] || set -- make -s -C step09-economy run

# It comes as soon as there is a server.
client() {
    sleep 0.3
    printf 'one' && sleep 0.3 && printf 'two' && sleep 1.5 && printf 'three' && sleep 0.3
}
port=$((20000 + $$ % 20000))
{
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        sleep 0.5
        client | busybox nc 127.0.0.1 "$port" >/dev/null 2>&1 && break
    done
} &
"$@" ARGS="-l $port once"
wait
