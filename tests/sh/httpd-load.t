#!/bin/sh
# The server of step 12 under load, from clients that we didn't write and from ten
# thousand idle ones (2,000; EVERY=1: 10,000): each response comes, and who is busy
# doesn't pay for who is not.
. tests/tap.sh

program=$(echo step12-*)/$STEP_BUILD/httpd.exe
wine=wine
[ "${OS:-}" = Windows_NT ] && wine=
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT
mkdir "$scratch/root"
echo '<p>index' >"$scratch/root/index.html"
head -c 200000 /dev/urandom >"$scratch/root/large"

# serve: with the usual deadlines but for the time until the next request.
serve() {
    # shellcheck disable=SC2086 # empty on Windows
    $wine "$program" -p 0 -t 300000 "$scratch/root" >"$scratch/log" 2>/dev/null </dev/null &
    server=$!
    until grep -q '^serving' "$scratch/log"; do
        kill -0 $server 2>/dev/null || { echo 'Bail out! the server does not start'; exit 1; }
        sleep 0.1
    done
    port=$(tr -d '\r' <"$scratch/log" | sed -n 's|^serving at http://[^:]*:\([0-9]*\)/, .*|\1|p')
}
stop() {
    kill -INT "$server"
    wait "$server"
    ok $? 'Ctrl+C ends it'
    server=
}

# bench COUNT TARGET OPTION...: so many requests, 50 at once, none fails, each is in the log.
bench() {
    count=$1 target=$2
    shift 2
    : >"$scratch/log"
    timeout 120 ab -q -n "$count" -c 50 "$@" "http://127.0.0.1:$port$target" >"$scratch/reply" 2>&1
    grep -Eq "^Complete requests: +$count\$" "$scratch/reply" &&
        grep -Eq '^Failed requests: +0$' "$scratch/reply" &&
        ! grep -q '^Non-2xx' "$scratch/reply" &&
        ! grep -Eq '^Write errors: +[1-9]' "$scratch/reply"
    held=$?
    ok $held "ab $* $target: $count requests, none has failed"
    [ $held -eq 0 ] || sed 's/^/# /' "$scratch/reply"
}

serve
if command -v ab >/dev/null; then
    bench 5000 / -k
    bench 1000 /
    bench 1000 /large -k
    bench 500 /large
else
    skip 'ab' 'apache2-utils is not installed'
fi

idle=2000
[ -z "${EVERY:-}" ] || idle=10000
# shellcheck disable=SC3045 # dash and bash have it
most=$(($(ulimit -n) - 200))
[ "$idle" -le "$most" ] || idle=$most
ratio=$(perl tests/lib/idle-and-busy.pl "$port" / "$idle" 50 40 2>"$scratch/err")
ok "$(awk "BEGIN { print !(\"$ratio\" > 0 && \"$ratio\" <= 2) }")" "50 busy ones beside $idle idle ones: $ratio times the median"
sed 's/^/# /' "$scratch/err"
stop
done_testing
