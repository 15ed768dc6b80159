#!/bin/sh
# A tree in which some things can't be copied, copied. Run at the top.
here=build/awkward
rm -rf "$here"
mkdir -p "$here/from/notes" "$here/from/plans" "$here/to/readme" "$here/to"
for name in one two notes/three readme; do
    echo "this is $name" >"$here/from/$name"
done
: >"$here/to/plans" # a file where a folder is to be
make -s -C step10-iocp run ARGS="../$here/from ../$here/to" 2>&1 | grep -v '^make'
rm -rf "$here"
