# Writes a trace's rows as the rows of an HTML table; run together with trace-rows.awk.

BEGIN { arrow = "→" }

function escape(t) {
    gsub(/&/, "\\&amp;", t); gsub(/</, "\\&lt;", t); gsub(/>/, "\\&gt;", t)
    return t
}

function draw(    r) {
    for (r = 1; r <= rows; r++)
        printf "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n", ms(at[r]), escape(lane_name[lane[r]]), \
            escape((comes_back[r] ? call[row_call[r]] " " : "") text[r]), where[r] == "-" ? "" : escape(where[r])
}
