#!/bin/sh
# Runs step 7's echo server, and bad-clients.c against it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../../..
build=$top/build/chapters/07-listener/figures
port=$((20000 + $$ % 10000))
mkdir -p "$build"
if [ "${OS:-}" = Windows_NT ]; then
    cc=gcc wine=
else
    cc=x86_64-w64-mingw32-gcc wine=wine
    export WINEPREFIX="${WINEPREFIX:-$top/build/wine}" WINEDEBUG=-all
fi
make -s -C "$top/step07-listener" >/dev/null
$cc -std=c11 -O2 -Wall -Wextra -Werror "$here/bad-clients.c" -lws2_32 -o "$build/bad-clients.exe"
# shellcheck disable=SC2086 # wine may be none
$wine "$top/step07-listener/build/listener.exe" -l $port >"$build/listening" 2>&1 &
server=$!
trap 'kill "$server"' EXIT
tries=0
until grep -q listening "$build/listening"; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { cat "$build/listening" && exit 1; }
    sleep 0.1
done
# shellcheck disable=SC2086 # wine may be none
timeout 60 $wine "$build/bad-clients.exe" $port
