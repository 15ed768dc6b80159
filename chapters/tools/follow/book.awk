# The book's lists, build/book/NN-name.panels, and the reader's folder.
# C chapters; in chapter c: items (panels and checkpoints, in reading order) and
# for each file its entries, the lines of both steps: kept, removed and added.

function read_list_line(    c, f, j, t) {
    if (FNR == 1) {
        C++
        folder[C] = FILENAME
        sub(/^.*\//, "", folder[C]); sub(/\.panels$/, "", folder[C])
        number_of[C] = folder[C] + 0
    }
    c = C
    if ($1 == "panel") {
        t = ++items[c]
        kind[c, t] = "panel"; name[c, t] = $2; anchor[c, t] = $3; file_of[c, t] = $4; what_of[c, t] = $5
        item_of[$2] = t
        panels[c]++; all_panels++
    } else if ($1 == "checkpoint") {
        t = ++items[c]
        kind[c, t] = "checkpoint"; name[c, t] = $2; anchor[c, t] = $3
        checkpoints[c]++
    } else if ($1 == "line") {
        f = $3
        if (!((c, f) in entries)) { entries[c, f] = 0; file[c, ++files[c]] = f }
        j = ++entries[c, f]
        e_panel[c, f, j] = $2; e_op[c, f, j] = $4; e_old[c, f, j] = $5; e_new[c, f, j] = $6
        # The text may hold tabs.
        e_text[c, f, j] = substr($0, length($1 $2 $3 $4 $5 $6) + 7)
    }
}

# For each kept line the panel that once brought it: when somebody asks.
function find_origins(    c, i, f, j) {
    if (have_origins++) return
    for (c = 1; c <= C; c++) for (i = 1; i <= files[c]; i++) {
        f = file[c, i]
        for (j = 1; j <= entries[c, f]; j++) {
            if (e_op[c, f, j] == "-") continue
            if (e_op[c, f, j] == ".") e_panel[c, f, j] = origin[f, e_old[c, f, j], c - 1]
            origin[f, e_new[c, f, j], c] = e_panel[c, f, j]
        }
    }
}

# Each entry's key, of the chapters that are looked at: most of the time one.
function prepare_keys(c,    i) {
    if (c in prepared) return
    prepared[c] = 1
    for (i = 1; i <= files[c]; i++) {
        prepare_side(c, file[c, i], "-")
        prepare_side(c, file[c, i], "+")
    }
}
function prepare_side(c, f, side,    j, op, key) {
    begin_file(f)
    for (j = 1; j <= entries[c, f]; j++) {
        op = e_op[c, f, j]
        if (op != "." && op != side) continue
        key = key_of(e_text[c, f, j])
        if (op == side || side == "+") e_key[c, f, j] = key
    }
}

# A file of the reader's: lines[f], and for each its text and its key.
function read_file(f,    path, line, i) {
    path = DIR "/" f
    begin_file(f)
    i = 0; crs = 0
    while (!(f in broken) && (getline line < path) > 0) {
        i++
        l_text[f, i] = line
        l_key[f, i] = key_of(line)
        if (line ~ /\r$/) crs++
    }
    close(path)
    lines[f] = i
    windows_ends[f] = crs > i / 2
    wrong_inside[f] = lexical
    if (comment_since && !lexical) wrong_inside[f] = comment_since " a comment begins here and never ends"
}
function chapter_title(c,    path, line, title) {
    path = "chapters/" folder[c] "/chapter.md"
    title = folder[c]
    while ((getline line < path) > 0)
        if (sub(/^title: */, "", line)) { title = line; break }
    close(path)
    return title
}
