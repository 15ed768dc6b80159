#!/bin/sh
# What is run elsewhere is what README.md says: its first command word for word,
# the releases that test-fresh knows, and the same packages wherever MSYS2's are
# named.
. tests/tap.sh

workflow=.github/workflows/test.yml
first=$(awk '/^```sh$/ { inside = ++block == 1; next } /^```$/ { inside = 0 } inside' README.md)
[ -n "$first" ] && [ "$(grep -cF "run: $first" "$workflow")" -ge 2 ]
ok $? "the workflow runs README.md's first command"
grep -qF "$first" chapters/00-introduction/chapter.md
ok $? 'the introduction has it, too'
for release in $(sed -n 's/^ *release: \[\(.*\)\]$/\1/p' "$workflow" | tr -d ,); do
    grep -q "^$release)" tests/fresh
    ok $? "test-fresh knows $release"
done
# In the order of the alphabet, without perl, which only the tests need.
for file in README.md chapters/00-introduction/chapter.md \
    chapters/94-windows-and-wine/chapter.md "$workflow"; do
    sed -n -e 's/.*pacman -S \([^`]*\).*/\1/p' -e 's/^ *install: //p' "$file" |
        tr ' ' '\n' | grep -v -e '^--needed$' -e '^perl$' | sort | tr '\n' ' ' >"$scratch/here"
    [ -s "$scratch/first" ] || cp "$scratch/here" "$scratch/first"
    same "$scratch/first" "$scratch/here" "$file: the same packages of MSYS2"
done
! grep -nP '\t' "$workflow"
ok $? 'no tab, which YAML refuses'
done_testing
