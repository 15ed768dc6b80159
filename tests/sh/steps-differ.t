#!/bin/sh
# Steps differ only in files and places that are meant to differ: those in
# tests/steps/differ.txt. See tests/steps/differ.sh for how to agree to more.
. tests/tap.sh

sh tests/steps/differ.sh >"$scratch/differ"
same tests/steps/differ.txt "$scratch/differ" 'steps differ where they are meant to'
[ "$tap_failures" -eq 0 ] ||
    echo '# If that is meant: sh tests/steps/differ.sh >tests/steps/differ.txt'

# Every line of every file belongs to a place, or a change could go unseen.
lost=
for file in step[0-9][0-9]-*/Makefile step[0-9][0-9]-*/*.[ch]; do
    grep -v '^$' "$file" >"$scratch/lines"
    awk -f tests/steps/places.awk "$file" | sed 's/^[^	]*	//' |
        tr '\1' '\n' | grep -v '^$' >"$scratch/placed"
    cmp -s "$scratch/lines" "$scratch/placed" || lost="$lost $file"
done
[ -z "$lost" ]
ok $? "every line belongs to a place$lost"

# notices NAME COMMAND...: in a copy of the steps, does what the command does
# show?
mkdir "$scratch/steps"
for step in step[0-9][0-9]-*; do
    mkdir "$scratch/steps/$step"
    cp "$step"/* "$scratch/steps/$step/" 2>/dev/null
done
top=$(pwd)
notices() {
    name=$1
    shift
    rm -rf "$scratch/try"
    cp -r "$scratch/steps" "$scratch/try"
    cd "$scratch/try" || exit 1
    "$@" || echo "# nothing was edited: $*"
    sh "$top/tests/steps/differ.sh" >../now
    [ -e edited ] && ! cmp -s ../now "$scratch/as-it-is"
    ok $? "noticed: $name"
    cd "$top" || exit 1
}

edit() { # SED-SCRIPT FILE
    sed "$1" "$2" >../edited
    ! cmp -s "$2" ../edited && mv ../edited "$2" && touch edited
}

(cd "$scratch/steps" && sh "$top/tests/steps/differ.sh") >"$scratch/as-it-is"
same tests/steps/differ.txt "$scratch/as-it-is" "a copy differs in the same places"

notices 'another word in a comment' edit 's/turns failure/turns a failure/' step02-*/ffi.h
notices 'a line of a function' edit 's/NULL, 0, 0);/NULL, 0, 1);/' step03-*/ffi.c
notices 'a rule of a Makefile' edit 's/rm -rf/rm -r/' step04-*/Makefile
notices 'two constants in another order' \
    edit '/define FALSE/{h;d;};/define TRUE/{G;}' step03-*/ffi.h
notices 'a file more' touch step05-tcpstream/notes.txt edited
notices 'a file gone' mv step03-selector/loopback.h edited

done_testing
