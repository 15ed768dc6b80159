# From what declarations.awk prints to how the list of facts names each thing.

function last_word(text) {
    sub(/\[.*|;.*/, "", text)
    sub(/.*[ *]/, "", text)
    return text
}

/^#define [A-Za-z_0-9]+$/ { next } # the include guard
/^#define / { print "(" $2 ","; next }
/^#/ { next }
/^(typedef )?struct [A-Za-z_0-9]+ \{$/ {
    structure = $1 == "typedef" ? $3 : "struct " $2
    print "(" structure ","
    next
}
/^}/ { structure = ""; next }
structure != "" && last_word($0) == "unused" { next } # never looked at
structure != "" { print "(" structure ", " last_word($0) ","; next }
/^struct [A-Za-z_0-9]+;$/ { next } # a name without content
/^typedef .*\(WINAPI \*/ {
    sub(/.*\(WINAPI \*/, "")
    sub(/\).*/, "")
    print "(" $0 ","
    next
}
/\(/ { sub(/\(.*/, ""); print "(" last_word($0) ","; next }
{ print "(" last_word($0) "," }
