# Reads a page of the book as a reader does, and prints what its panels show:
#   line <panel> <file> <+, - or .> <old number> <new number> <text>
#   panel <panel> <its number on the page> <id>
#   checkpoint <number> <id> <the objects that compile, if not all does>
#   output <run> <where> <command> <mask>
#   printed <run> <text>
# with tabs between the fields. Only the gutter, the text, the caption and a
# removed line's old number (data-o, or one more than the line's before) are looked at.

BEGIN { RS = "<"; OFS = "\t" }

function attribute(tag, name) {
    if (!match(tag, "[ \n]" name "=\"[^\"]*\"")) return ""
    return plain(substr(tag, RSTART + length(name) + 3, RLENGTH - length(name) - 4))
}
function plain(html) {
    gsub(/&lt;/, "<", html); gsub(/&gt;/, ">", html); gsub(/&quot;/, "\"", html)
    gsub(/&#39;/, "'", html); gsub(/&amp;/, "\\&", html)
    return html
}
function has_class(tag, class) {
    return (" " attribute(tag, "class") " ") ~ (" " class " ")
}
function end_of_line() {
    sub(/\n$/, "", text)
    number = gutter; gsub(/[^0-9]/, "", number)
    sign = gutter; gsub(/[0-9 ]/, "", sign)
    if (sign == "") sign = "."
    print "line", panel, file, sign, old, number, plain(text)
}

{
    end = index($0, ">")
    tag = substr($0, 1, end - 1)
    rest = substr($0, end + 1)
    name = tag; sub(/[ \n].*/, "", name)
}
name == "div" && has_class(tag, "panel") { panel++; file = ""; id = attribute(tag, "id") }
name == "a" && has_class(tag, "panel-number") { print "panel", panel, plain(rest), id }
name == "div" && has_class(tag, "checkpoint") { print "checkpoint", ++checkpoint, attribute(tag, "id"), attribute(tag, "data-objects") }
name == "h2" && whole { file = ""; heading = 1 }
heading && name == "code" { file = plain(rest); panel++; heading = 0 }
name == "span" && has_class(tag, "file") { file = plain(rest) }
name == "kbd" { command = plain(rest) }
name == "pre" && has_class(tag, "diff") { diff = 1; next }
name == "pre" && tag ~ /data-run=/ {
    run = attribute(tag, "data-run")
    print "output", run, attribute(tag, "data-where"), command, attribute(tag, "data-mask")
    printed = ""; terminal = 1
    next
}
terminal && name == "/pre" {
    n = split(printed, row, "\n")
    for (i = 1; i < n; i++) print "printed", run, plain(row[i])
    terminal = 0
}
terminal { printed = printed rest }
diff && name == "/pre" { diff = 0 }
diff && !inside && (name == "ins" || name == "del" || name == "span") && has_class(tag, "l") {
    inside = 1; text = rest; gutter = ""
    old = attribute(tag, "data-o")
    if (name == "del") old = gone = old == "" ? gone + 1 : old
    next
}
inside == 1 && name == "span" && has_class(tag, "g") { gutter = rest; inside = 2; next }
inside {
    text = text rest
    if (name !~ /^\//) inside++
    else if (--inside == 0) end_of_line()
}
