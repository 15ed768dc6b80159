# One start of pandoc makes the pages of a whole folder: a frame, with {title} and
# {description} in its head, around all of their texts. This cuts them apart. Each text
# begins with a line <!-- page FILE, title and description, with tabs between them -->;
# the last is followed by <!-- pages end -->. Writes the files to the folder site.

BEGIN { FS = "\t" }

# The frame is needed whole before the first page can be written.
{ line[NR] = $0 }
/^<!-- page / { first = first ? first : NR }
/^<!-- pages end -->$/ { last = NR }

function put(name, value, text,    at, done) {
    while (at = index(text, "{" name "}")) {
        done = done substr(text, 1, at - 1) value
        text = substr(text, at + length(name) + 2)
    }
    return done text
}
function frame(from, to,    n) {
    for (n = from; n <= to; n++) print put("description", description, put("title", title, line[n])) >file
}
END {
    if (!last) { print "pages.awk: these are no pages" >"/dev/stderr"; exit 1 }
    for (n = first ? first : last; n <= last; n++) {
        if (n == last || line[n] ~ /^<!-- page /) {
            if (file) { frame(last + 1, NR); close(file) }
            if (n == last) break
            split(line[n], part)
            file = site "/" substr(part[1], 11); title = part[2]
            description = part[3]; sub(/ -->$/, "", description)
            frame(1, first - 1)
        } else print line[n] >file
    }
}
