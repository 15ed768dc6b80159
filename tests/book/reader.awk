# Types in a chapter's panels: from what panels.awk printed, and the step before
# in the folder old (or none), writes every file as the reader has it at
# checkpoint upto, or at the end of the chapter, to the folder out.
# Says on standard error what cannot be, and then fails.

BEGIN { FS = "\t"; reading = 1 }

function wrong(message) { print message > "/dev/stderr"; failed = 1 }

$1 == "checkpoint" && upto != "" && $2 >= upto { past = 1 }
$1 == "checkpoint" && upto != "" && $2 == upto { found = 1 }
$1 == "line" {
    file = $3; sign = $4; o = $5; n = $6
    text = $0
    for (i = 1; i <= 6; i++) text = substr(text, index(text, "\t") + 1)
    if (!(file in known)) { known[file] = 1; name[++files] = file }
    if (sign == "+") {
        if ((file, n) in added) wrong(file ":" n " is added twice")
        added[file, n] = text
        if (!past) typed[file, n] = 1
    } else if (sign == "-") {
        if ((file, o) in removed) wrong(file ": old line " o " is removed twice")
        removed[file, o] = text
        if (!past) deleted[file, o] = 1
    } else {
        kept[++keeps] = file; kept_o[keeps] = o; kept_n[keeps] = n; kept_text[keeps] = text
    }
}

END {
    if (upto != "" && !found) wrong("there is no checkpoint " upto)
    for (f = 1; f <= files; f++) write(name[f])
    for (k = 1; k <= keeps; k++) {
        file = kept[k]
        now = kept_n[k] != "" ? new_line[file, kept_n[k]] : old_line[file, kept_o[k]]
        if (now "" != kept_text[k] "")
            wrong(file ": the panel shows \"" kept_text[k] "\" where there is \"" now "\"")
    }
    exit failed
}

# The old file and the added lines, merged: an added line has its place in the
# new file, a removed one in the old; where both are due the removed one goes first.
function write(file,    from, to, lines, o, n, text) {
    from = old "/" file; to = out "/" file; lines = 0; o = 0; n = 1
    if (old != "") {
        while ((getline text < from) > 0) old_line[file, ++o] = text
        close(from)
    }
    last = o
    printf "" > to
    for (o = 1; o <= last || (file, n) in added; ) {
        if ((file, o) in removed) {
            if (removed[file, o] "" != old_line[file, o] "")
                wrong(file ": removes \"" removed[file, o] "\" where there is \"" old_line[file, o] "\"")
            if (!((file, o) in deleted)) { print old_line[file, o] > to; lines++ }
            o++
        } else if ((file, n) in added) {
            new_line[file, n] = added[file, n]
            if ((file, n) in typed) { print added[file, n] > to; lines++ }
            n++
        } else {
            new_line[file, n] = old_line[file, o]
            print old_line[file, o] > to; lines++
            o++; n++
        }
    }
    close(to)
    for (key in added) { split(key, part, SUBSEP); if (part[1] == file && part[2] >= n) wrong(file ":" part[2] " can't be placed") }
    for (key in removed) { split(key, part, SUBSEP); if (part[1] == file && part[2] > last) wrong(file ": there is no old line " part[2]) }
    if (lines == 0) system("rm -f '" to "'")
}
