# Which sections of the chapters cite which programs of tests/claims and tests/faults:
# program, chapter, and the section's id, with tabs between them.
FNR == 1 { n = split(FILENAME, part, "/"); chapter = part[n - 1]; section = "" }
/^#+ .*[{]#/ { section = $0; sub(/.*[{]#/, "", section); sub(/[ }].*/, "", section) }
{
    text = $0
    while (match(text, /program=[a-z0-9-]+|tests\/(claims|faults)\/[a-z0-9-]+\.c/)) {
        name = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        if (sub(/^program=/, "", name)) name = "tests/claims/" name ".c"
        if (!seen[name, chapter, section]++) print name "\t" chapter "\t" section
    }
}
