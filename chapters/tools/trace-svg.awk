# Draws a trace as SVG; run together with trace-rows.awk. Time runs downwards; a lane
# for each thread, one for what the kernel has. -v own=1 for a picture that brings its
# colours along instead of taking the book's.

BEGIN { arrow = "→"; ROW = 20; LETTER = 6.8; LANE = 22; BAR = 15; LEFT = 52 }

function escape(t) {
    gsub(/&/, "\\&amp;", t); gsub(/</, "\\&lt;", t); gsub(/>/, "\\&gt;", t); gsub(/"/, "\\&quot;", t)
    return t
}

# → is three bytes for some awks.
function width_of(t) { gsub(/→/, ">", t); return length(t) * LETTER }

function lane_x(k) { return lanes_left + (k - .5) * LANE }
function slot_x(s) { return kernel_left + (s - .5) * (BAR + 4) }

function colours() {
    print "<style>"
    print "svg { font-family: system-ui, sans-serif; color: #22252a; background: #fcfbf8; --dim: #5f636b; --kernel: #28639d; --ours: #266a3c; --data: #864f10; --alert: #b23b32; --kernel-fill: #dce9f6; --data-fill: #f8e8d0; --dim-fill: #ebe8e1; --paper-fill: #fcfbf8 }"
    print "@media (prefers-color-scheme: dark) { svg { color: #dddad3; background: #16181c; --dim: #9da1aa; --kernel: #7db2e8; --ours: #79c792; --data: #e0ad6b; --alert: #f0938b; --kernel-fill: #1f3650; --data-fill: #43321b; --dim-fill: #2b2f37; --paper-fill: #16181c } }"
    print "text { fill: currentColor } text.dim { fill: var(--dim); stroke: none } text.kernel { fill: var(--kernel); stroke: none } text.alert { fill: var(--alert); stroke: none }"
    print ".dim { stroke: var(--dim) } .kernel { stroke: var(--kernel) } .ours { stroke: var(--ours) } .data { stroke: var(--data) } .alert { stroke: var(--alert) }"
    print ".kernel-fill { fill: var(--kernel-fill) } .data-fill { fill: var(--data-fill) } .dim-fill { fill: var(--dim-fill) } .paper-fill { fill: var(--paper-fill) }"
    print "</style>"
}

function description(    o, id, out) {
    out = calls " calls of " lanes (lanes == 1 ? " thread." : " threads.")
    for (o = 1; o <= id_count; o++) {
        id = ids[o]
        out = out " #" id ": " what[id] " at " ms(began[id]) " ms, " \
            (id in over ? "taken out at " ms(over[id]) " ms." : id in bottom ? "taken out." : "never taken out.")
    }
    return out
}

function legend(x, y, class, label) {
    printf "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" rx=\"2\"/><text x=\"%d\" y=\"%d\" class=\"dim\">%s</text>\n", \
        class, x, y - 10, x + 18, y, label
}

function bar(id,    x, to, split_at) {
    x = slot_x(slot[id]) - BAR / 2
    to = bottom[id] ? y[bottom[id]] : foot
    split_at = posted[id] ? y[top[id]] : ready[id] ? (y[ready[id]] + (ready[id] < rows ? y[ready[id] + 1] : foot)) / 2 : to
    if (split_at > to)
        split_at = to
    printf "<g class=\"lent\" data-operation=\"%s\">", id
    if (split_at > y[top[id]] || split_at == to)
        printf "<rect class=\"kernel kernel-fill\" x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" rx=\"3\"/>", \
            x, y[top[id]] - 7, BAR, split_at - y[top[id]] + (split_at == to ? 14 : 7)
    if (split_at < to)
        printf "<rect class=\"data data-fill\" x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" rx=\"3\"/>", \
            x, split_at - (posted[id] ? 7 : 0), BAR, to - split_at + (posted[id] ? 14 : 7)
    if (id in still_out)
        printf "<path class=\"alert\" d=\"M%.1f %.1fh%d\" stroke-width=\"3\"/>", x, foot + 7, BAR
    printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"10\">%s</text></g>\n", \
        x + BAR / 2, y[top[id]] + 4, id ~ /unknown/ ? "?" : id
}

# From the thread to the operations that it starts or takes out in this row.
function links(r,    n, i, id, word, out) {
    n = split(row_ops[r], word, " ")
    for (i = 1; i <= n; i++) {
        id = word[i] == "unknown" ? "unknown " word[++i] : word[i]
        if (top[id] == r || bottom[id] == r)
            out = out sprintf("<path class=\"%s\" d=\"M%.1f %.1fH%.1f\" fill=\"none\" stroke-dasharray=\"%s\"/>", \
                bottom[id] == r ? "data" : "kernel", lane_x(lane[r]) + 5, y[r], slot_x(slot[id]) - BAR / 2, \
                bottom[id] == r ? "2 2" : "none")
    }
    return out
}

function draw(    r, k, w, o, wide, head) {
    for (r = 1; r <= rows; r++) {
        w = width_of(text[r]) + (comes_back[r] ? 12 : 0)
        if (w > wide)
            wide = w
    }
    lanes_left = LEFT + wide + 10
    kernel_left = lanes_left + lanes * LANE + 10
    right = kernel_left + (slots > 0 ? slots : 1) * (BAR + 4) + 6
    head = (lanes + 1) * 16 + 12
    if (head < 62)
        head = 62
    place_y = head + 12
    for (r = 1; r <= rows; r++) {
        if (r > 1)
            place_y += ROW + (at[r] - at[r - 1] > 50000 ? 22 : at[r] - at[r - 1] > 5000 ? 10 : 0)
        y[r] = place_y
    }
    foot = place_y + (lefts_to_draw() ? 14 : 0)

    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"trace\" role=\"img\" viewBox=\"0 0 %d %d\" style=\"max-width: %dpx\">\n", right, foot + 16, right * 1.15
    printf "<title>%s</title>\n<desc>%s</desc>\n", escape(title), escape(description())
    if (own)
        colours()
    print "<g font-size=\"12\">"
    legend(LEFT, 14, "kernel kernel-fill", "lent to the kernel")
    legend(LEFT, 32, "data data-fill", "a packet in the port")
    legend(LEFT, 50, "dim dim-fill", "a thread waits")
    for (k = 1; k <= lanes; k++) {
        printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>", lane_x(k) - 2, 14 + (lanes - k + 1) * 16, escape(lane_name[k])
        printf "<path class=\"dim\" d=\"M%.1f %.1fV%.1f\"/>\n", lane_x(k), 18 + (lanes - k + 1) * 16, foot + 8
    }
    printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" class=\"kernel\">kernel</text>\n", right - 2, 14
    for (w = 1; w <= wait_count; w++)
        printf "<rect class=\"dim dim-fill\" x=\"%.1f\" y=\"%.1f\" width=\"10\" height=\"%.1f\" rx=\"2\"/>\n", \
            lane_x(wait_lane[w]) - 5, y[wait_top[w]], (wait_bottom[w] ? y[wait_bottom[w]] : foot + 8) - y[wait_top[w]]
    for (r = 1; r <= rows; r++)
        print links(r)
    for (o = 1; o <= id_count; o++)
        bar(ids[o])
    for (r = 1; r <= rows; r++) {
        printf "<g class=\"call\"%s%s><title>%s</title>", attribute("operations", substr(row_ops[r], 2)), \
            attribute("places", only_places(where[r])), escape(says[r])
        printf "<rect class=\"hit\" x=\"0\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"none\" pointer-events=\"all\"/>", \
            y[r] - ROW / 2, lanes_left - 4, ROW
        if (r == 1 || ms(at[r]) != ms(at[r - 1]))
            printf "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" class=\"dim\">%s</text>", LEFT - 12, y[r] + 4, ms(at[r])
        printf "<text x=\"%d\" y=\"%.1f\"%s>%s</text>", LEFT + (comes_back[r] ? 12 : 0), y[r] + 4, \
            bad[r] ? " class=\"alert\"" : "", escape(text[r])
        printf "<circle class=\"ours paper-fill\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/></g>\n", lane_x(lane[r]), y[r]
    }
    printf "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" class=\"dim\">ms</text>\n", LEFT - 12, 50
    print "</g>\n</svg>"
}

function attribute(name, content) {
    return content == "" ? "" : sprintf(" data-%s=\"%s\"", name, escape(content))
}

function lefts_to_draw(    id) {
    for (id in still_out)
        return 1
    return 0
}

# main.c:29 ffi.c:72, outermost first.
function only_places(places,    n, i, word, part, out) {
    n = places == "-" ? 0 : split(places, word, " < ")
    for (i = n; i >= 1; i--) {
        split(word[i], part, " ")
        out = out (out == "" ? "" : " ") part[1]
    }
    return out
}
