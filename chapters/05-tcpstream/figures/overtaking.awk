# Draws overtaking.svg from overtaking.txt, what record.c saw. One row for
# each connection in the order asked; the packets under them, in the order they
# were taken out.

function x(ms) { return left + ms * (right - left) / last }

/^#/ { next }
$2 == "connect" { start[$3] = $1; if ($3 + 1 > rows) rows = $3 + 1 }
$2 == "ask" { path[$3] = $4 }
$2 == "packet" {
    taken[++packets] = $1; owner[packets] = $3; bytes[packets] = $4
    sum[$3] += $4; end[$3] = $1
    if ($4 == 0) { place[$3] = ++done; order[done] = $3 }
    if ($1 > last) last = $1
}

END {
    left = 56; right = 428; top = 44; step = 40
    port = top + rows * step + 26
    split("first second third fourth fifth sixth", nth, " ")
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 480 %d\">\n", port + 84
    printf "<title>%d requests, asked in one order and answered in another</title>\n", rows
    printf "<desc>Time runs from left to right, from 0 to %d milliseconds.", last
    for (i = 0; i < rows; i++)
        printf " The request for %s starts at %d ms and is answered %s, at %d ms.", \
            path[i], start[i], nth[place[i]], end[i]
    printf " Each answer comes in two packets, the bytes and the end of the stream.</desc>\n"
    printf "<g font-size=\"13\">\n<text x=\"%d\" y=\"20\" font-weight=\"600\">Asked</text>\n", 0
    printf "<text x=\"%d\" y=\"20\" class=\"dim\">a read in flight</text>\n", left

    for (i = 0; i < rows; i++) {
        y = top + i * step
        printf "<text x=\"0\" y=\"%d\">%s</text>\n", y + 17, path[i]
        printf "<rect class=\"kernel kernel-fill\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"24\" rx=\"4\"/>\n", \
            x(start[i]), y, x(end[i]) - x(start[i])
        printf "<path class=\"dim\" d=\"M%.1f %dV%d\" stroke-dasharray=\"3 4\"/>\n", x(end[i]), y + 26, port - 6
        printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"end\">%d ms</text>\n", x(end[i]) - 6, y + 17, end[i] - start[i]
    }

    printf "<rect class=\"data paper-fill\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"30\" rx=\"4\"/>\n", left - 4, port, right - left + 52
    printf "<text x=\"0\" y=\"%d\" font-weight=\"600\">Port</text>\n", port + 20
    for (p = 1; p <= packets; p++) {
        # packets of nearly the same time stand side by side
        slot = p > 1 && x(taken[p]) - x(taken[p - 1]) < 29 ? slot + 1 : 0
        px = x(taken[p]) - 20 + slot * 31
        printf "<rect class=\"data data-fill\" x=\"%.1f\" y=\"%d\" width=\"29\" height=\"20\" rx=\"3\"/>", px, port + 5
        printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>\n", px + 14.5, port + 20, bytes[p]
    }
    printf "<text x=\"0\" y=\"%d\" font-weight=\"600\">Done</text>\n", port + 54
    for (d = 1; d <= done; d++)
        printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x(end[order[d]]) + 10, port + 54, path[order[d]]

    for (ms = 0; ms <= last; ms += 100)
        printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" class=\"dim\">%d</text>\n", x(ms), port + 78, ms
    printf "<text x=\"%d\" y=\"%d\" class=\"dim\">ms</text>\n", 0, port + 78
    print "</g>\n</svg>"
}
