#!/bin/sh
# Each Win32 call and each error of the appendices has a page that leads to all places
# where it occurs. What is due there is looked for in the chapters' panels, in their text,
# and in the programs of claims and faults.
cd "$(dirname "$0")/../.." || exit 1
. tests/book/lib.sh
need_book

# The lines that the panels add: step's folder, file, line, text.
for c in $(chapters); do
    awk -f $tests/panels.awk "$site/$c.html" | awk -F'\t' -v step="step$c" '
        $1 == "line" && $4 == "+" { text = $0; for (i = 1; i <= 6; i++) text = substr(text, index(text, "\t") + 1)
                                    print step "/" $3 ".html#L" $6 "\t" text }'
done >"$work/added"
# The chapters' text, without notation and code blocks: chapter, line.
for f in chapters/*/chapter.md; do
    awk -v name="$(basename "$(dirname "$f")")" '
        /^```/ { code = !code } code || /^:::|^\[\]\{/ { next } FNR > 1 && head { print name "\t" $0 } /^---$/ && FNR > 1 { head = 1 }' "$f"
done >"$work/text"

# check PAGE WORD PATTERN: the page leads to every line that has the word
check() {
    page=$site/$1.html
    [ -f "$page" ] || { echo "there is no $1.html"; return; }
    tr '<' '\n' <"$page" | sed -n 's/^a [^>]*href="\.\.\/\([^"]*\)".*/\1/p' >"$work/links"
    tr '<' '\n' <"$page" | sed -n 's/^a class="g" href="\.\.\/\([^"]*\)".*/\1/p' | sort >"$work/shown"
    grep -E "	(.*[^A-Za-z0-9_])?$3" "$work/added" | cut -f1 | sort >"$work/due"
    diff "$work/due" "$work/shown" | sed "s,^,$1: ,"
    grep -nE "(^|[^A-Za-z0-9_])$3" tests/claims/*.c tests/faults/*.c /dev/null | sed 's/^\([^:]*\):\([0-9]*\):.*/\1.html#L\2/' |
        while read -r place; do grep -qxF "$place" "$work/links" || echo "$1: does not lead to $place"; done
    case $1 in
    calls/*[A-Z]* | errors/*)
        grep -wF "$2" "$work/text" | cut -f1 | sort -u | while read -r c; do
            case $1:$c in calls/*:91-* | errors/*:92-*) continue ;; esac
            grep -q "^$c\.html" "$work/links" || echo "$1: does not lead to $c"
        done
        ;;
    esac
}

calls=$(sed -n 's/^### `\([A-Za-z_0-9]*\)`.*/\1/p' chapters/91-calls/chapter.md)
for call in $calls; do
    case $call in
    ?*[A-Z]* | _*) check "calls/$call" "$call" "$call([^A-Za-z0-9_]|\$)" ;;
    *) check "calls/$call" "$call" "$call\\(" ;;
    esac
    grep -q "href=\"calls/$call.html\"" "$site/91-calls.html" || echo "appendix A does not lead to calls/$call.html"
done >"$work/wrong"
test -n "$calls" && test ! -s "$work/wrong"
ok $? "$(echo "$calls" | grep -c .) calls, each with all its places" "$work/wrong"

sed -n 's/^\([0-9][0-9]*\) `\([A-Z_0-9]*\)`.*/\1 \2/p' chapters/92-errors/chapter.md >"$work/errors"
while read -r number name; do
    case $number in
    [1-9]??*) check "errors/$number" "$name" "($name|$number)([^A-Za-z0-9_.,:]|[.,:]\$|[.,:][^0-9]|\$)" ;;
    *) check "errors/$number" "$name" "$name([^A-Za-z0-9_]|\$)" ;;
    esac
    grep -q "href=\"errors/$number.html\"" "$site/92-errors.html" || echo "appendix B does not lead to errors/$number.html"
done <"$work/errors" >"$work/wrong"
test -s "$work/errors" && test ! -s "$work/wrong"
ok $? "$(grep -c . "$work/errors") errors, each with all its places" "$work/wrong"
finish
