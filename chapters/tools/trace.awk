# Turns what trace.c has written down into a trace. Input: first the places of the
# addresses (address, tab, places), then the record. Output, tab between columns:
#   start  end  thread  call  arguments  result  place
# in microseconds; end is - where a call has not returned. A call's packets follow
# it: start is when the packet came into the port, end when it was taken out. What
# was still out at the end follows as "left". Handles, sockets and operations are
# numbered as they appear, so that two runs of a program can be compared.

BEGIN { FS = OFS = "\t" }

FILENAME == ARGV[1] { place[$1] = $2; next }

# Objects: a handle's value comes again after it was closed, as another object.
function object(value, kind,    id) {
    if (!(value in current)) {
        current[value] = ++objects
        kinds[objects] = kind
    }
    id = current[value]
    if (kinds[id] == "handle")
        kinds[id] = kind
    return id
}

# The arguments with @N for object N and #N for operation N.
function named(text, call,    n, i, word, part, out) {
    n = split(text, word, " ")
    for (i = 1; i <= n; i++) {
        split(word[i], part, "=")
        if (part[1] ~ /^(port|socket|file|pipe|handle)$/)
            word[i] = part[2] ~ /^(0|f+)$/ ? "" : "@" object(part[2], part[1])
        else if (part[1] == "overlapped")
            word[i] = operation(part[2], call)
        if (word[i] != "")
            out = out (out == "" ? "" : " ") word[i]
    }
    return out
}

# The operation that a call is about: a new one if the call starts one.
function operation(pointer, call) {
    if (call == "PostQueuedCompletionStatus") {
        posted[++posts] = ++operations
        post_pointer[posts] = pointer
        return "#" operations
    }
    if (pointer == "0")
        return ""
    if (call !~ /^(CancelIoEx|GetOverlappedResult|WSAGetOverlappedResult)$/)
        flying[pointer] = ++operations
    if (pointer in flying)
        return "#" flying[pointer]
    # How it ended is asked when its packet is out.
    return call ~ /Result$/ && pointer in was ? "#" was[pointer] : "unknown"
}

# The operation whose packet was taken out.
function landed(pointer) {
    return was[pointer] = found(pointer)
}

# In flight, posted, or never started.
function found(pointer,    i, id) {
    if (pointer != "0" && pointer in flying) {
        id = flying[pointer]
        delete flying[pointer]
        return id
    }
    for (i = first_post + 1; i <= posts; i++)
        if (i in posted && post_pointer[i] == pointer) {
            id = posted[i]
            delete posted[i]
            while (first_post < posts && !(first_post + 1 in posted))
                first_post++
            return id
        }
    stranger[++operations] = 1
    return operations
}

$1 == "call" {
    id = $2
    order[++calls] = id
    start[id] = $3
    thread[id] = $4 in threads ? threads[$4] : threads[$4] = ++thread_count
    call[id] = $5
    before = operations
    if ($5 ~ /^(closesocket|CloseHandle)$/) {
        split($6, part, "=")
        closing[id] = part[2]
    }
    if ($5 == "CreateIoCompletionPort" && $6 ~ /^handle=f/)
        $6 = "" # a new port, with nothing that could have a key
    arguments[id] = named($6, $5)
    if (operations > before)
        starts[id] = operations
    if (id in closing) {
        closed[id] = current[closing[id]]
        delete current[closing[id]]
    }
    where[id] = $7
    n = split($7, address, " ")
    for (i = 1; i <= n; i++)
        where[id] = i == 1 ? place[address[i]] : where[id] (place[address[i]] == "" ? "" : " < " place[address[i]])
    if (!(thread[id] in thread_name) && where[id] != "") {
        thread_name[thread[id]] = where[id]
        sub(/.* /, "", thread_name[thread[id]])
    }
}

$1 == "end" {
    id = $2
    end[id] = $3
    error[id] = $4
    if ($5 != "")
        made[id] = named($5, call[id])
    if (id in closed && $4 != 0 && !(closing[id] in current))
        current[closing[id]] = closed[id]
    if (call[id] == "SetFileCompletionNotificationModes" && $4 == 0 && arguments[id] ~ /flags=[1357]$/)
        skips[first_word(arguments[id])] = 1
    if (!(id in starts))
        next
    # A start that fails leads to no packet (234 and 10040 are warnings, with one), and
    # one that is done at once to none where the handle is set so.
    if ($4 !~ /^(0|997|234|10040)$/)
        forget(starts[id], "never")
    else if ($4 == 0 && first_word(arguments[id]) in skips)
        forget(starts[id], $3)
    else if (call[id] == "PostQueuedCompletionStatus")
        queued[starts[id]] = start[id]
}

function first_word(text) {
    sub(/ .*/, "", text)
    return text
}

function forget(which, when,    pointer, i) {
    over[which] = when
    for (pointer in flying)
        if (flying[pointer] == which)
            delete flying[pointer]
    for (i in posted)
        if (posted[i] == which)
            delete posted[i]
}

$1 == "done" && $3 in flying && queued[flying[$3]] == "" { queued[flying[$3]] = $2 }

$1 == "packet" {
    id = landed($4)
    n = ++packets[$2]
    packet[$2, n] = id
    packet_line[$2, n] = "packet" OFS "#" id " key=" $5 " bytes=" $6 OFS $7 OFS "-"
    taken[$2, n] = $3
    over[id] = $3
}

# Numbers for all that turned out to be something.
function render(text,    n, i, word, out) {
    n = split(text, word, " ")
    for (i = 1; i <= n; i++) {
        if (word[i] ~ /^@/)
            word[i] = kinds[substr(word[i], 2)] "=" number[substr(word[i], 2)]
        else if (word[i] ~ /^#/)
            word[i] = rank[substr(word[i], 2)] == "" ? "" : "operation=" rank[substr(word[i], 2)]
        if (word[i] != "")
            out = out (out == "" ? "" : " ") word[i]
    }
    return out == "" ? "-" : out
}

END {
    for (i = 1; i <= objects; i++)
        number[i] = ++count[kinds[i]]
    for (i = 1; i <= operations; i++)
        if (!(i in over) || over[i] != "never")
            rank[i] = i in stranger ? "unknown" : ++ranks
    print "# start, end (microseconds), thread, call, arguments, result, place"
    for (i = 1; i <= thread_count; i++)
        print "# thread " i " " thread_name[i]
    for (i = 1; i <= calls; i++) {
        id = order[i]
        if (call[id] ~ /^(socket|bind|listen|WSASocket[AW]|CreateFile[AW]|CreateNamedPipe[AW])$/ || call[id] == "WSAIoctl" && !(id in starts))
            continue
        print start[id], (id in end ? end[id] : "-"), thread[id], call[id], render(arguments[id]), \
            !(id in end) ? "-" : id in made ? render(made[id]) : error[id], (where[id] == "" ? "-" : where[id])
        for (n = 1; n <= packets[id]; n++)
            print (queued[packet[id, n]] == "" ? taken[id, n] : queued[packet[id, n]]), taken[id, n], thread[id], \
                render_packet(packet_line[id, n])
    }
    for (i = 1; i <= operations; i++)
        if (!(i in over))
            print (queued[i] == "" ? "-" : queued[i]), "-", 0, "left", render("#" i), "-", "-"
}

function render_packet(line,    column) {
    split(line, column, OFS)
    return column[1] OFS render(column[2]) OFS column[3] OFS column[4]
}
