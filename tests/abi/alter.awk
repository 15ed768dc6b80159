# Makes altered copies of a header, each with one fault of the kind a person
# might make: the copies are written to 001.h, 002.h, ... in a directory, with
# what was altered in the first line.
# Lines that stand in known, another such header, are left as they are.
# usage: awk -v out=DIRECTORY -v known=FILE -f alter.awk HEADER
# (both headers as declarations.awk prints them)

function write_copy(first, last, text, what, file, i) {
    file = sprintf("%s/%03d.h", out, ++copies)
    print "/* " what " */" > file
    for (i = 1; i <= count; i++)
        if (i < first || i > last)
            print lines[i] > file
        else if (i == first && text != "")
            print text > file
    close(file)
}

function alter(i, text, what) {
    write_copy(i, i, text, what ": " text)
}

function trim(text) {
    gsub(/^ +| +$/, "", text)
    return text
}

function last_word(text) {
    sub(/\[.*|;.*/, "", text)
    sub(/.*[ *]/, "", text)
    return text
}

# A type by the name that C knows it by: two such neighbours can be swapped
# without a change.
function plain(parameter) {
    parameter = trim(parameter)
    sub(/[A-Za-z_0-9]+$/, "", parameter)
    gsub(/ULONG /, "DWORD ", parameter)
    gsub(/BOOL /, "int ", parameter)
    gsub(/WSAOVERLAPPED/, "OVERLAPPED", parameter)
    sub(/^HANDLE $/, "void *", parameter)
    return parameter
}

function other_sign(type) {
    if (type == "int" || type == "short")
        return "unsigned " type
    if (sub(/^unsigned /, "", type))
        return type
    if (type == "DWORD" || type == "ULONG")
        return "long"
    if (type == "ULONG_PTR" || type == "uintptr_t" || type == "size_t")
        return "ptrdiff_t"
    return ""
}

function alter_constant(i, words) {
    split(lines[i], words, " ")
    value = lines[i]
    sub(/^#define [^ ]+ /, "", value)
    if (words[2] == "WINAPI")
        alter(i, "#define WINAPI", "no convention")
    else
        alter(i, "#define " words[2] " ((" value ") - 1)", "one less")
}

function alter_typedef(i, name, type) {
    name = last_word(lines[i])
    type = lines[i]
    sub(/^typedef /, "", type)
    sub(/[ *]*[A-Za-z_0-9]+;$/, "", type)
    alter(i, "typedef char " name ";", "a byte")
    alter(i, "typedef long long " name ";", "8 bytes")
    if (other_sign(type) != "")
        alter(i, "typedef " other_sign(type) " " name ";", "other sign")
}

function alter_field(i, name, type, declaration) {
    declaration = lines[i]
    name = last_word(declaration)
    type = trim(declaration)
    sub(/ [^ ]*;$/, "", type)
    write_copy(i, i, "", "no field:" declaration)
    alter(i, "    char " name ";", "a byte")
    alter(i, "    struct { char *a, *b; } " name ";", "a structure")
    if (declaration ~ /\[/) {
        sub(/\[/, "[1 + ", declaration)
        alter(i, declaration, "one more")
    } else if (declaration !~ /\*/ && other_sign(type) != "")
        alter(i, "    " other_sign(type) " " name ";", "other sign")
    if (lines[i + 1] !~ /^}/)
        write_copy(i, i + 1, lines[i + 1] "\n" lines[i],
                   "swapped:" lines[i] lines[i + 1])
}

function join_parameters(parameters, number, skip, i, text) {
    for (i = 1; i <= number; i++)
        if (i != skip)
            text = text (text == "" ? "" : ", ") trim(parameters[i])
    return text == "" ? "void" : text
}

function alter_function(i, head, parameters, number, p, text, kept) {
    head = text = lines[i]
    sub(/\([^(]*\);$/, "", head)
    text = substr(text, length(head) + 2)
    sub(/\);$/, "", text)
    number = text == "void" ? 0 : split(text, parameters, ",")
    for (p = 1; p <= number; p++)
        parameters[p] = trim(parameters[p])

    kept = head
    sub(/WINAPI ?/, "", kept)
    alter(i, kept "(" text ");", "no convention")
    kept = head
    if (sub(/^typedef [A-Za-z_]*/, "typedef char", kept) == 0)
        sub(/^.*WINAPI/, "char WINAPI", kept)
    alter(i, kept "(" text ");", "returns a byte")
    parameters[number + 1] = "int extra"
    alter(i, head "(" join_parameters(parameters, number + 1, 0) ");",
          "one parameter more")
    for (p = 1; p <= number; p++) {
        alter(i, head "(" join_parameters(parameters, number, p) ");",
              "no parameter " p)
        kept = parameters[p]
        parameters[p] = "char"
        alter(i, head "(" join_parameters(parameters, number, 0) ");",
              "parameter " p " a byte")
        parameters[p] = kept
        if (sub(/^const /, "", parameters[p]))
            alter(i, head "(" join_parameters(parameters, number, 0) ");",
                  "parameter " p " not const")
        parameters[p] = kept
        if (p < number && plain(kept) != plain(parameters[p + 1])) {
            parameters[p] = parameters[p + 1]
            parameters[p + 1] = kept
            alter(i, head "(" join_parameters(parameters, number, 0) ");",
                  "parameters " p " and " p + 1 " swapped")
            parameters[p + 1] = parameters[p]
            parameters[p] = kept
        }
    }
}

# A line, with the structure it stands in.
function in_structure(line) {
    if (line ~ /\{$/)
        structure = line
    else if (line ~ /^}/)
        structure = ""
    return structure line
}

BEGIN {
    while ((getline line < known) > 0)
        is_known[in_structure(line)]
}

{
    lines[++count] = $0
    skip[count] = in_structure($0) in is_known
}

END {
    for (i = 1; i <= count; i++) {
        if (skip[i])
            continue
        if (lines[i] ~ /^#define [^ ]+ /)
            alter_constant(i)
        else if (lines[i] ~ /\);$/)
            alter_function(i)
        else if (lines[i] ~ /^typedef .*;$/)
            alter_typedef(i)
        else if (lines[i] ~ /^    .*;$/)
            alter_field(i)
    }
    print copies + 0
}
