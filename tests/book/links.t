#!/bin/sh
# Every link inside the book, figure and anchor resolves, no id is there twice,
# and no page loads anything from elsewhere. Every program of a claim is cited,
# and every citation leads to a program.
cd "$(dirname "$0")/../.." || exit 1
. tests/book/lib.sh
need_book

find $site -name '*.html' | sort | xargs awk -f $tests/links.awk >"$work/wrong"
ok $? 'links, anchors and ids of the pages' "$work/wrong"
awk -f $tests/links.awk book/out/iocp.html >"$work/wrong"
ok $? 'links, anchors and ids of the single file' "$work/wrong"
grep -nE 'url\(|@import' $site/style.css >"$work/wrong"
test ! -s "$work/wrong"
ok $? 'the style sheet loads nothing' "$work/wrong"

ls tests/claims/*.c >"$work/programs" 2>/dev/null
cat $site/[0-9][0-9]-*.html | tr '<' '\n' | sed -n 's/^a href="\(tests\/claims\/[^"]*\.c\)\.html".*/\1/p' |
    sort -u >"$work/cited"
diff "$work/programs" "$work/cited" >"$work/differ"
ok $? "$(grep -c . "$work/programs") claims, each with a program and each cited" "$work/differ"

sed -n 's/^differs *\([a-z0-9-]*\):.*/\1/p' tests/claims/wine-*.txt 2>/dev/null | sort -u >"$work/differing"
cat $site/[0-9][0-9]-*.html | tr '<' '\n' |
    sed -n 's/^a href="tests\/claims\/\([^"]*\)\.c\.html" class="proof differs".*/\1/p' | sort -u >"$work/marked"
diff "$work/differing" "$work/marked" >"$work/differ"
ok $? 'what a Wine shows otherwise is marked so, and nothing else is' "$work/differ"

sed -n '/<nav class="toc"/,/<\/nav>/p' book/out/iocp.html | tr '<' '\n' | sed -n 's/^a [^>]*>\(..*\)/\1/p' | sort | uniq -c |
    awk '$1 >= 3' >"$work/common"
test ! -s "$work/common"
ok $? 'the contents of the single file have no title that most chapters have' "$work/common"
for c in $(chapters); do
    grep -q "<h1 id=\"${c#*-}\">Chapter $(echo "${c%%-*}" | sed 's/^0//'): " book/out/iocp.html || echo "$c has no number"
done >"$work/wrong"
test ! -s "$work/wrong"
ok $? 'chapters of the single file have their numbers' "$work/wrong"

status=0
for c in $(chapters); do
    awk -v step="step$c" -f $tests/titles.awk "$site/$c.html" || status=1
done >"$work/wrong"
ok $status 'titles of panels lead to the first line they add' "$work/wrong"
finish
