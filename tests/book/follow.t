#!/bin/sh
# make follow types the book in: from an empty folder every panel finds its place,
# at each checkpoint the files are what a reader of the pages has, and at the end they
# are the step. In a folder with a blank and a foreign letter in its name.
# Chapter 1 goes by NEXT=1 alone, with its checkpoints compiled and run; with EVERY=1
# so does the whole book, which takes minutes.
cd "$(dirname "$0")/../.." || exit 1
. tests/book/lib.sh
need_book
WORK="$PWD/$work/my bücher"
export WORK
project=$WORK/book
unset NEXT TO FROM WATCH V ROUNDS
lists=$(for c in $(chapters); do echo "build/book/$c.panels"; done)
# shellcheck disable=SC2086 # their names have no blanks
follow() { env "$@" sh chapters/tools/follow/follow $lists >"$work/said" 2>&1; }

# same_as_read CHAPTER CHECKPOINT: the reader's folder is what the pages make by then
same_as_read() {
    awk -f $tests/panels.awk "$site/$1.html" >"$work/panels"
    read_as "$(before "step$1")" "$work/panels" "$2" "$work/due" 2>"$work/differ" &&
        diff -r -x build "$work/due" "$project" >"$work/differ"
    ok $? "$1, checkpoint $2: the files are what the pages make" "$work/differ"
}

# Where the reader is, and the next files, without a compiler.
look() {
    rm -rf "$work/state"
    mkdir -p "$work/state/typed"
    : >"$work/state/writes"
    # shellcheck disable=SC2086
    DIR=$project STATE=$work/state UPTO=checkpoint PASSED=$(cat "$work/passed") awk -f chapters/tools/follow/code.awk \
        -f chapters/tools/follow/align.awk -f chapters/tools/follow/book.awk -f chapters/tools/follow/follow.awk $lists
}
fact() { awk -F '\t' -v key="$1" '$1 == key { print $2 }' "$work/state/position"; }

mkdir -p "$project"
: >"$work/passed"
: >"$work/complaints"
stuck=0
while look && [ "$(fact kind)" != end ] && [ $stuck -lt 2 ]; do
    cat "$work/state/report" >>"$work/complaints"
    if [ "$(fact kind)" = checkpoint ]; then
        stuck=0
        same_as_read "$(fact folder)" "$(fact number)"
        echo "$(fact chapter) $(fact number)" >>"$work/passed"
    else
        stuck=$((stuck + 1))
        while IFS='	' read -r file lost gone; do
            [ "$lost" = 0 ] || echo "$file: a line is called the reader's own" >>"$work/complaints"
            if [ "$gone" = 0 ]; then cp "$work/state/typed/$file" "$project"; else rm "$project/$file"; fi
        done <"$work/state/writes"
    fi
done
last=$(chapters | tail -n 1)
copy_sources "step$last" "$work/last"
diff -r "$work/last" "$project" >"$work/differ"
ok $? "all panels of the book, typed in, make step$last" "$work/differ"
test ! -s "$work/complaints"
ok $? 'with nothing to complain of on the way' "$work/complaints"

# The same by NEXT=1 alone: each chapter with the lists up to its own.
rm -rf "$WORK"
all=$lists
lists=
n=0
green=0
for list in $all; do
    lists="$lists $list"
    panels=$(grep -c '^panel' "$list")
    while [ "$panels" -gt 0 ]; do
        panels=$((panels - 1))
        follow NEXT=1 || break 2
        n=$((n + 1))
        grep '^Checkpoint' "$work/said" >"$work/tried" || continue
        green=$((green + $(grep -c . "$work/tried")))
        last=$(tail -n 1 "$work/tried" | sed 's/^Checkpoint \([0-9]*\) .* chapter \([0-9]*\):.*/\2 \1/')
        same_as_read "$(chapters | sed -n "${last% *}p")" "${last#* }"
    done
    [ -n "${EVERY:-}" ] || break
done
# shellcheck disable=SC2086
panels=$(cat $lists | grep -c '^panel')
# shellcheck disable=SC2086
due=$(cat $lists | grep -c '^checkpoint')
[ "$n" = "$panels" ] && [ "$green" = "$due" ]
ok $? "$panels panels by NEXT=1 alone, $green of $due checkpoints compile and print what the book shows" "$work/said"
finish
