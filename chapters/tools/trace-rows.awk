# What the drawings of a trace have in common: reads it and lays it out in rows, one
# for each call, and one more where a call that had to wait returns. The scripts that
# are run with this one, trace-table.awk and trace-svg.awk, draw the rows.
#
# The trace's head may say "# title ...", "# hide a.c b.c" (the calls that come from
# these files are left out), and "# calls 60": so many are drawn, or else LIMIT. The rest
# is counted in undrawn.
#
#   rows  at[r] (microseconds)  lane[r]  text[r]  says[r] (the same in words)
#         bad[r]  row_call[r]  row_ops[r]  where[r]
#   lanes lane_name[k]
#   waits wait_top[w] wait_bottom[w] wait_lane[w]; bottom is 0 where there is no return
#   ops   top[o], ready[o] and bottom[o] are rows, 0 where there is none; slot[o];
#         posted[o] if it has only ever been a packet; what[o]; o is a number or "unknown N"

BEGIN { FS = "\t"; LIMIT = 1000; MANY = 4 }

/^# title / { title = substr($0, 9); next }
/^# calls / { LIMIT = substr($0, 9) + 0; next }
/^# hide / { n = split(substr($0, 8), word, " "); for (i = 1; i <= n; i++) hidden[word[i]] = 1; next }
/^# thread / { split($0, word, " "); thread_name[word[3]] = word[4] == "" ? "thread " word[3] : word[4]; next }
/^#/ { next }

$4 == "packet" {
    has_packet[value($5, "operation")] = 1
    if (shown)
        packet[calls, ++packets[calls]] = $0
    else if (!undrawn)
        taken_unseen[value($5, "operation")] = $2
    next
}
$4 == "left" { ready_at[value($5, "operation")] = $1; still_out[value($5, "operation")] = 1; next }

{
    shown = is_shown($7)
    if (shown && calls == LIMIT) {
        undrawn++
        shown = 0
    }
    if (!shown)
        next
    calls++
    start[calls] = $1; end[calls] = $2; call[calls] = $4; arguments[calls] = $5; result[calls] = $6
    place[calls] = $7
    if (!($3 in lane_of)) {
        lane_of[$3] = ++lanes
        lane_name[lanes] = $3 in thread_name ? thread_name[$3] : "thread " $3
        same[lane_name[lanes]]++
    }
    call_lane[calls] = lane_of[$3]
    if ($5 ~ /port=[2-9]/ || $6 ~ /port=[2-9]/)
        several_ports = 1
}

function is_shown(places,    n, i, word, part) {
    n = split(places, word, " < ")
    for (i = 1; i <= n; i++) {
        split(word[i], part, ":")
        if (part[1] in hidden)
            return 0
    }
    return 1
}

function value(text, name,    n, i, word) {
    n = split(text, word, " ")
    for (i = 1; i <= n; i++)
        if (index(word[i], name "=") == 1)
            return substr(word[i], length(name) + 2)
    return ""
}

# socket=1 -> "socket 1". brief leaves out what a glance needn't take in.
function words(text, brief, name,    n, i, word, part, out, one) {
    n = split(text, word, " ")
    for (i = 1; i <= n; i++) {
        split(word[i], part, "=")
        one = part[1] " " part[2]
        if (part[1] == "-")
            continue
        if (part[1] == "operation")
            one = "#" part[2]
        else if (part[1] == "bytes")
            one = size(part[2])
        else if (part[1] == "timeout")
            one = part[2] == -1 ? "INFINITE" : part[2] " ms"
        else if (part[1] == "data") {
            one = part[2]
            gsub(/\+/, " ", one)
            if (one == "")
                continue
            one = "\"" one (length(one) < value(text, "bytes") ? "..." : "") "\""
        }
        if (brief && (part[1] == "room" || one == "INFINITE" || part[1] == "bytes" && name ~ /Recv|recv|ReadFile|send|Send/ ||
                part[1] == "port" && (!several_ports || name ~ /^Post/)))
            continue
        out = out (out == "" ? "" : ", ") one
    }
    return out
}

function size(bytes) { return bytes == 1 ? "1 byte" : bytes " bytes" }

function waits(name) {
    return name ~ /^(GetQueued|Wait|GetOverlapped|WSAGetOverlapped|accept$|recv$|connect$|send$)/
}

# Whether the call's return is a row of its own: it took a while, something happened
# meanwhile on a port, or it is too much for one row.
function is_long(c) {
    return end[c] == "-" || waits(call[c]) && (end[c] - start[c] > 5000 || length(call[c] brief) + 14 * packets[c] > 44 ||
        call[c] ~ /^GetQueued/ && c < calls && start[c + 1] < end[c])
}

function new_row(c, when, label) {
    at[++rows] = when
    lane[rows] = call_lane[c]
    row_call[rows] = c
    text[rows] = label
    where[rows] = place[c]
}

# The call's result, as the row says it.
function outcome(c,    p, column, id, out, error) {
    error = result[c]
    for (p = 1; p <= packets[c]; p++) {
        split(packet[c, p], column, FS)
        id = value(column[5], "operation")
        if (id == "unknown")
            id = "unknown " ++unknowns
        taken(id, column[1], c)
        out = out (p > 1 ? ", " : "") (id ~ /unknown/ ? "#?" : "#" id) ": " size(value(column[5], "bytes")) \
            (column[6] != 0 ? ", error " column[6] : "")
        if (id ~ /unknown/)
            bad[rows] = 1
        row_ops[rows] = row_ops[rows] " " id
    }
    if (out != "")
        return out
    if (error ~ /=/)
        return words(error, 0)
    if (error != 0 && error != "-" && error != 997 && error != 258)
        bad[rows] = 1
    return error == 0 && call[c] !~ /^(WSA(Recv|Send)|ReadFile|WriteFile|AcceptEx|ConnectEx)/ ? "" : error
}

function started(id, c,    s) {
    for (s = 1; s in slot_used; s++)
        ;
    slot_used[s] = id
    slot[id] = s
    if (s > slots)
        slots = s
    top[id] = rows
    what[id] = call[c]
    posted[id] = call[c] == "PostQueuedCompletionStatus"
    began[id] = start[c]
    ids[++id_count] = id
}

# Its packet was in the port from the time ready, and is taken out in this row.
function taken(id, ready, c) {
    if (!(id in top))
        started(id, c)
    bottom[id] = rows
    ready_at[id] = ready
    over[id] = at[rows]
    taker[id] = lane[rows]
    delete slot_used[slot[id]]
}

function row_at(when,    r) {
    for (r = rows; r > 1 && at[r] > when; r--)
        ;
    return r
}

# The returns that come before the time when, in their order.
function flush(when,    w, first) {
    for (;;) {
        first = 0
        for (w in waiting)
            if (end[waiting[w]] != "-" && (first == 0 || end[waiting[w]] < end[waiting[first]]))
                first = w
        if (first == 0 || when != "-" && end[waiting[first]] > when)
            return
        returns(first)
        delete waiting[first]
    }
}

function returns(w,    c, said) {
    c = waiting[w]
    new_row(c, end[c], "")
    wait_bottom[w] = rows
    said = outcome(c)
    text[rows] = arrow " " (said == "" ? "returns" : few(said))
    comes_back[rows] = 1
    says[rows] = call[c] " returns after " ms(end[c] - start[c]) " ms" (said == "" ? "" : ": " said)
}

# Of many packets only the first few: the others' bars end there, too.
function few(said,    packet, n, i, out) {
    n = split(said, packet, ", #")
    if (n <= MANY)
        return said
    out = packet[1]
    for (i = 2; i < MANY; i++)
        out = out ", #" packet[i]
    return out " and " (n - MANY + 1) " more"
}

function ms(microseconds) { return sprintf("%.1f", microseconds / 1000) }

function called(places) {
    gsub(/ < /, ", called from ", places)
    return places == "-" ? "" : "; " places
}

END {
    if (calls == 0) {
        print "there is nothing to draw" >"/dev/stderr"
        exit 1
    }
    for (k = 1; k <= lanes; k++)
        if (same[lane_name[k]] > 1)
            lane_name[k] = lane_name[k] " " ++nth[lane_name[k]]
    for (c = 1; c <= calls; c++) {
        flush(start[c])
        brief = words(arguments[c], 1, call[c])
        new_row(c, start[c], call[c] (brief == "" ? "" : " ") brief)
        says[rows] = call[c] "(" words(arguments[c], 0) ")"
        id = value(arguments[c], "operation")
        if (id != "" && call[c] !~ /^(CancelIoEx|GetOverlappedResult|WSAGetOverlappedResult)$/)
            started(id, c)
        if (id != "")
            row_ops[rows] = " " id
        if (is_long(c)) {
            waiting[++wait_count] = c
            wait_top[wait_count] = rows
            wait_lane[wait_count] = call_lane[c]
            if (end[c] == "-") {
                text[rows] = text[rows] ": does not return"
                says[rows] = says[rows] " does not return"
            }
            continue
        }
        said = outcome(c)
        if (said != "")
            text[rows] = text[rows] " " arrow " " said
        says[rows] = says[rows] (said == "" ? " returns" : " returns " said) " after " ms(end[c] - start[c]) " ms"
        # Done when it started, where that queues no packet.
        if (id in top && !(id in has_packet) && !(id in still_out))
            taken(id, end[c], c)
    }
    flush("-")
    for (o = 1; o <= id_count; o++) {
        id = ids[o]
        if (id in taken_unseen && !(id in bottom))
            bottom[id] = row_at(taken_unseen[id])
        if (posted[id])
            ready[id] = top[id]
        else if (id in over && ready_at[id] < over[id] - 20 || id in still_out && ready_at[id] ~ /^[0-9]/)
            ready[id] = row_at(ready_at[id])
    }
    for (r = 1; r <= rows; r++)
        says[r] = ms(at[r]) " ms, " lane_name[lane[r]] ": " says[r] called(where[r])
    draw()
}
