#!/bin/sh
# Builds slow-reader.c with step 5's layers and runs it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../../..
step=$top/step05-tcpstream
build=$top/build/chapters/05-tcpstream/figures
mkdir -p "$build"
set --
for source in "$step"/*.c; do
    [ "$(basename "$source")" = main.c ] || set -- "$@" "$source"
done
if [ "${OS:-}" = Windows_NT ]; then
    cc=gcc wine=
else
    cc=x86_64-w64-mingw32-gcc wine=wine
    export WINEPREFIX="${WINEPREFIX:-$top/build/wine}" WINEDEBUG=-all
fi
$cc -std=c11 -O2 -Wall -Wextra -Werror -I"$step" "$here/slow-reader.c" \
    "$@" -lws2_32 -o "$build/slow-reader.exe"
# shellcheck disable=SC2086 # wine may be none
timeout 60 $wine "$build/slow-reader.exe"
