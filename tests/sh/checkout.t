#!/bin/sh
# A checkout by a git that ends lines with CR LF, as it does on Windows by
# default, is the same as any other. And without .gitattributes it would not be.
. tests/tap.sh

if ! command -v git >/dev/null; then
    skip 'a checkout with CR LF' 'git is not installed'
    done_testing
    exit
fi
# Of this machine's configuration, nothing counts.
GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost
GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@localhost
export GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL \
    GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

# All that git would take of this folder, as it stands.
mkdir "$scratch/origin"
tar -cf - --exclude=./.git --exclude=./build --exclude=build32 \
    --exclude='./step*/build' --exclude=./book/out --exclude=node_modules \
    --exclude=./work --exclude=./results --exclude=./submissions . |
    tar -xf - -C "$scratch/origin"

# check_out FOLDER: what Windows' git makes of it.
check_out() {
    git -C "$scratch/origin" -c core.autocrlf=false add -A &&
        git -C "$scratch/origin" commit -q -m all &&
        git -c core.autocrlf=true -c core.eol=crlf clone -q "$scratch/origin" "$1"
} >/dev/null 2>&1
# What a fuzzer has found has the CR LF that HTTP wants, and must keep it.
with_returns() { grep -rlI --exclude-dir=.git --exclude-dir=corpus "$(printf '\r')\$" "$1"; }

git init -q "$scratch/origin"
check_out "$scratch/checkout"
ok $? 'git checks it out'
diff -r -x .git "$scratch/origin" "$scratch/checkout" >"$scratch/differ"
ok $? 'as it was, byte for byte'
sed 's/^/# /; 20q' "$scratch/differ"
! with_returns "$scratch/checkout"
ok $? 'no file has CR LF'

rm "$scratch/origin/.gitattributes"
check_out "$scratch/bare"
[ "$(with_returns "$scratch/bare" | wc -l)" -gt 100 ]
ok $? 'without .gitattributes they would have'
done_testing
