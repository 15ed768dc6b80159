# shellcheck shell=sh disable=SC2034
# What the tests of the book share. Sourced from the top of the repository.

set -u
tests=tests/book
site=book/out/html
work=build/book/tests/$(basename "$0")
count=0
failed=0

rm -rf "$work" && mkdir -p "$work"

# ok STATUS NAME [FILE]: a test's verdict; FILE says what is wrong.
ok() {
    count=$((count + 1))
    if [ "$1" = 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        failed=1
        [ $# -lt 3 ] || sed 's/^/# /' "$3"
    fi
}
finish() {
    echo "1..$count"
    exit $failed
}

# For the tests that read the rendered book.
need_book() {
    ls chapters/*/chapter.md >/dev/null 2>&1 || { echo '1..0 # SKIP no chapters'; exit 0; }
    [ -f book/out/iocp.html ] || {
        ok 1 'the book has been rendered: make book'
        finish
    }
}

# The chapters that have a step, in order.
chapters() {
    for c in chapters/[0-9][0-9]-*/chapter.md; do
        c=${c#chapters/}
        c=${c%/chapter.md}
        [ ! -d "step$c" ] || echo "$c"
    done
}

# The step before a step, or nothing.
before() {
    previous=
    for s in step[0-9][0-9]-*; do
        [ "$s" != "$1" ] || break
        previous=$s
    done
    echo "$previous"
}

# copy_sources STEP TO: what of a step belongs to the book.
copy_sources() {
    mkdir -p "$2"
    for f in "$1"/Makefile "$1"/*.h "$1"/*.c; do
        [ ! -f "$f" ] || cp "$f" "$2"
    done
}

# read_as OLD PANELS UPTO OUT: what the reader of these panels has at checkpoint
# UPTO, or at the end, having started from the folder OLD.
read_as() {
    rm -rf "$4" && mkdir -p "$4"
    [ -z "$1" ] || copy_sources "$1" "$4"
    awk -v old="$1" -v out="$4" -v upto="$3" -f $tests/reader.awk "$2"
}
