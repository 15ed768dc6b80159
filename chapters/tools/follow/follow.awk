# Where the reader is. From the book's lists (the arguments) and the reader's folder:
# which chapter it is, which panels are typed in, what is wrong with the first that
# isn't, and the files as they would be with the next panel typed in.
# From the environment: DIR, the reader's folder; STATE, a folder for what is found:
#   position  what comes next, a line each: KEY <tab> VALUE
#   report    what is wrong and worth knowing, for the reader
#   typed/    the files with the next panels typed in, up to UPTO (nothing: one
#             panel; checkpoint; or a panel's number)
#   writes    their names, with a 1 where a line of the reader's own would go
#   owners    at a checkpoint, FILE <tab> LINE <tab> PANEL for all of the reader's lines
# and PASSED (chapter and number of each checkpoint passed), OTHERS (names of further
# files in the folder), BROKEN (names of files that aren't plain text).

BEGIN {
    FS = "\t"
    DIR = ENVIRON["DIR"]; STATE = ENVIRON["STATE"]; UPTO = ENVIRON["UPTO"]
    n = split(ENVIRON["PASSED"], passes, "\n")
    for (i = 1; i <= n; i++) if (passes[i] != "") { split(passes[i], part, " "); passed[part[1], part[2]] = 1 }
    others = split(ENVIRON["OTHERS"], other, "\n")
    n = split(ENVIRON["BROKEN"], part, "\n")
    for (i = 1; i <= n; i++) broken[part[i]] = 1
}
{ read_list_line() }
END {
    for (c = 1; c <= C; c++) for (i = 1; i <= files[c]; i++) if (!(file[c, i] in lines)) read_file(file[c, i])
    c = choose_chapter()
    for (;;) {
        study(c)
        find_position(c)
        if (position || c == C) break
        c++
    }
    tell(c)
}

# The chapter -----------------------------------------------------------------

# What speaks against a chapter: lines of the reader's that neither of its steps
# has, and lines of both that the reader hasn't.
function cost(c,    i, f, j, key, theirs, ours, sum) {
    prepare_keys(c)
    sum = 0
    due = 0  # all that could be missing
    for (i = 1; i <= files[c]; i++) {
        f = file[c, i]
        split("", theirs); split("", ours)
        for (j = 1; j <= lines[f]; j++) theirs[l_key[f, j]]++
        for (j = 1; j <= entries[c, f]; j++) {
            key = e_key[c, f, j]
            ours[key] = 1
            if (e_op[c, f, j] != "." || !is_code(key)) continue
            due += weight(key)
            if (!theirs[key]) sum += weight(key)
        }
        for (j = 1; j <= lines[f]; j++)
            if (is_code(l_key[f, j]) && !(l_key[f, j] in ours)) sum += weight(l_key[f, j])
        known[f] = c
    }
    for (f in lines)
        if (known[f] != c) for (j = 1; j <= lines[f]; j++) if (is_code(l_key[f, j])) sum += weight(l_key[f, j])
    return sum
}

# The cheapest chapter; of several the first. Chapters that are finished are out of
# the question as long as half of what they left is there.
function choose_chapter(    c, from, best, least, now) {
    from = 1
    for (c = 1; c <= C; c++) if (passed[number_of[c], checkpoints[c]]) from = c < C ? c + 1 : c
    best = from
    least = cost(from)
    if (least > due / 2) from = 1
    for (c = from; c <= C && least > 0; c++) {
        now = cost(c)
        if (now < least || (now == least && c < best)) { least = now; best = c }
    }
    return best
}

# The files -------------------------------------------------------------------

# s[f, j] is how entry j stands in the reader's file, and at[f, j] where:
#   typed      as it is in the book, in its place
#   elsewhere  as part of a whole item that the reader put somewhere else
#   astray     somewhere else, in the middle of something
#   differs    there is a line like it
#   old        as it was in the step before, with another comment
# and nothing if it isn't there. is[f, i] is the entry of the reader's line i.
function study(c,    i) {
    prepare_keys(c)
    split("", s); split("", at); split("", is); split("", is_to); split("", is_twin); split("", in_place)
    for (i = 1; i <= files[c]; i++) study_file(c, file[c, i])
    count_panels(c)
}

function study_file(c, f,    n, m, i, j, k) {
    n = lines[f]; m = entries[c, f]
    if (untouched(c, f)) return
    # First what says something; then, between those, the same text broken into lines in
    # another way, and lines that are only alike; then punctuation, by its neighbours;
    # then comments and blank lines.
    match_range(c, f, 0, n + 1, 0, m + 1, "s", 0)
    between(c, f, "reflow")
    between(c, f, "alike")
    between(c, f, "sw")
    between(c, f, "swcb")
    for (j = 1; j <= m; j++) if (e_op[c, f, j] == "-" && is_code(e_key[c, f, j]) && (k = twin(c, f, j))) {
        is_twin[f, j] = 1
        if (s[f, j] == "") continue
        if (bare(l_text[f, at[f, j]]) == bare(e_text[c, f, j])) s[f, k] = "old"
        else {
            pair(f, at[f, j], k, "typed")
            is_twin[f, k] = 1
            delete s[f, j]; delete at[f, j]
        }
    }
    for (j = 1; j <= m; j++) in_place[f, j] = at[f, j]
    look_elsewhere(c, f)
}
# Most files don't change in a chapter, and the reader hasn't changed them either: then each
# line is its like.
function untouched(c, f,    j) {
    if (lines[f] != entries[c, f]) return 0
    for (j = 1; j <= lines[f]; j++) if (e_op[c, f, j] != "." || l_key[f, j] != e_key[c, f, j]) return 0
    for (j = 1; j <= lines[f]; j++) { pair(f, j, j, "typed"); in_place[f, j] = j }
    return 1
}
function bare(text) { sub(/[ \t\r]+$/, "", text); return text }
# The added line that has the code of the removed line j, where the reader has it not:
# only blanks or the comment change, so whoever has others is done with it.
function twin(c, f, j,    k) {
    for (k = j + 1; k <= entries[c, f] && e_op[c, f, k] != "."; k++)
        if (e_op[c, f, k] == "+" && e_key[c, f, k] == e_key[c, f, j] && s[f, k] == "") return k
    return 0
}
function pair(f, i, j, how) { s[f, j] = how; at[f, j] = i; is[f, i] = j }

function find_depths(c, f,    i, j) {
    split("", depth); split("", depth_after)
    j = 0
    for (i = 1; i <= entries[c, f]; i++) if (e_op[c, f, i] != "-") {
        depth[i] = j
        j += level(e_key[c, f, i])
        depth_after[i] = j
    }
}

# How many brackets a line opens more than it closes.
function level(key,    text) {
    text = substr(key, 3)
    gsub(/"([^"\\]|\\.)*"|'([^'\\]|\\.)*'/, "", text)
    return gsub(/[{(]/, "", text) - gsub(/[})]/, "", text)
}

# Pairs the reader's lines between i0 and i1 with the entries between j0 and j1: those
# whose kind is one of kinds. With ends, the lines i0 and i1 are neighbours, too.
function match_range(c, f, i0, i1, j0, j1, kinds, ends,    i, j, n, m) {
    n = m = 0
    if (ends) { xk[++n] = yk[++m] = "<"; xi[n] = 0; yj[m] = j0 }
    for (i = i0 + 1; i < i1; i++)
        if (!((f, i) in is) && index(kinds, substr(l_key[f, i], 1, 1))) { xk[++n] = l_key[f, i]; xi[n] = i }
    for (j = j0 + 1; j < j1; j++)
        if (s[f, j] == "" && index(kinds, substr(e_key[c, f, j], 1, 1))) { yk[++m] = e_key[c, f, j]; yj[m] = j }
    if (n == ends || m == ends) return
    if (ends) { xk[++n] = yk[++m] = ">"; xi[n] = 0; yj[m] = j1 }
    for (i = 1; i <= n; i++) xt[i] = xi[i] ? bare(l_text[f, xi[i]]) : ""
    for (j = 1; j <= m; j++) {
        yt[j] = bare(e_text[c, f, yj[j]])
        yo[j] = e_op[c, f, yj[j]] == "." ? "." : e_panel[c, f, yj[j]] e_op[c, f, yj[j]]
    }
    # What is kept at the beginning and at the end, but for the last line next to what
    # changes, needs no search: aligning takes n * m.
    for (i = 0; i + 2 <= n && i + 2 <= m && same_kept(i + 1, i + 1) && same_kept(i + 2, i + 2); i++) pair(f, xi[i + 1], yj[i + 1], "typed")
    for (; n > i + 1 && m > i + 1 && same_kept(n, m) && same_kept(n - 1, m - 1); n--) pair(f, xi[n], yj[m--], "typed")
    if (i) {
        for (j = i + 1; j <= n; j++) { xk[j - i] = xk[j]; xt[j - i] = xt[j]; xi[j - i] = xi[j] }
        for (j = i + 1; j <= m; j++) { yk[j - i] = yk[j]; yt[j - i] = yt[j]; yo[j - i] = yo[j]; yj[j - i] = yj[j] }
        n -= i; m -= i
    }
    align(n, m)
    for (i = 1; i <= n; i++) if (mate[i] && xi[i]) pair(f, xi[i], yj[mate[i]], "typed")
}
function same_kept(i, j) { return yo[j] == "." && xk[i] == yk[j] && xt[i] == yt[j] }

# For each stretch between two lines that are in their place.
function between(c, f, what,    i, i0, j0, j1) {
    i0 = j0 = 0
    for (i = 1; i <= lines[f] + 1; i++) {
        if (i <= lines[f] && !((f, i) in is)) continue
        j1 = i > lines[f] ? entries[c, f] + 1 : is[f, i]
        if (i > i0 + 1 && j1 > j0 + 1) {
            if (what == "reflow") reflow(c, f, i0 + 1, i - 1, j0 + 1, j1 - 1)
            else if (what == "alike") alike(c, f, i0 + 1, i - 1, j0 + 1, j1 - 1)
            else match_range(c, f, i0, i, j0, j1, what, 1)
        }
        i0 = i
        if (i <= lines[f]) j0 = ((f, i) in is_to) ? is_to[f, i] : is[f, i]
    }
}

function due_here(c, f, j) { return e_op[c, f, j] != "-" && s[f, j] == "" && is_code(e_key[c, f, j]) }
function own_here(f, i) { return !((f, i) in is) && is_code(l_key[f, i]) }

function reflow(c, f, i1, i2, j1, j2,    i, j) {
    for (i = i1; i <= i2; i++)
        for (j = j1; own_here(f, i) && l_key[f, i] ~ /^s/ && j <= j2; j++)
            if (due_here(c, f, j) && same_text(c, f, i, i2, j, j2)) j1 = is_to[f, i] + 1
}
# Do lines from i on and entries from j on have a text in common?
function same_text(c, f, i, i2, j, j2,    a, b, ii, jj, k) {
    a = substr(l_key[f, i], 3); b = substr(e_key[c, f, j], 3)
    ii = i; jj = j
    while (a != b) {
        if (length(a) < length(b)) {
            if (substr(b, 1, length(a)) != a) return 0
            do ii++; while (ii <= i2 && !is_code(l_key[f, ii]))
            if (ii > i2) return 0
            a = join(a, substr(l_key[f, ii], 3))
        } else {
            if (substr(a, 1, length(b)) != b) return 0
            do jj++; while (jj <= j2 && !due_here(c, f, jj))
            if (jj > j2) return 0
            b = join(b, substr(e_key[c, f, jj], 3))
        }
    }
    for (k = j; k <= jj; k++) if (due_here(c, f, k)) { s[f, k] = "typed"; at[f, k] = ii }
    for (k = i; k <= ii; k++) { is[f, k] = j; is_to[f, k] = jj }
    return 1
}

function alike(c, f, i1, i2, j1, j2,    i, j, best, like, found, tries) {
    tries = 0
    for (i = i1; i <= i2; i++) {
        if (!own_here(f, i) || l_key[f, i] !~ /^s/) continue
        best = .6; found = 0
        for (j = j1; j <= j2 && tries < 20000; j++) {
            if (!due_here(c, f, j)) continue
            tries++
            like = likeness(l_key[f, i], e_key[c, f, j])
            if (like > best) { best = like; found = j }
        }
        if (found) {
            pair(f, i, found, "differs")
            j1 = found + 1
        }
    }
}

# What is left on both sides: the same lines in another order.
function look_elsewhere(c, f,    n, m, i, j, k, any, whole, round) {
    for (round = 1; round <= 5; round++) {
        n = m = 0
        for (i = 1; i <= lines[f]; i++) if (own_here(f, i)) { xk[++n] = l_key[f, i]; xt[n] = ""; xi[n] = i }
        for (j = 1; j <= entries[c, f]; j++) if (due_here(c, f, j)) { yk[++m] = e_key[c, f, j]; yt[m] = ""; yo[m] = "."; yj[m] = j }
        if (!n || !m) return
        if (round == 1) find_depths(c, f)
        align(n, m)
        any = 0
        for (i = 1; i <= n; i = k) {
            k = i + 1
            if (!mate[i]) continue
            while (k <= n && mate[k] == mate[k - 1] + 1) k++
            for (j = i; j < k && xk[j] !~ /^s/; ) j++
            if (j == k) continue  # punctuation is everywhere
            any = 1
            whole = depth[yj[mate[i]]] == 0 && depth_after[yj[mate[k - 1]]] == 0
            for (j = i; j < k; j++) pair(f, xi[j], yj[mate[j]], whole ? "elsewhere" : "astray")
        }
        if (!any) return
    }
}

# The panels ------------------------------------------------------------------

# By panel: due_of (its added lines), there (those typed), still_old (of them, those
# that only have another comment to get), going and gone (removed lines that are still
# there, and those that aren't), plain (typed lines that no other resembles), unsaid
# (missing lines that don't count), last_typed (an entry). Kept lines: panel "kept".
function count_panels(c,    i, f, j, p, seen) {
    split("", due_of); split("", there); split("", going); split("", plain); split("", last_typed); split("", gone)
    split("", still_old); split("", unsaid)
    for (i = 1; i <= files[c]; i++) {
        f = file[c, i]
        split("", seen)
        for (j = 1; j <= entries[c, f]; j++) seen[e_key[c, f, j]]++
        for (j = 1; j <= entries[c, f]; j++) {
            p = owner(c, f, j)
            if (!is_code(e_key[c, f, j])) {
                if (e_op[c, f, j] == "+" && s[f, j] == "" && e_key[c, f, j] ~ /^c/) unsaid[p]++
                continue
            }
            if (e_op[c, f, j] == "-") {
                if (s[f, j] == "typed") { if (!is_twin[f, j]) going[p]++ }
                else if (e_key[c, f, j] ~ /^s/) gone[p]++
                continue
            }
            due_of[p]++
            if (s[f, j] == "old") { there[p]++; still_old[p]++ }
            else if (s[f, j] == "typed" || s[f, j] == "elsewhere") {
                there[p]++
                if (e_key[c, f, j] ~ /^s/ && seen[e_key[c, f, j]] == 1) plain[p]++
                if (s[f, j] == "typed" && !is_twin[f, j]) last_typed[p] = j
            }
        }
    }
}
function owner(c, f, j) { return e_op[c, f, j] == "." ? "kept" : e_panel[c, f, j] }
function typed_in(p) { return there[p] + 0 == due_of[p] + 0 && !going[p] }
function begun(p) { return plain[p] > 0 || gone[p] > 1 || (!mute(p) && typed_in(p)) }
# Nothing that counts changes, or it has not been begun: only comments could tell.
function mute(p) { return due_of[p] + 0 == still_old[p] + 0 && !going[p] && !gone[p] }
function complete(c, t,    p) {
    p = name[c, t]
    if (!typed_in(p)) return 0
    return !mute(p) || !(still_old[p] + unsaid[p]) || begun_after(c, t)
}
function begun_after(c, t) {
    while (++t <= items[c]) if (kind[c, t] == "panel" && begun(name[c, t])) return 1
    return 0
}

# The first that isn't done: sets position to kept, panel or checkpoint, or nothing at
# the end of the chapter, and item to which one.
function find_position(c,    t) {
    position = ""; item = 0; done = 0
    for (t = 1; t <= items[c]; t++) if (kind[c, t] == "panel" && complete(c, t)) done++
    if (!typed_in("kept")) { position = "kept"; return }
    for (t = 1; t <= items[c]; t++) {
        if (kind[c, t] == "panel") {
            if (complete(c, t)) continue
        } else if (passed[number_of[c], name[c, t]] || begun_after(c, t)) continue
        position = kind[c, t]
        item = t
        return
    }
}

# What is wrong ---------------------------------------------------------------

function say(text) { print text > (STATE "/report") }
function trim(text) { gsub(/^[ \t]+|[ \t\r]+$/, "", text); return text }
function where(p) { return "panel " p }
function plural(n, one, many) { return n " " (n == 1 ? one : many) }

# The first entry of panel p that isn't as it should be, and why: sets wrong_file,
# wrong_entry and wrong_how. A line that has only not been typed yet is not wrong.
function find_wrong(c, p,    i, f, j, how) {
    wrong_how = ""
    for (i = 1; i <= files[c]; i++) {
        f = file[c, i]
        for (j = 1; j <= entries[c, f]; j++) {
            if (owner(c, f, j) != p || e_op[c, f, j] == "-" || !is_code(e_key[c, f, j])) continue
            how = s[f, j]
            if (how == "typed" || how == "elsewhere" || how == "old") continue
            if (how == "" && (p == "kept" || j < last_typed[p] || (there[p] - still_old[p] > 0 && begun_after(c, item_of[p])))) how = "missing"
            if (how == "") continue
            wrong_how = how; wrong_file = f; wrong_entry = j
            return
        }
    }
}

function tell_wrong(c, f, j, how,    p, i, book, yours, k) {
    find_origins()
    p = where(e_panel[c, f, j])
    book = e_text[c, f, j]
    if (how == "differs") {
        i = at[f, j]
        say(f ":" i " differs from " p ":")
        say("    yours  " trim(l_text[f, i]))
        say("    book   " trim(book))
        tell_why(l_key[f, i], e_key[c, f, j], trim(l_text[f, i]), trim(book))
    } else if (how == "astray") {
        i = at[f, j]
        for (k = j - 1; k > 0 && !(e_op[c, f, k] != "-" && e_key[c, f, k] ~ /^s/); ) k--
        say(f ":" i ": this line of " p " stands in the wrong place:")
        say("    yours  " trim(l_text[f, i]))
        if (k) say("    It follows  " trim(e_text[c, f, k]) (at[f, k] ? "  (your line " at[f, k] ")" : ""))
    } else {
        for (k = j; k > 0 && !in_place[f, k]; ) k--
        i = k ? in_place[f, k] : 0
        say(f (lines[f] ? (i ? ":" i ": after this line, " : ":1: before this line, ") : " is not there: ") \
            "a line of " p " is missing:")
        say("    book   " trim(book))
        for (i = 1; i <= lines[f]; i++) {
            yours = l_text[f, i]
            if (l_key[f, i] ~ /^c/ && gsub(/^[ \t]*(\/\/|\/\*|#)|\*\/[ \t\r]*$/, "", yours) && squeeze(yours) == substr(e_key[c, f, j], 3)) {
                say("    In your line " i " it is part of a comment.")
                break
            }
        }
    }
}

# In a few words, if there are any, and with a mark under the first difference.
function tell_why(mine, due, a, b,    k, rest) {
    mine = substr(mine, 3); due = substr(due, 3)
    if (mine == substr(due, 2) && due ~ /^\t/) {
        say("    In a Makefile this line must begin with a tab; yours begins with blanks.")
        return
    }
    if (mine ~ /^\t/ && due !~ /^\t/ && make_code(a) == due) {
        say("    In a Makefile only a recipe's line begins with a tab.")
        return
    }
    rest = a
    if (sub(/^[0-9]*[ \t]*[+-][ \t]*/, "", rest) && squeeze(rest) == squeeze(b)) {
        say("    The sign in front is the diff's, and not part of the line.")
        return
    }
    rest = a; gsub(/[ -~\t]+/, "", rest)
    if (rest != "" && index(b, rest) == 0) say("    Yours has a character that only looks like the one in the book: " rest)
    else if (tolower(mine) == tolower(due)) say("    Only capitals differ.")
    for (k = 1; k <= length(a) && substr(a, k, 1) == substr(b, k, 1); ) k++
    # Tabs and letters of several bytes would put the mark elsewhere.
    if (substr(b, 1, k) !~ /[^ -~]/) say(sprintf("    %" (k + 6) "s^", ""))
}

# A panel of which much is missing: do its lines stand in another file?
function tell_wrong_file(c, p,    t, f, g, i, j, n, due, found, first, wanted) {
    t = item_of[p]
    f = file_of[c, t]
    split("", wanted)
    due = 0
    for (j = 1; j <= entries[c, f]; j++)
        if (owner(c, f, j) == p && due_here(c, f, j) && e_key[c, f, j] ~ /^s/) { wanted[e_key[c, f, j]] = 1; due++ }
    if (!due) return 0
    for (i = 1; i <= others; i++) if (other[i] != "" && !(other[i] in lines)) read_file(other[i])
    for (g in lines) {
        if (g == f) continue
        found = 0; first = 0
        for (i = 1; i <= lines[g]; i++)
            if (!((g, i) in is) && (l_key[g, i] in wanted)) { found++; if (!first) first = i }
        if (found < due * .6 || (found == 1 && length(l_key[g, first]) < 12)) continue
        if (!lines[f] && tolower(g) == tolower(f)) say(g ": the file is called " f " in the book, and capitals count.")
        else say(g ":" first ": " plural(found, "line", "lines") " of " where(p) " " (found == 1 ? "stands" : "stand") " here, and " (found == 1 ? "belongs" : "belong") " into " f ".")
        return 1
    }
    return 0
}

# What is worth knowing and doesn't block: lines of the reader's own, among them
# what stands twice, and what an earlier chapter took away.
function tell_own(c,    k, f, i, j, old, n, first, many, d) {
    for (k = 1; k <= files[c]; k++) {
        f = file[c, k]
        split("", old)
        for (i = 1; i <= lines[f] && !own_here(f, i); ) i++
        if (i <= lines[f]) for (d = 1; d < c; d++) {
            prepare_keys(d)
            for (j = 1; j <= entries[d, f]; j++)
                if (e_op[d, f, j] == "-") old[e_key[d, f, j]] = e_panel[d, f, j]
        }
        for (j = 1; j <= entries[c, f]; j++) { delete old[e_key[c, f, j]] }
        split("", first)
        for (i = 1; i <= lines[f]; i++) if (((f, i) in is) && l_key[f, i] ~ /^s/ && !(l_key[f, i] in first)) first[l_key[f, i]] = i
        n = 0
        for (i = 1; i <= lines[f]; i = j) {
            j = i + 1
            if (!own_here(f, i)) continue
            for (d = 0; j <= lines[f] && !((f, j) in is) && (!is_code(l_key[f, j]) || (l_key[f, j] in first) == (l_key[f, i] in first)); ) j++
            if (l_key[f, i] in old)
                say("Note: " f ":" i " was to go in panel " old[l_key[f, i]] ": " trim(l_text[f, i]))
            else if (l_key[f, i] in first)
                say("Note: " f ":" i ": what stands here stands in line " first[l_key[f, i]] ", too.")
            else if (!n++) {
                many = 0
                for (d = i; d <= lines[f]; d++) many += own_here(f, d) && !(l_key[f, d] in old) && !(l_key[f, d] in first)
                say("Note: " f " has " plural(many, "line", "lines") " of your own, from line " i ". That's all right.")
            }
        }
        for (j = 1; j <= entries[c, f]; j++) if (s[f, j] == "elsewhere") {
            say("Note: " f ":" at[f, j] ": this stands elsewhere than in the book. That's all right if it compiles.")
            break
        }
    }
}

# Wrong before any line is compared. Returns whether something is.
function tell_files(c,    k, f, part) {
    for (k = 1; k <= files[c]; k++) {
        f = file[c, k]
        if (f in broken) { say(f " is not plain text. Save it as UTF-8."); return 1 }
        if (f ~ /^Makefile$/ && windows_ends[f]) {
            say(f " has Windows line ends, and make takes their carriage returns for part of each line. Save it with Unix line ends.")
            return 1
        }
        if (wrong_inside[f]) {
            split(wrong_inside[f], part, " ")
            say(f ":" part[1] ":" substr(wrong_inside[f], length(part[1]) + 1))
            return 1
        }
    }
    return 0
}

# What is found, into files -----------------------------------------------------

function tell(c,    t, u, p, i, f, j, k, n, m, wrong, ahead) {
    out = STATE "/position"
    n = done
    for (i = 1; i < c; i++) n += panels[i]
    fact("kind", position ? position : "end")
    fact("chapter", number_of[c]); fact("folder", folder[c]); fact("title", chapter_title(c))
    fact("done", done); fact("panels", panels[c]); fact("all_done", n); fact("all_panels", all_panels)
    fact("last_chapter", number_of[C])
    printf "" > (STATE "/report"); printf "" > (STATE "/types")
    j = 0
    for (u = 1; u < (item ? item : position ? 1 : items[c] + 1); u++) if (kind[c, u] == "checkpoint") j = name[c, u]
    fact("before", j)  # the last checkpoint before this place
    for (u = item ? item : items[c] + 1; u <= items[c] && kind[c, u] != "panel"; ) u++
    fact("ahead", position == "kept" ? 1 : u <= items[c] ? substr(name[c, u], index(name[c, u], ".") + 1) : panels[c] + 1)
    wrong = tell_files(c)
    split("", now)
    if (position == "kept") {
        find_origins()
        find_wrong(c, "kept")
        if (wrong_how) {
            f = wrong_file
            t = item_of[e_panel[c, f, wrong_entry]]
            fact("file", f); fact("number", e_panel[c, f, wrong_entry])
            for (i = 1; i < c && number_of[i] != e_panel[c, f, wrong_entry] + 0; ) i++
            fact("what", what_of[i, t]); fact("page", folder[i] ".html#" anchor[i, t])
            if (!wrong) {
                if (wrong_how != "missing" || !tell_wrong_file_kept(c, f)) tell_wrong(c, f, wrong_entry, wrong_how)
                wrong = 1
            }
        }
        now["kept"] = 1
    }
    if (position == "panel") {
        t = item
        p = name[c, t]
        fact("number", p); fact("file", file_of[c, t]); fact("what", what_of[c, t])
        fact("page", folder[c] ".html#" anchor[c, t])
        fact("due", due_of[p] + 0); fact("there", there[p] + 0); fact("going", going[p] + 0)
        find_wrong(c, p)
        if (!wrong && wrong_how) { tell_wrong(c, wrong_file, wrong_entry, wrong_how); wrong = 1 }
        else if (!wrong) wrong = tell_wrong_file(c, p)
        for (u = t + 1; u <= items[c]; u++)
            if (kind[c, u] == "panel" && begun(name[c, u]) && there[name[c, u]]) ahead = ahead (ahead ? ", " : "") name[c, u]
        if (ahead) say("Note: of later panels there is something already: " ahead ".")
        for (u = t; u <= items[c] && (UPTO == "checkpoint" ? kind[c, u] == "panel" : u == t || (UPTO && u <= item_of[UPTO])); u++)
            if (kind[c, u] == "panel" && !complete(c, u)) {
                now[name[c, u]] = 1
                print name[c, u] "\t" file_of[c, u] "\t" what_of[c, u] > (STATE "/types")
            }
    }
    if (position == "checkpoint") {
        fact("number", name[c, item]); fact("checkpoints", checkpoints[c])
        fact("page", folder[c] ".html#" anchor[c, item])
    }
    # Lines to the next checkpoint.
    n = m = 0
    for (u = item ? item : 1; u <= items[c] && kind[c, u] == "panel"; u++) {
        n += due_of[name[c, u]] - there[name[c, u]]
        m += going[name[c, u]]
    }
    fact("to_type", n); fact("to_remove", m)
    fact("next_checkpoint", u <= items[c] ? name[c, u] : "")
    tell_own(c)
    fact("wrong", wrong)
    for (i = 1; i <= files[c]; i++) type_in(c, file[c, i])
    if (position == "checkpoint") for (i = 1; i <= files[c]; i++) own_lines(c, file[c, i])
}
function fact(key, value) { print key "\t" value > out }
function tell_wrong_file_kept(c, f,    i) {
    if (lines[f]) return 0
    for (i = 1; i <= others; i++) if (tolower(other[i]) == tolower(f)) {
        say(other[i] ": the file is called " f " in the book, and capitals count.")
        return 1
    }
    say(f " is not there. The chapters before have left it with " plural(kept_lines(c, f), "line", "lines") ".")
    return 1
}
function kept_lines(c, f,    j, n) {
    for (j = 1; j <= entries[c, f]; j++) n += e_op[c, f, j] != "+"
    return n
}

function own_lines(c, f,    i) {
    find_origins()
    for (i = 1; i <= lines[f]; i++)
        print f "\t" i "\t" ((f, i) in is ? e_panel[c, f, is[f, i]] : "") > (STATE "/owners")
}

# The file with the panels of now[] typed in.
function type_in(c, f,    i, j, k, after, drop, put, change, lost, cr, path, left) {
    after = 0
    cr = windows_ends[f] && f != "Makefile" ? "\r" : ""
    split("", drop); split("", put)
    change = lost = 0
    for (j = 1; j <= entries[c, f]; j++) {
        if (owner(c, f, j) in now) {
            i = at[f, j]
            if (e_op[c, f, j] == "-") {
                if (s[f, j] == "typed") { drop[i] = j; change = 1 }
            } else if (s[f, j] != "typed" && s[f, j] != "elsewhere" \
                       && (owner(c, f, j) != "kept" || is_code(e_key[c, f, j]) || !lines[f])) {
                put[after] = put[after] e_text[c, f, j] cr "\n"
                change = 1
                if (s[f, j] == "astray" || s[f, j] == "differs") drop[i] = j
            }
        }
        if (in_place[f, j]) after = in_place[f, j]
    }
    if (!change) return
    path = STATE "/typed/" f
    printf "%s", put[0] > path
    for (i = 1; i <= lines[f]; i++) {
        if (!(i in drop)) { print l_text[f, i] > path; left++ }
        else if (squeeze(l_text[f, i]) != squeeze(e_text[c, f, drop[i]])) lost = 1
        printf "%s", put[i] > path
    }
    close(path)
    for (j = 1; j <= entries[c, f] && e_op[c, f, j] == "-"; ) j++
    k = j > entries[c, f] && !left  # the book has no such file any more
    print f "\t" lost "\t" k > (STATE "/writes")
}
