#!/bin/sh
# What takes the time is starting pandoc: a start makes a whole folder, a change makes
# only what shows it, and nothing is made twice. The runs share the processors unless
# make was told otherwise. And make watch-book notices what changes.
cd "$(dirname "$0")/../.." || exit 1
. tests/book/lib.sh
. tests/book/toy.sh

mkdir "$work/bin"
cat >"$work/bin/pandoc" <<EOF
#!/bin/sh
[ "\$1" = --version ] || echo "\$MAKEFLAGS" >>"$PWD/$work/started"
exec $(command -v pandoc) "\$@"
EOF
chmod +x "$work/bin/pandoc"
PATH=$PWD/$work/bin:$PATH

# starts NAME DUE [ARGUMENTS]: make starts pandoc so often
starts() {
    name=$1 due=$2
    shift 2
    : >"$work/started"
    (cd "$toy" && make -s -f book/book.mk book "$@") >"$work/said" 2>&1 &&
        [ "$(grep -c . "$work/started")" = "$due" ]
    ok $? "$name: $due starts of pandoc" "$work/said"
}

write_toy
new_toy
# Two for each chapter, two for each folder of code, one for each step's diff; the first
# page, the sources, what occurs where, iocp.html and iocp.epub.
starts 'two chapters and three folders of code' 17
grep -q -e '-j' "$work/started"
ok $? 'several at a time, without being asked' "$work/started"
starts 'nothing has changed' 0

sleep 1
touch "$toy/chapters/01-one/chapter.md"
starts 'a chapter has been touched' 5
touch "$toy/tests/claims/zero.c"
starts 'a claim has been touched' 6
for n in 3 4 5; do
    echo "int n$n;" >"$toy/step02-two/$n.h"
    printf '\n::: {.code file=%s.h}\nIt.\n:::\n' $n >>"$toy/chapters/02-two/chapter.md"
done
starts 'three more files' 17

touch "$toy/book/chapter.lua"
starts 'with -j1 as without' 7 -j1
! grep -q -e '-j *[02-9]' "$work/started"
ok $? 'but one at a time' "$work/started"

(cd "$toy" && ROUNDS=60 exec sh book/watch.sh) >"$work/watched" 2>&1 &
watch=$!
# told TEXT COUNT: waits until it has been said so often
told() {
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
        [ "$(grep -c "$1" "$work/watched")" != "$2" ] || return 0
        sleep 1
    done
    return 1
}
told 'up to date' 1
status=$?
ok $status 'make watch-book makes the pages' "$work/watched"
[ $status = 0 ] || { kill "$watch"; finish; }
two=chapters/02-two/chapter.md
sed 's/^Call it/Name it/' "$toy/$two" >"$work/changed" && cp "$work/changed" "$toy/$two"
told 'up to date' 2 && grep -q '^  chapter 02-two$' "$work/watched" && grep -q 'Name it' "$toy/$site/02-two.html"
ok $? 'and makes that one again in which a word changes' "$work/watched"
printf '\n::: {.code file=none.h}\n:::\n' >>"$toy/$two"
told 'not made' 1 && grep -q "^$two:.*no file none.h" "$work/watched"
ok $? 'says what is wrong' "$work/watched"
cp "$work/changed" "$toy/$two"
told 'up to date' 3 && [ "$(grep -c 'no file none.h' "$work/watched")" = 1 ]
ok $? 'once, and goes on when it has been mended' "$work/watched"
kill "$watch"
wait "$watch"
ok $? 'until it is ended'
finish
