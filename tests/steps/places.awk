# Names the places of a file: its top-level items, each with the comment before
# it. Prints for each item a line: its name, a tab, and its text with the line
# ends as \1, so that two versions of a file can be compared place by place.
# usage: awk -f places.awk FILE...

function flush(name) {
    name = FILENAME ~ /Makefile$/ ? rule_name(code) : item_name(code)
    # Several items may go by one name: the second is NAME#2.
    if (++seen[name] > 1)
        name = name "#" seen[name]
    if (item != "")
        print name "\t" item
    item = code = ""
    depth = 0
}

function rule_name(text) {
    if (text ~ /^-?include /)
        return "include"
    sub(/^\$\(call /, "", text)
    sub(/^export /, "", text)
    match(text, /^\$\([A-Z]*\)[^ :]*|^[^ :,]+/)
    return RLENGTH > 0 ? substr(text, 1, RLENGTH) : "comment"
}

function item_name(text) {
    if (text == "")
        return "comment"
    if (text ~ /^#(define|include)/) {
        split(text, words, /[ (]/)
        return words[2]
    }
    if (text ~ /^#/) {
        sub(/ .*/, "", text)
        return text
    }
    if (text ~ /^enum \{/)
        return "enum"
    if (text ~ /^typedef [^(]*\{|^typedef [^(]*;/ || text !~ /\(/) {
        # The name behind, or the tag, or the variable before its value.
        if (text ~ /^(typedef|struct|enum) .*\}/ && text ~ /\} *[A-Za-z]/)
            sub(/.*\} */, "", text)
        else
            sub(/ *[={].*/, "", text)
        sub(/[;\[].*/, "", text)
        sub(/.*[ *]/, "", text)
        return text
    }
    if (sub(/^typedef [^(]*\([^)]*\*/, "", text)) {
        sub(/\).*/, "", text)
        return text
    }
    sub(/\(.*/, "", text)
    sub(/.*[ *]/, "", text)
    return text
}

FNR == 1 { flush() }

# A Makefile's item is a line, with what is indented behind it.
FILENAME ~ /Makefile$/ {
    if ($0 !~ /^[ \t]/ && item != "" && code != "")
        flush()
    item = item $0 "\1"
    if ($0 !~ /^#/ && $0 != "" && code == "")
        code = $0
    next
}

/^\/\*/ && !in_comment {
    if (code == "" && item != "")
        flush()
    in_comment = 1
}

in_comment {
    item = item $0 "\1"
    if (/\*\//)
        in_comment = 0
    next
}

$0 == "" && depth == 0 {
    if (item != "")
        item = item "\1"
    if (item != "" && code == "")
        flush()
    next
}

{
    item = item $0 "\1"
    bare = $0
    gsub(/\/\*.*\*\//, "", bare)
    code = code bare " "
    gsub(/"([^"\\]|\\.)*"|'([^'\\]|\\.)+'/, "", bare)
    depth += gsub(/\{/, "{", bare) - gsub(/\}/, "}", bare)
    if (depth == 0 && ($0 ~ /^#.*[^\\]$/ || bare ~ /[;}] *$/))
        flush()
}

END { flush() }
