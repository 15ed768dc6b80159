#!/bin/sh
# bits: 32
# The program that fetches, against web servers that we didn't write: bodies byte
# for byte, of the sizes around the step's buffer and one far beyond it, all at
# once.
. tests/tap.sh

for step in step[0-9][0-9]-*/http.c; do step=${step%/*}; done # the last that fetches
program=$(echo "$step/$STEP_BUILD"/*.exe)
wine=wine
[ "${OS:-}" = Windows_NT ] && wine=

server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT

root=$scratch/root
mkdir -p "$root/folder" "$root/bare"
sizes='0 1 1023 1024 1025 10485760'
for size in $sizes; do
    head -c "$size" /dev/urandom >"$root/$size"
done
echo 'the index' >"$root/folder/index.html"
chmod -R a+rX "$scratch"

# fetch ARGUMENT...: runs the program; $status, and its report without the
# carriage returns. It may not take longer than half a minute.
fetch() {
    status=0
    # shellcheck disable=SC2086 # empty on Windows
    timeout -k 5 30 $wine "$program" "$@" >"$scratch/out" 2>"$scratch/err" ||
        status=$?
    cat "$scratch/out" "$scratch/err" | tr -d '\r' >"$scratch/report"
}

told() {
    ok "$1" "$2"
    [ "$1" -eq 0 ] || head -n 20 "$scratch/report" | tr -cd "\n\40-\176" | sed 's/^/# /'
}

# answered STATUS BYTES URL: the report has this line, once.
answered() {
    [ "$(grep -Ec "^$1 +$2 bytes +[0-9]+ ms +$3\$" "$scratch/report")" -eq 1 ]
}

# serve NAME: starts that server on a free port, and waits until it answers. A
# port may be taken: then the server ends, and we try the next.
serve() {
    port=$((20000 + $$ % 20000))
    for try in 1 2 3 4 5 6 7 8; do
        port=$((port + try))
        "serve_$1" >/dev/null 2>&1 &
        server=$!
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            sleep 0.2
            kill -0 "$server" 2>/dev/null || break
            busybox wget -q -O /dev/null "http://127.0.0.1:$port/1" 2>/dev/null && return
        done
    done
    server=
    return 1
}
# exec: so that $! is the server, not a shell around it.
serve_busybox() {
    exec busybox httpd -f -p "127.0.0.1:$port" -h "$root"
}
serve_nginx() {
    cat >"$scratch/nginx.conf" <<END
daemon off; master_process off; pid "$scratch/nginx.pid"; error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path "$scratch"; proxy_temp_path "$scratch";
    fastcgi_temp_path "$scratch"; uwsgi_temp_path "$scratch";
    scgi_temp_path "$scratch";
    server { listen 127.0.0.1:$port; root "$root"; }
}
END
    exec nginx -c "$scratch/nginx.conf"
}

# What holds for every server, by its name.
try_server() {
    name=$1
    serve "$name"
    ok $? "$name runs" || return

    set --
    for size in $sizes; do
        set -- "$@" -o "$scratch/got.$size" "http://127.0.0.1:$port/$size"
    done
    fetch "$@"
    told "$status" "$name: all sizes at once: status 0"
    [ "$(wc -l <"$scratch/report")" -eq 6 ]
    told $? "$name: a line per response"
    for size in $sizes; do
        answered 200 "$size" "http://127.0.0.1:$port/$size" &&
            cmp -s "$root/$size" "$scratch/got.$size"
        told $? "$name: $size bytes, the same"
        rm -f "$scratch/got.$size"
    done

    for size in 0 1025 10485760; do
        fetch -o - "http://127.0.0.1:$port/$size"
        cmp -s "$root/$size" "$scratch/out" && [ "$status" -eq 0 ]
        told $? "$name: $size bytes to standard output, the same"
    done

    fetch "http://127.0.0.1:$port/1024" "http://localhost:$port/1025" \
        "http://127.0.0.1:$port/nowhere" "http://127.0.0.1:$port/folder/" \
        -o "$scratch/got" "http://localhost:$port/folder/" \
        "http://127.0.0.1:$port/bare/" "http://127.0.0.1:$port"
    told "$status" "$name: several hosts and some that are not there: status 0"
    answered 200 1024 "http://127.0.0.1:$port/1024"
    told $? "$name: a file from 127.0.0.1"
    answered 200 1025 "http://localhost:$port/1025"
    told $? "$name: one from localhost"
    answered 404 '[0-9]+' "http://127.0.0.1:$port/nowhere"
    told $? "$name: 404"
    answered 200 10 "http://127.0.0.1:$port/folder/" &&
        cmp -s "$root/folder/index.html" "$scratch/got"
    told $? "$name: a folder with an index"
    answered '40[34]' '[0-9]+' "http://127.0.0.1:$port/bare/"
    told $? "$name: a folder without one"
    answered '40[34]' '[0-9]+' "http://127.0.0.1:$port"
    told $? "$name: no path"
    [ "$(wc -l <"$scratch/report")" -eq 7 ]
    told $? "$name: a line per response"

    # The same big file three times at once.
    set --
    for i in 1 2 3; do
        set -- "$@" -o "$scratch/got.$i" "http://127.0.0.1:$port/10485760"
    done
    fetch "$@"
    for i in 1 2 3; do
        cmp -s "$root/10485760" "$scratch/got.$i" || status=1
        rm -f "$scratch/got.$i"
    done
    told "$status" "$name: 10 MiB three times at once, each the same"

    kill "$server"
    wait "$server" 2>/dev/null
    server=
}

if command -v busybox >/dev/null; then
    try_server busybox
else
    skip 'busybox httpd' 'busybox is missing: sudo apt-get install busybox'
fi
if command -v nginx >/dev/null; then
    try_server nginx
else
    skip nginx 'nginx is not installed'
fi

done_testing
