# The list of chapters, from the metadata at the top of each chapter.md.
# A chapter without a label is called by its number. The first of a part has its name.

function finish() {
    if (name == "") return
    printf "- name: %s\n  url: %s.html\n  short: %s\n  title: %s\n", name, name, substr(name, 4), title
    if (description != "") printf "  description: %s\n", description
    if (label == "" && name !~ /^00/) label = "Chapter " (substr(name, 1, 2) + 0)
    if (label != "") printf "  label: %s\n", label
    step = "step" name
    if ((getline line < (step "/Makefile")) >= 0) printf "  step: %s\n", step
    close(step "/Makefile")
    if (opens != "") printf "  part: %s\n", opens
}
BEGIN { print "---\nchapters:" }
FNR == 1 {
    finish()
    n = split(FILENAME, part, "/")
    name = part[n - 1]
    title = description = label = opens = ""
    inside = /^---/
    next
}
inside && /^(---|\.\.\.)/ { inside = 0 }
inside && /^title:/ { sub(/^title: */, ""); title = $0 }
inside && /^description:/ { sub(/^description: */, ""); description = $0 }
inside && /^part:/ { sub(/^part: */, ""); opens = $0 }
inside && /^label:/ { sub(/^label: */, ""); label = $0 }
END { finish(); print "..." }
