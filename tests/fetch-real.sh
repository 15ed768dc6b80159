#!/bin/sh
# Fetches files of this repository with a step's program from busybox's web
# server, all at once, and compares every byte. Prints one line.
# usage: fetch-real.sh STEP
set -u
step=$1
out=build/fetch-real
built=${STEP_BUILD:-build}
files="README.md LICENSE Makefile $(echo "$step"/*.[ch])"

fail() {
    echo "$*" >&2
    exit 1
}

# A port may be taken; the server then ends at once, and we try the next.
serve() {
    port=$((20000 + $$ % 20000))
    for try in 1 2 3 4 5 6 7 8; do
        port=$((port + try))
        busybox httpd -f -p "127.0.0.1:$port" -h . 2>/dev/null &
        server=$!
        sleep 0.2
        kill -0 "$server" 2>/dev/null && return
    done
    fail 'no free port for busybox httpd: tried eight'
}

rm -rf "$out"
mkdir -p "$out"
wine=wine
[ "${OS:-}" = Windows_NT ] && wine=
if [ -z "$wine" ] && ! command -v busybox >/dev/null; then
    "$(echo "$step/$built"/*.exe)" >"$out/report" || fail "$step's demonstration failed"
    echo "Ran:  $step against its own server (for real files: a busybox with httpd)."
    exit
fi
serve
trap 'kill "$server" 2>/dev/null' EXIT

set --
for file in $files; do
    set -- "$@" -o "$out/$(basename "$file")" "http://127.0.0.1:$port/$file"
done
# shellcheck disable=SC2086 # empty on Windows
$wine "$(echo "$step/$built"/*.exe)" "$@" >"$out/report" ||
    { cat "$out/report" >&2; fail "$step could not fetch everything"; }
for file in $files; do
    cmp "$file" "$out/$(basename "$file")" >&2 || fail "$file arrived changed"
done
echo "Ran:  $step fetched $(echo "$files" | wc -w) files at once from busybox httpd, byte for byte."
