# shellcheck shell=sh
# How a program's output is compared with the book's. Sourced from the top of the
# repository, by the tests of the book and by `make follow`.

# masked MASK: standard input without what may differ from run to run
masked() { sed -f book/mask.sed | if [ -n "$1" ]; then sed -E "s/$1/#/g"; else cat; fi; }

# run_command FOLDER COMMAND FILE: what the command prints goes to FILE. Into a
# file, as Wine's services may keep a pipe open for seconds; and when all went well,
# without what Wine says of those. (The status is 124 after two minutes.)
run_command() {
    (cd "$1" && timeout 120 sh -c "$2") </dev/null >"$3.raw" 2>&1
    set -- $? "$3"
    tr -d '\r' <"$2.raw" | if [ "$1" = 0 ]; then sed -e '/^wine: /d' -e '/^wine client error:/d' -e '/^error: XDG_RUNTIME_DIR/d'; else cat; fi >"$2"
    return "$1"
}

# same_output BOOK RUN MASK DIFFER: compares two files; what differs goes to DIFFER.
same_output() {
    masked "$3" <"$1" >"$4.book"
    masked "$3" <"$2" >"$4.yours"
    test -s "$4.yours" && diff -U 2 -L book -L yours "$4.book" "$4.yours" >"$4"
}
