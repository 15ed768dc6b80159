# What of a line counts. Two lines are the same if their keys are: a letter for
# the kind (s: says something, w: punctuation, c: comment only, b: blank), a colon,
# and the text without comments and without blanks that mean nothing.

function begin_file(name) {
    in_make = name ~ /^[Mm]akefile$/
    comment_since = 0  # the line that began a comment which goes on, or 0
    lexical = ""       # what is wrong with the file's comments and strings, first one
    line_number = 0
}

function key_of(raw,    text, begun) {
    line_number++
    sub(/\r$/, "", raw)
    if (line_number == 1) sub(/^\357\273\277/, "", raw)  # what Windows' editors put first
    begun = comment_since
    text = in_make ? make_code(raw) : (begun || raw ~ /["'\/]/) ? c_code(raw) : squeeze(raw)
    if (text ~ /[A-Za-z0-9_]/) return "s:" text
    if (text != "") return "w:" text
    raw = squeeze(raw)
    return raw == "" ? "b:" : "c:" raw
}

function is_code(key) { return key ~ /^[sw]/ }

# Blanks are kept between two words only, and behind a macro's name, where they
# tell an object from a function.
function squeeze(s,    part, n, i, out) {
    n = split(s, part, /[ \t\r\f\v]+/)
    out = ""
    for (i = 1; i <= n; i++) out = join(out, part[i])
    if (s ~ /^[ \t]*#[ \t]*define[ \t]+[A-Za-z_0-9]+[ \t]/ && match(out, /^#define [A-Za-z_0-9]+/))
        out = substr(out, 1, RLENGTH) " " ltrim(substr(out, RLENGTH + 1))
    return out
}
function ltrim(s) { sub(/^[ \t]+/, "", s); return s }
function join(a, b) {
    return a (a ~ /[A-Za-z0-9_]$/ && b ~ /^[A-Za-z0-9_]/ ? " " : "") b
}

# C without its comments; strings as they are.
function c_code(s,    out, i) {
    out = ""
    while (s != "") {
        if (comment_since) {
            i = index(s, "*/")
            if (index(i ? substr(s, 1, i) : s, "/*") && !lexical)
                lexical = comment_since " a comment begins here, and line " line_number " begins another: is its */ missing?"
            if (!i) return out
            comment_since = 0
            s = substr(s, i + 2)
            continue
        }
        if (!match(s, /\/\*|\/\/|"|'/)) return join(out, squeeze(s))
        i = RSTART  # squeeze() matches, too
        out = join(out, squeeze(substr(s, 1, i - 1)))
        s = substr(s, i)
        if (s ~ /^\/\//) return out
        if (s ~ /^\/\*/) {
            comment_since = line_number
            s = substr(s, 3)
        } else {
            i = match(s, /^"([^"\\]|\\.)*"/) || match(s, /^'([^'\\]|\\.)*'/) ? RLENGTH : 0
            if (!i) {
                if (!lexical) lexical = line_number " the " substr(s, 1, 1) " that begins here has no partner in its line"
                i = length(s)
            }
            out = out substr(s, 1, i)
            s = substr(s, i + 1)
        }
    }
    return out
}

# A recipe's line begins with a tab, which counts.
function make_code(s,    recipe) {
    recipe = s ~ /^\t/
    if (!recipe) { sub(/^#.*/, "", s); sub(/[ \t]#.*/, "", s) }
    gsub(/[ \t\r]+/, " ", s)
    sub(/^ /, "", s); sub(/ $/, "", s)
    if (!recipe && match(s, /^[A-Za-z_][A-Za-z_0-9]* ?[:?+]?= ?/)) {
        recipe = substr(s, 1, RLENGTH)
        s = substr(s, RLENGTH + 1)
        gsub(/ /, "", recipe)
        return recipe s
    }
    return recipe && s != "" ? "\t" s : s
}
