# Draws a trace for a terminal; run together with trace-rows.awk. -v colour=1 with colours.

BEGIN { arrow = "->"; WIDEST = 24 }

function paint(code, shape) { return colour ? "\033[" code "m" shape "\033[0m" : shape }

function threads_at(r,    k, w, out, shape) {
    for (k = 1; k <= lanes; k++) {
        shape = "│"
        for (w = 1; w <= wait_count; w++)
            if (wait_lane[w] == k && wait_top[w] < r && (!wait_bottom[w] || r < wait_bottom[w]))
                shape = paint(2, "░")
        if (lane[r] == k)
            shape = paint(comes_back[r] ? 33 : 32, comes_back[r] ? "◂" : "●")
        out = out shape " "
    }
    return out
}

# Of more than WIDEST at once, the first.
function kernel_at(r,    s, o, id, shape, out) {
    split("", shape)
    for (o = 1; o <= id_count; o++) {
        id = ids[o]
        if (top[id] <= r && (!bottom[id] || r <= bottom[id]))
            shape[slot[id]] = ready[id] && r > ready[id] - posted[id] ? paint(33, "▒") : paint(34, "█")
    }
    for (s = 1; s <= slots && s <= WIDEST; s++)
        out = out (s in shape ? shape[s] : " ") " "
    return out
}

# main.c:29 > ffi.c:72: of each file the innermost line, outermost file first.
function path(places,    n, i, word, part, file, seen, out) {
    n = split(places, word, " < ")
    split("", seen)
    for (i = 1; i <= n; i++) {
        split(word[i], part, " ")
        file = part[1]
        sub(/:.*/, "", file)
        if (!(file in seen))
            out = part[1] (out == "" ? "" : " > ") out
        seen[file] = 1
    }
    return out
}

function draw(    r, k, width, label, unseen) {
    for (r = 1; r <= rows; r++)
        if (length(text[r]) + 2 * comes_back[r] > width)
            width = length(text[r]) + 2 * comes_back[r]
    print "● a call  ◂ its return  ░ a wait  █ lent to the kernel  ▒ a packet in the port"
    printf "%8s  %-" width "s ", "ms", "threads:"
    for (k = 1; k <= lanes; k++)
        printf " %s%s", lane_name[k], k < lanes ? "," : "\n"
    for (r = 1; r <= rows; r++) {
        label = sprintf("%-" width "s", (comes_back[r] ? "  " : "") text[r])
        if (bad[r])
            label = paint(31, label)
        printf "%8s  %s  %s %s %s\n", ms(at[r]), label, threads_at(r), kernel_at(r), path(where[r])
    }
    if (undrawn)
        print "Not drawn, but in trace.txt: " undrawn " calls after these."
    for (k = 1; k <= id_count; k++)
        if (ids[k] in still_out)
            unseen = unseen " #" ids[k]
    if (unseen != "")
        print "Still out when the program ended:" unseen
}
