#!/bin/sh
# Every added and removed line between a step and the one before stands in that
# step's chapter exactly once: the chapter's panels have the same lines as the
# page with the step's whole diff. And the list that `make follow` goes by puts the
# same lines into the same panels, under the same numbers.
cd "$(dirname "$0")/../.." || exit 1
. tests/book/lib.sh
need_book

# The panels on the page, and what each adds and removes, by their numbers.
numbered() {
    awk -F'\t' -v OFS='\t' '
        $1 == "panel" { print "panel", $3, $4; number[$2] = $3 }
        $1 == "line" && $4 != "." { $2 = number[$2]; print }' "$1" | LC_ALL=C sort
}
listed() {
    awk -F'\t' -v OFS='\t' '$1 == "panel" { print $1, $2, $3 } $1 == "line" && $4 != "." { print }' "$1" | LC_ALL=C sort
}
changed() { awk -F'\t' '$1 == "line" && $4 != "."' "$1" | cut -f3- | LC_ALL=C sort; }

for c in $(chapters); do
    awk -f $tests/panels.awk "$site/$c.html" >"$work/panels"
    awk -v whole=1 -f $tests/panels.awk "$site/step$c/index.html" >"$work/diff"
    changed "$work/panels" >"$work/shown"
    changed "$work/diff" >"$work/due"
    uniq -d "$work/shown" >"$work/twice"
    test ! -s "$work/twice"
    ok $? "$c: no line stands in two panels" "$work/twice"
    test -s "$work/due" && diff "$work/due" "$work/shown" >"$work/differ"
    ok $? "$c: the panels show the whole diff and no more" "$work/differ"
    numbered "$work/panels" >"$work/numbered"
    listed "build/book/$c.panels" | diff "$work/numbered" - >"$work/differ"
    ok $? "$c: the list for make follow has the same panels" "$work/differ"
    awk -f $tests/context.awk "$work/panels" >"$work/cut"
    ok $? "$c: no kept lines begin what they don't go on with" "$work/cut"
    echo "# $c: $(awk -F'\t' '$2 == "+" { a++ } $2 == "-" { r++ }
        END { printf "%d added and %d removed lines", a, r }' "$work/shown") in \
$(grep -c '^panel' "$work/panels") panels, of \
$(awk -F'\t' '$2 == "+" { a++ } $2 == "-" { r++ } END { printf "%d and %d", a, r }' "$work/due")"
done
finish
