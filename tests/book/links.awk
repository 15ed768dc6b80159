# Reads HTML pages; complains about links, images and labels that lead nowhere,
# ids that are there twice, and anything that would be loaded from elsewhere.

BEGIN { RS = "<" }

function attribute(tag, name) {
    if (!match(tag, "[ \n]" name "=\"[^\"]*\"")) return ""
    return substr(tag, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
}
function wrong(message) { print message; failed = 1 }

# Where a link in page leads: page and fragment, or nothing for another site.
function target(page, link,    path, n, i, part, out, depth) {
    fragment = ""
    if (link ~ /^[a-z+.-]+:/) return ""
    if (i = index(link, "#")) { fragment = substr(link, i + 1); link = substr(link, 1, i - 1) }
    if (link == "") return page
    path = page; sub(/[^\/]*$/, "", path); path = path link
    n = split(path, part, "/"); depth = 0
    for (i = 1; i <= n; i++) {
        if (part[i] == ".." && depth > 0) depth--
        else if (part[i] != ".") out[++depth] = part[i]
    }
    path = out[1]
    for (i = 2; i <= depth; i++) path = path "/" out[i]
    return path
}

FNR == 1 { pages[FILENAME] = 1 }
{
    tag = substr($0, 1, index($0, ">") - 1)
    name = tag; sub(/[ \n].*/, "", name)
}
(id = attribute(tag, "id")) != "" {
    if ((FILENAME, id) in ids) wrong(FILENAME ": the id " id " is there twice")
    ids[FILENAME, id] = 1
}
(link = attribute(tag, name == "a" || name == "link" || name == "use" ? "href" : "src")) != "" {
    if (name != "a" && link ~ /^([a-z]+:)?\/\//) wrong(FILENAME ": <" name "> loads " link)
    page = target(FILENAME, link)
    if (page != "") { from[++links] = FILENAME; to[links] = page; at[links] = fragment; as[links] = link }
}
(list = attribute(tag, "aria-(labelledby|describedby)")) != "" || tag ~ /aria-(labelledby|describedby)=/ {
    match(tag, /aria-(labelledby|describedby)="[^"]*"/)
    list = substr(tag, RSTART, RLENGTH); sub(/^[^"]*"/, "", list); sub(/"$/, "", list)
    n = split(list, part, " ")
    for (i = 1; i <= n; i++) { from[++links] = FILENAME; to[links] = FILENAME; at[links] = part[i]; as[links] = "#" part[i] }
}
END {
    for (k = 1; k <= links; k++) {
        if (!(to[k] in pages)) {
            if ((getline line < to[k]) < 0) wrong(from[k] ": " as[k] " leads nowhere")
            close(to[k])
        } else if (at[k] != "" && !((to[k], at[k]) in ids)) wrong(from[k] ": " as[k] " leads to no such place")
    }
    exit failed
}
