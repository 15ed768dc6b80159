#!/bin/sh
# bits: 32
# Step 6's sender against servers, and step 7's echo server against clients, that we
# didn't write: nc, socat, busybox, python3, redis-benchmark. Then a crowd, deaf
# clients and such as reset at once, on the system's own sockets (tests/lib/load.c).
# EVERY=1: ten thousand idle and five hundred busy ones, a hundred deaf ones.
. tests/tap.sh

sender=$(echo step06-*/"$STEP_BUILD"/*.exe)
echoer=$(echo step07-*/"$STEP_BUILD"/*.exe)
wine=wine
[ "${OS:-}" = Windows_NT ] && wine=
if [ "${OS:-}" = Windows_NT ]; then
    skip 'stock peers' 'they are Debian programs'
    done_testing
    exit
fi

other=
trap '[ -z "$other" ] || kill "$other" 2>/dev/null; rm -rf "$scratch"' EXIT
head -c 3000000 /dev/urandom >"$scratch/file"
head -c 300000 /dev/urandom >"$scratch/answer"
printf 'GET /answer HTTP/1.0\r\n\r\n' >"$scratch/request"
port=$((20000 + $$ % 20000))
LC_ALL=C.UTF-8 # so that Wine hands on letters as they are typed
export LC_ALL

have() { # have PROGRAM PACKAGE
    command -v "$1" >/dev/null && return
    skip "$1" "it is missing: sudo apt-get install $2"
    return 1
}

# listens: whether somebody listens on $port, without connecting to it.
listens() {
    grep -q "^ *[0-9]*: 0100007F:$(printf %04X "$port") 00000000:0000 0A" /proc/net/tcp
}

# start COMMAND...: runs it until it listens on $port. That may be taken: then the
# command ends, and the next one is tried. What it says is in $scratch/said.
start() {
    for _ in 1 2 3 4 5 6 7 8; do
        port=$((port + 1))
        listens && continue
        "$@" >"$scratch/said" 2>&1 &
        other=$!
        for _ in $(seq 100); do
            listens && return
            kill -0 "$other" 2>/dev/null || break
            sleep 0.1
        done
        kill "$other" 2>/dev/null
    done
    other=
    return 1
}

stop() {
    kill "$other" 2>/dev/null
    wait "$other" 2>/dev/null
    other=
}

# send FILE: has the sender send it; its status.
send() {
    timeout -k 5 60 "$wine" "$sender" "127.0.0.1:$port" "$1" >"$scratch/reply" 2>"$scratch/err"
}

told() {
    ok "$1" "$2"
    [ "$1" -eq 0 ] || head -n 5 "$scratch/err" "$scratch/said" | tr -cd '\n\40-\176' | sed 's/^/# /'
}

# Step 6: the other end of the sender.
run_nc() { exec nc -N -l 127.0.0.1 "$port" <"$scratch/answer"; }
run_summer() { exec socat "TCP-LISTEN:$port,bind=127.0.0.1" 'SYSTEM:sleep 1; sha256sum'; }
run_mirror() { exec socat "TCP-LISTEN:$port,bind=127.0.0.1" EXEC:cat; }
run_half() { exec socat "TCP-LISTEN:$port,bind=127.0.0.1" 'SYSTEM:head -c 1000 >/dev/null; echo enough'; }
run_busybox() { exec busybox httpd -f -p "127.0.0.1:$port" -h "$scratch"; }
run_python() { exec python3 -m http.server --bind 127.0.0.1 --directory "$scratch" "$port"; }

if have nc netcat-openbsd && start run_nc; then
    send "$scratch/file"
    status=$?
    wait "$other"
    [ $status -eq 0 ] && cmp -s "$scratch/file" "$scratch/said"
    ok $? 'nc has the whole file from the sender'
    cmp -s "$scratch/answer" "$scratch/reply"
    ok $? 'and the sender its answer'
fi
if have socat socat; then
    start run_summer && send "$scratch/file" &&
        [ "$(cut -c1-64 "$scratch/reply")" = "$(sha256sum <"$scratch/file" | cut -c1-64)" ]
    told $? 'socat: a late reader has the whole file, and the end behind it'
    start run_mirror && send "$scratch/file" && cmp -s "$scratch/file" "$scratch/reply"
    told $? 'socat: what comes back while the file goes out is the same'
    mv "$scratch/file" "$scratch/文ü.bin"
    start run_mirror && send "$scratch/文ü.bin" && cmp -s "$scratch/文ü.bin" "$scratch/reply"
    told $? 'socat: a file whose name is in no code page'
    mv "$scratch/文ü.bin" "$scratch/file"
    send "$scratch/nowhere"
    [ $? -eq 1 ] && grep -q '^the file: cannot read it: is it there.*(error 2)' "$scratch/err"
    told $? 'a file that is not there: one line, status 1'
    start run_half
    send "$scratch/file"
    [ $? -eq 1 ] && [ "$(wc -l <"$scratch/err")" -eq 1 ]
    told $? 'socat: a server that has heard enough: one line, status 1'
    stop
fi
for server in busybox python; do
    if [ $server = busybox ]; then have busybox busybox; else have python3 python3; fi || continue
    start run_$server && send "$scratch/request" &&
        head -n 1 "$scratch/reply" | grep -q '^HTTP/1.[01] 200' &&
        tail -c 300000 "$scratch/reply" | cmp -s - "$scratch/answer"
    told $? "$server's web server answers a request that stands in the file"
    stop
done

# Step 7: one echo server for all that follows.
run_echoer() { exec "$wine" "$echoer" -l "$port"; }
start run_echoer
told $? 'the echo server listens'

idle=200 busy=50 deaf=5 heal=2 resets=300
if [ -n "$EVERY" ]; then
    idle=10000 busy=500 deaf=100 heal=10 resets=3000
    files=$(awk '/^Max open files/ { print $5 }' /proc/self/limits)
    if [ "$files" != unlimited ] && [ "$files" -lt 11000 ]; then
        idle=$((files - busy - 500))
        echo "# only $idle idle ones: no more than $files files may be open"
    fi
fi
if ! ${CC_HERE:-cc} -O2 -Wall -Wextra -Werror tests/lib/load.c -o "$scratch/load" 2>"$scratch/err"; then
    skip 'a crowd' 'no compiler for this machine: sudo apt-get install gcc'
else
    # The deaf first: what a server has once needed, it keeps.
    memory() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$other/status"; }
    mkfifo "$scratch/go"
    before=$(memory)
    timeout 300 "$scratch/load" "$port" deaf $deaf 10485760 $heal \
        <"$scratch/go" >"$scratch/reply" 2>"$scratch/err" &
    load=$!
    exec 9>"$scratch/go"
    # Until they are stuck, which the one who listens finds out.
    while kill -0 $load 2>/dev/null && ! grep -q stuck "$scratch/reply"; do sleep 1; done
    grew=$(($(memory) - before))
    sed 's/^/# /' "$scratch/reply"
    echo "# the server's memory has grown by $grew KiB"
    # The mark, the client's own bytes and what the allocator needs; and a mebibyte
    # for the whole.
    grep -q stuck "$scratch/reply" && [ "$grew" -le $((deaf * 72 + 1024)) ]
    told $? "$deaf clients that send and don't read cost no more than their marks"
    echo go >&9
    exec 9>&-
    wait $load
    told $? "and $heal of them, once they read, have all of 10 MiB back"
fi

# echoes NAME COMMAND...: the file goes in, and comes out again.
echoes() {
    name=$1
    shift
    timeout 60 "$@" <"$scratch/file" >"$scratch/reply" 2>"$scratch/err"
    cmp -s "$scratch/file" "$scratch/reply"
    told $? "$name gets back what it sent"
}
have nc netcat-openbsd && echoes nc nc -N 127.0.0.1 "$port"
have socat socat && echoes socat socat -t 30 - "TCP:127.0.0.1:$port"
# With no more in the file than fits between the two: it sends all before it reads.
have python3 python3 && head -c 60000 "$scratch/file" >"$scratch/small" &&
    mv "$scratch/small" "$scratch/file" && echoes "python3's socket" python3 -c '
import socket, sys
data = sys.stdin.buffer.read()
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
    for i in range(0, len(data), 100):
        s.sendall(data[i:i + 100])
    s.shutdown(socket.SHUT_WR)
    while part := s.recv(7):
        sys.stdout.buffer.write(part)
' "$port"
# A request of redis is an array, which is an answer as well.
if have redis-benchmark redis-tools; then
    timeout 60 redis-benchmark -p "$port" -c 100 -n 5000 -t ping_mbulk >"$scratch/reply" 2>"$scratch/err"
    grep -q '5000 requests completed' "$scratch/reply"
    told $? 'redis-benchmark: 100 clients have 5,000 requests answered'
fi

if [ -x "$scratch/load" ]; then
    timeout 30 "$scratch/load" "$port" reset $resets >"$scratch/reply" 2>"$scratch/err"
    told $? "$resets clients reset at once, before, during and after they are accepted"
    timeout 300 "$scratch/load" "$port" crowd $idle $busy 20 >"$scratch/reply" 2>"$scratch/err"
    told $? "$busy clients have $((busy * 20)) messages echoed while $idle are idle, who are still there"
    timeout 30 "$scratch/load" "$port" crowd 1 1 10 >"$scratch/reply" 2>"$scratch/err"
    told $? 'the server serves the next one after all that'
fi
kill -0 "$other" && [ "$(wc -l <"$scratch/said")" -eq 1 ]
told $? 'and had nothing to complain of'
stop

done_testing
