# shellcheck shell=sh
# make watch-book: makes the pages again, and says which, whenever something that they
# are made of has changed; looks once a second. The single file and the EPUB are left to
# `make book`. From the environment: MAKE, JOBS (for make), ROUNDS (ends it after so many looks).
set -u
seen=build/book/watched
: "${MAKE:=make}" "${JOBS:=}" "${ROUNDS:=}"
trap 'echo; exit 0' INT TERM HUP

# What comes or goes makes its folder newer.
changed() {
    find chapters book step[0-9][0-9]-* tests/claims tests/faults \
        \( -path book/out -o -path 'step*/build*' \) -prune -o -newer "$seen" -print 2>/dev/null | grep -q .
}
render() {
    : >"$seen"
    # shellcheck disable=SC2086 # options, or none
    if $MAKE -s -f book/book.mk $JOBS book-site; then
        echo "$(date +%T)  book/out/html is up to date"
    else
        echo "$(date +%T)  not made: see above; tries again when something changes"
    fi
}

echo 'Watching chapters, steps and book; Ctrl+C ends it.'
mkdir -p build/book
render
while [ "$ROUNDS" != 0 ]; do
    sleep 1
    ! changed || render
    [ -z "$ROUNDS" ] || ROUNDS=$((ROUNDS - 1))
done
