# Which of the reader's lines is which of the book's: the pairs of equal keys, in
# the order of both, that together weigh most. Lines that say something weigh
# most; of equal weights, the lines that stay together do.

function weight(key,    kind) {
    kind = substr(key, 1, 1)
    return kind == "s" ? 1000 : kind == "w" ? 100 : kind == "c" ? 40 : 2
}

# align(n, m): xk[1..n] against yk[1..m], where yo[j] is whose line j is: neighbours
# are the lines before and after in y, or those of the same owner. The kept lines
# ("."), which are there from the start, go before their likes. xt and yt are the
# lines with their comments, which decide where nothing else does.
# Sets mate[i] to the partner of i, or 0.
function align(n, m,    i, j, p, w, best, from, before, last) {
    split("", al_way); split("", al_from); split("", mate)
    split("", al_last); split("", al_same)
    for (j = 0; j <= m; j++) { al_b[j] = 0; al_m[j] = -1 }
    for (j = 1; j <= m; j++) {
        al_same[j] = (yo[j] in al_last) ? al_last[yo[j]] : 0
        al_last[yo[j]] = j
        al_w[j] = weight(yk[j]) + (yo[j] == "." ? 2 : 0)
    }
    for (i = 1; i <= n; i++) {
        mate[i] = 0
        last = 0       # best of this row so far
        before = 0     # the row before, one to the left
        for (j = 1; j <= m; j++) {
            best = last; p = 0
            if (al_b[j] > best) { best = al_b[j]; p = 1 }
            if (xk[i] == yk[j]) {
                w = before; from = 0
                if (al_m[j - 1] >= 0 && al_m[j - 1] + 4 > w) { w = al_m[j - 1] + 4; from = j - 1 }
                if (al_same[j] && al_m[al_same[j]] >= 0 && al_m[al_same[j]] + 3 > w) {
                    w = al_m[al_same[j]] + 3; from = al_same[j]
                }
                w += al_w[j] + (xt[i] == yt[j])
                al_new[j] = w
                if (from) al_from[i, j] = from
                if (w > best) { best = w; p = 2 }
            } else
                al_new[j] = -1
            if (p) al_way[i, j] = p
            before = al_b[j]
            al_b[j] = last = best
        }
        for (j = 1; j <= m; j++) al_m[j] = al_new[j]
    }
    i = n; j = m; from = 0
    while (i > 0 && j > 0) {
        if (from || al_way[i, j] == 2) {
            mate[i] = j
            from = ((i, j) in al_from) ? al_from[i, j] : 0
            i--
            j = from ? from : j - 1
        } else if (al_way[i, j] == 1) i--
        else j--
    }
}

# How alike two texts are, from 0 to 1: the pairs of letters they have in common.
function likeness(a, b,    i, n, pairs, common) {
    if (a == b) return 1
    if (length(a) < 2 || length(b) < 2) return 0
    split("", pairs)
    for (i = 1; i < length(a); i++) pairs[substr(a, i, 2)]++
    common = 0
    for (i = 1; i < length(b); i++)
        if (pairs[substr(b, i, 2)]-- > 0) common++
    return 2 * common / (length(a) + length(b) - 2)
}
