# Reads a chapter's page; complains about a panel that adds lines and whose title does not
# lead to the first of them, in the file as it stands in step.
BEGIN { RS = "<" }
/^a href="[^"]*\.html#L[0-9]+"/ { href = $0; sub(/^a href="/, "", href); sub(/".*/, "", href) }
/^pre class="/ { seen = 0 }
/^ins class="l"/ { added = 1; next }
added && /^span class="g">/ {
    added = 0
    if (seen++) next
    panels++
    line = $0; sub(/^span class="g">/, "", line); sub(/ .*/, "", line)
    if (index(href, step "/") == 1 && substr(href, index(href, "#")) == "#L" line) next
    print FILENAME ": the title of the panel that adds line " line " leads to " href
    failed = 1
}
END {
    if (!panels) { print FILENAME ": no panel adds a line"; failed = 1 }
    exit failed
}
