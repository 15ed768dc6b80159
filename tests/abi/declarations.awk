# Prints a header with one declaration, field or directive on each line and no
# comments. What it is told in skip, a list of names, it leaves out: the
# wrappers, which are no part of Windows.
# usage: awk -v skip='close_socket send_all' -f declarations.awk ffi.h

function finish(line, name) {
    name = line
    sub(/\(.*/, "", name)
    sub(/.*[ *]/, "", name)
    if (!(line ~ /\(/ && name in skipped))
        print line
}

BEGIN {
    count = split(skip, names, " ")
    for (i = 1; i <= count; i++)
        skipped[names[i]]
}

{
    while (match($0, /\/\*([^*]|\*+[^*\/])*\*+\//) || in_comment) {
        if (in_comment) {
            if (!match($0, /\*\//))
                next
            $0 = substr($0, RSTART + 2)
            in_comment = 0
        } else
            $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
    }
    if (match($0, /\/\*/)) {
        $0 = substr($0, 1, RSTART - 1)
        in_comment = 1
    }
    sub(/ +$/, "")
}

/^#/ { print; next }
NF == 0 { next }
{
    if (pending != "")
        sub(/^ +/, " ")
    pending = pending $0
}
/[;{]$/ { finish(pending); pending = "" }
