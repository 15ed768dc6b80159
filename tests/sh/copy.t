#!/bin/sh
# bits: 32
# The last step that copies, against cp -r: a tree of this book's own, and one made to
# be awkward. What fails is told of, by its name, and the rest is there.
. tests/tap.sh

for step in step[0-9][0-9]-*; do
    [ ! -e "$step/copy.c" ] || last=$step
done
program=$(echo "$last/$STEP_BUILD"/*.exe)
wine=wine
[ "${OS:-}" = Windows_NT ] && wine=

# copy ARGUMENT...: runs the program; $status, and what it says.
copy() {
    status=0
    # shellcheck disable=SC2086 # empty on Windows
    timeout -k 5 60 $wine "$program" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
    tr -d '\r' <"$scratch/out" >"$scratch/report"
    tr -d '\r' <"$scratch/err" | grep -a ' (error [0-9]*)$' >"$scratch/failures"
}

told() { # told STATUS NAME
    ok "$1" "$2"
    [ "$1" -eq 0 ] || head -n 20 "$scratch/report" "$scratch/failures" | sed 's/^/# /'
}

# same_tree ONE OTHER NAME
same_tree() {
    diff -r "$1" "$2" >"$scratch/differ" 2>&1
    ok $? "$3"
    head -n 5 "$scratch/differ" | sed 's/^/# /'
}

# A real tree.
cp -r chapters "$scratch/expected"
files=$(find chapters -type f | wc -l)
bytes=$(find chapters -type f -exec cat {} + | wc -c)
for how in '' --loop; do
    # shellcheck disable=SC2086 # nothing, or an option
    copy $how chapters "$scratch/got$how"
    [ "$status" -eq 0 ] && grep -q "^$files files in .* $bytes bytes" "$scratch/report"
    told $? "a tree is copied${how:+, with $how}"
    same_tree "$scratch/expected" "$scratch/got$how" "as cp -r copies it${how:+, with $how}"
done

# Sizes around a block, and far beyond all blocks; names of all kinds; over what was
# there.
mkdir -p "$scratch/tree/empty folder" "$scratch/tree/ä/漢"
for size in 0 1 65535 65536 65537 131072 20000001; do
    head -c "$size" /dev/urandom >"$scratch/tree/$size"
done
cp "$scratch/tree/65537" "$scratch/tree/ä/漢/with a blank"
mkdir "$scratch/again"
head -c 99999 /dev/urandom >"$scratch/again/1"
copy "$scratch/tree/" "$scratch/again/"
[ "$status" -eq 0 ]
told $? 'an awkward tree is copied'
same_tree "$scratch/tree" "$scratch/again" 'all of it'

# One that can't be written.
mkdir -p "$scratch/blocked/65536"
copy "$scratch/tree" "$scratch/blocked"
[ "$status" -eq 1 ] && [ "$(wc -l <"$scratch/failures")" -eq 1 ] &&
    grep -q '65536: .* (error 5)$' "$scratch/failures"
told $? 'one whose place is taken is told of'
rm -r "$scratch/blocked/65536" && cp "$scratch/tree/65536" "$scratch/blocked/"
same_tree "$scratch/tree" "$scratch/blocked" 'and the others are there'

# A folder that can't be made, as a file has its name.
mkdir "$scratch/half"
: >"$scratch/half/ä"
copy "$scratch/tree" "$scratch/half"
[ "$status" -eq 1 ] && [ "$(wc -l <"$scratch/failures")" -eq 1 ] &&
    grep -q 'ä: .* (error [0-9]*)$' "$scratch/failures"
told $? 'a folder whose name is taken is told of, by its name'
[ -f "$scratch/half/20000001" ] && [ ! -s "$scratch/half/ä" ]
ok $? 'and the others are there'

# A path that is longer than the system has: only where it is put to.
room=$((3900 - $(printf %s "$scratch" | wc -c)))
long=$(printf 'd%.0s' $(seq 200))
path=$scratch/deep
while [ "$room" -gt 0 ]; do
    path=$path/$long
    room=$((room - 201))
done
if [ "${OS:-}" != Windows_NT ] && mkdir -p "$path" && : >"$path/f"; then
    echo here >"$scratch/deep/here"
    copy "$scratch/deep" "$scratch/$long$(printf 'x%.0s' $(seq 50))"
    [ "$status" -eq 1 ] && [ "$(wc -l <"$scratch/failures")" -eq 1 ]
    told $? 'a name that is too long is told of'
    [ -n "$(find "$scratch" -path "*/${long}x*/here")" ]
    ok $? 'and the others are there'
else
    skip 'a name that is too long' 'no such name can be made here'
fi

# A disk that is full: a small one of our own.
mkdir "$scratch/disk"
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=1m none "$scratch/disk" 2>/dev/null; then
    mkdir "$scratch/many"
    for i in 1 2 3 4 5; do head -c 300000 /dev/urandom >"$scratch/many/$i"; done
    for how in '' --loop; do
        # shellcheck disable=SC2086 # nothing, or an option
        copy $how "$scratch/many" "$scratch/disk/to$how"
        failures=$(grep -c '(error 112)$' "$scratch/failures")
        left=$(find "$scratch/disk/to$how" -type f | wc -l)
        whole=0
        for file in "$scratch/disk/to$how"/*; do
            cmp -s "$file" "$scratch/many/${file##*/}" && whole=$((whole + 1))
        done
        [ "$status" -eq 1 ] && [ "$failures" -ge 1 ] && [ $((failures + whole)) -eq 5 ] &&
            [ "$left" -eq "$whole" ]
        told $? "a full disk${how:+, with $how}: $whole are whole, $failures told of, nothing in part"
        rm -r "$scratch/disk/to$how"
    done
    umount "$scratch/disk"
else
    skip 'a full disk' 'only root can make a small one'
fi

# What can't be right.
complains() { # complains WORDS ARGUMENT...
    words=$1
    shift
    copy "$@"
    [ "$status" -eq 1 ] && [ "$(wc -l <"$scratch/failures")" -eq 1 ] &&
        grep -q "$words" "$scratch/failures"
    told $? "it says that $words"
}
complains 'there is no such file or folder' "$scratch/nothing" "$scratch/x"
complains 'it is no folder' Makefile "$scratch/x"
complains 'the copy would lie in the folder itself' "$scratch/tree" "$scratch/tree/in"
complains 'there is no such file or folder' "$scratch/tree" "$scratch/no/such/folder"
[ ! -e "$scratch/x" ]
ok $? 'and makes nothing'
copy one
[ "$status" -eq 2 ] && grep -q '^usage: ' "$scratch/err"
ok $? 'a missing argument brings the usage'

done_testing
