#!/bin/sh
# Typing in a chapter's panels, in reading order, turns the step before into the
# step, byte for byte. The panels are read from the rendered page.
cd "$(dirname "$0")/../.." || exit 1
. tests/book/lib.sh
need_book

for c in $(chapters); do
    awk -f $tests/panels.awk "$site/$c.html" >"$work/panels"
    read_as "$(before "step$c")" "$work/panels" '' "$work/$c" 2>"$work/wrong"
    ok $? "$c: each panel fits" "$work/wrong"
    copy_sources "step$c" "$work/$c.due"
    diff -r "$work/$c.due" "$work/$c" >"$work/differ"
    ok $? "$c: together they make step$c" "$work/differ"
done
finish
