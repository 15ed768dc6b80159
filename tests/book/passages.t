#!/bin/sh
# In a step's whole files every line's number leads to the panel that explains the line:
# a line that the step's own chapter adds to that line there, any other to where it led in
# the step before. What leads where is read from the pages alone.
cd "$(dirname "$0")/../.." || exit 1
. tests/book/lib.sh
need_book

# links STEP: file, line, where its number leads, the line's text
links() {
    for f in "$site/$1"/*.[ch].html "$site/$1"/Makefile.html; do
        [ ! -f "$f" ] || awk -v file="$(basename "$f" .html)" '
            BEGIN { RS = "<"; OFS = "\t" }
            function end() { if (n) print file, n, to, text; n = 0 }
            { tag = substr($0, 1, index($0, ">") - 1); rest = substr($0, index($0, ">") + 1) }
            /^span class="l" id="L/ { end(); n = tag; gsub(/[^0-9]/, "", n); to = text = ""; next }
            /^pre|^\/pre/ { end() }
            n && /^a class="g" href="/ { to = tag; sub(/^a class="g" href="/, "", to); sub(/".*/, "", to); gutter = 1; next }
            n && /^\/a>/ && gutter { gutter = 0; text = rest; next }
            n && !gutter { text = text rest }' "$f" | grep .
    done
}
# added CHAPTER: file, line and text of what its panels add
added() {
    awk -f $tests/panels.awk "$site/$1.html" | awk -F'\t' -v OFS='\t' '
        $1 == "line" && $4 == "+" { text = $0; for (i = 1; i <= 6; i++) text = substr(text, index(text, "\t") + 1); print $3, $6, text }'
}
removed() { awk -v whole=1 -f $tests/panels.awk "$site/step$1/index.html" | awk -F'\t' -v OFS='\t' '$1 == "line" && $4 == "-" { print $3, $5 }'; }

: >"$work/before"
for c in $(chapters); do
    links "step$c" >"$work/links"
    added "$c" >"$work/added"
    removed "$c" >"$work/removed"
    awk -F'\t' -v OFS='\t' -v chapter="$c" '
        BEGIN { short = chapter; sub(/^[0-9]*-/, "", short) }
        FILENAME ~ /before$/ { was[$1, $2] = $3; lines[$1] = $2; next }
        FILENAME ~ /removed$/ { gone[$1, $2] = 1; next }
        FILENAME ~ /added$/ { own[$1, $2] = 1; next }
        FNR == 1 || $1 != file { file = $1; o = 0 }
        (file, $2) in own { due = "../" chapter ".html#" short "-" file "-L" $2 }
        !((file, $2) in own) { do o++; while ((file, o) in gone); due = was[file, o] }
        $3 != due || due == "" { print file ":" $2 " leads to \"" $3 "\", not to \"" due "\""; wrong = 1 }
        END { if (!FNR) print "there are no lines"; exit !FNR || wrong }
    ' "$work/before" "$work/removed" "$work/added" "$work/links" >"$work/wrong"
    ok $? "step$c: the numbers of $(grep -c . "$work/links") lines lead to their passages" "$work/wrong"

    # What stands there is the line.
    awk -F'\t' -v chapter="$c" '
        function plain(html) {
            gsub(/&lt;/, "<", html); gsub(/&gt;/, ">", html); gsub(/&quot;/, "\"", html)
            gsub(/&#39;/, "\47", html); gsub(/&amp;/, "\\&", html)
            return html
        }
        function rest(n,    i, text) { text = $0; for (i = 1; i <= n; i++) text = substr(text, index(text, "\t") + 1); return text }
        FILENAME ~ /added$/ { due[$1, $2] = rest(2); next }
        index($3, chapter ".html") && plain(rest(3)) != due[$1, $2] { print $1 ":" $2 ": " rest(3) " / " due[$1, $2]; wrong = 1 }
        END { exit wrong }
    ' "$work/added" "$work/links" >"$work/wrong"
    ok $? "$c: and there the same lines stand" "$work/wrong"
    cp "$work/links" "$work/before"
done
finish
