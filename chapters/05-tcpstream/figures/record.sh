#!/bin/sh
# Runs step 5's program with record.c linked in, and prints what that saw.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../../..
step=$top/step05-tcpstream
build=$top/build/chapters/05-tcpstream/figures
cc=x86_64-w64-mingw32-gcc wine=wine
if [ "${OS:-}" = Windows_NT ]; then
    cc=gcc wine=
fi
mkdir -p "$build"
$cc -std=c11 -O2 -Wall -Wextra -Werror -I"$step" "$here/record.c" "$step"/*.c \
    -Wl,--wrap=connect,--wrap=send,--wrap=WSARecv \
    -Wl,--wrap=GetQueuedCompletionStatusEx -lws2_32 -o "$build/record.exe"
echo '# milliseconds, what happened, connection, path or bytes'
timeout 60 $wine "$build/record.exe" 2>&1 >/dev/null | tr -d '\r'
