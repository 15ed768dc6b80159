#!/bin/sh
# At each checkpoint the step as the reader has it by then, or the objects that the
# text names, compiles without a warning; where the text says "run it", it runs and prints what the text shows.
# Every other output in the book is compared with a fresh run as well.
#   checkpoints.t --write [CHAPTER]: writes the outputs instead of comparing.
cd "$(dirname "$0")/../.." || exit 1
. tests/book/lib.sh
. book/output.sh
need_book
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
write=
[ "${1-}" != --write ] || write=1
prefix=${WINEPREFIX:-$PWD/build/wine}
# The steps look for their Wine prefix in ../build/wine.
mkdir -p "$prefix" "$work/build" && ln -s "$prefix" "$work/build/wine"

# expected RUN: what the page shows
expected() { awk -F'\t' -v run="$1" '$1 == "printed" && $2 == run { sub(/^[^\t]*\t[^\t]*\t/, ""); print }' "$work/panels"; }

# compare CHAPTER RUN MASK NAME: the output in $work/fresh with the page's
compare() {
    if [ -n "$write" ]; then
        [ $compiles = 0 ] || return
        cp "$work/fresh" "chapters/$1/$2.out"
        echo "# wrote chapters/$1/$2.out"
        return
    fi
    expected "$2" >"$work/expected"
    same_output "$work/expected" "$work/fresh" "$3" "$work/differ"
    ok $? "$4" "$work/differ"
}

for c in chapters/${2:-*}/chapter.md; do
    c=$(basename "$(dirname "$c")")
    awk -f $tests/panels.awk "$site/$c.html" >"$work/panels"
    grep '^checkpoint' "$work/panels" >"$work/checkpoints"
    step=
    if [ -d "step$c" ]; then
        step=step$c
        [ "$(grep -c . "$work/checkpoints")" -ge 2 ]
        ok $? "$c has two checkpoints or more"
    fi
    here=''
    compiles=0
    grep -E '^(checkpoint|output)' "$work/panels" >"$work/list"
    while IFS='	' read -r kind run where command mask; do
        if [ "$kind" = checkpoint ]; then
            here=$work/$c-$run
            read_as "$(before "$step")" "$work/panels" "$run" "$here" 2>"$work/wrong" </dev/null
            ok $? "$c, checkpoint $run: the panels so far fit" "$work/wrong"
            # shellcheck disable=SC2086 # the objects, if it isn't all of it
            (cd "$here" && make $command) >"$work/made" 2>"$work/said" </dev/null
            status=$?
            [ ! -s "$work/said" ] || status=1
            ok $status "$c, checkpoint $run: it compiles without a warning${command:+ ($command)}" "$work/said"
            compiles=$status
            continue
        fi
        [ "$where" = top ] && dir=. || dir=$here
        run_command "$dir" "$command" "$work/fresh"
        compare "$c" "$run" "$mask" "$c: $command prints what $run.out has"
    done <"$work/list"
done
finish
