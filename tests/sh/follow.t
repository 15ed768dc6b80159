#!/bin/sh
# make follow and the mistakes people make while typing: each is named, with its
# place and its panel; what is no mistake passes without a word; and nothing typed
# is ever lost. In a folder with a blank and a foreign letter in its name.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
WORK="$scratch/my bücher"
export WORK
unset NEXT TO FROM WATCH V ROUNDS
project=$WORK/book
mkdir -p "$WORK"

lists=$(for s in step[0-9][0-9]-*; do
    list=build/book/${s#step}.panels
    [ ! -f "$list" ] || echo "$list"
done)

# follow [NAME=VALUE...]: what it says goes to $scratch/said
follow() {
    # shellcheck disable=SC2086 # their names have no blanks
    env "$@" sh chapters/tools/follow/follow $lists >"$scratch/said" 2>&1
}

# panel FILE TEXT [OP] [LIST]: the number of the panel that has the line
panel() {
    awk -F '\t' -v file="$1" -v text="$2" -v op="${3:-+}" '
        $1 == "line" && $3 == file && $4 == op && index($0, text) && !found++ { print $2 }' "${4:-build/book/01-ffi.panels}"
}

# says NAME PATTERN...: each is in what was said, which is shown if not
says() {
    name=$1
    shift
    missing=
    for pattern; do
        grep -q -e "$pattern" "$scratch/said" || missing="$missing $pattern"
    done
    [ -z "$missing" ]
    ok $? "$name"
    [ -z "$missing" ] || { echo "# not said:$missing"; sed 's/^/# /' "$scratch/said"; }
}

# A base for the mistakes: a folder to begin each with.
keep_base() { rm -rf "${scratch:?}/$1" && cp -r "$WORK" "$scratch/$1"; }
from_base() { rm -rf "$WORK" && cp -r "$scratch/$1" "$WORK"; }

# mistake NAME BASE COMMAND PATTERN...: the command, run in the reader's folder, is
# answered so; and looking changes nothing.
mistake() {
    name=$1
    from_base "$2"
    before=$(cd "$project" && cat ./* 2>/dev/null | cksum)
    (cd "$project" && eval "$3")
    after=$(cd "$project" && cat ./* 2>/dev/null | cksum)
    if [ "$before" = "$after" ] && [ "$(ls "$project")" = "$(ls "$scratch/$2/book")" ]; then
        ok 1 "$name: the mistake can be made"
        return
    fi
    shift 3
    follow
    [ "$after" = "$(cd "$project" && cat ./* 2>/dev/null | cksum)" ] || ok 1 "$name: nothing is touched"
    says "$name" "$@"
}
# fine NAME BASE COMMAND: no mistake; what comes next is the same as before
fine() {
    from_base "$2"
    follow
    grep '^Next' "$scratch/said" >"$scratch/next"
    (cd "$project" && eval "$3")
    follow
    grep -e '^Next' -e '^[^ ].*differs' -e '^[^ ].*missing' -e '^[^ ].*stands' -e '^[^ ].*begins' "$scratch/said" >"$scratch/now"
    same "$scratch/next" "$scratch/now" "no mistake: $1"
}
edit() { sed "$1" "$2" >"$2.new" && mv "$2.new" "$2"; }

# An empty folder, then all but the Makefile of the first half-built program.
makefile=$(panel Makefile PROGRAM)
follow
says 'it begins in an empty folder' 'which is empty' 'Next: panel 1\.1,' '^    +' '0 of [0-9]* in the book' 'To checkpoint 1: [0-9]* lines to type'
follow TO="1.$((${makefile#1.} - 1))"
says 'TO=PANEL types in up to there' "^Next: panel $makefile, Makefile"
keep_base one
follow NEXT=1
says 'NEXT=1 types a panel in, and the checkpoint behind it is tried' 'Checkpoint 1 .*: it compiles\.'
rm "$WORK/.state/book/passed"
keep_base made

port=$(panel ffi.h DWORD\ NumberOfConcurrentThreads)
mistake 'a line left out' one "edit '/DWORD NumberOfConcurrentThreads/d' ffi.h" \
    "^ffi.h:[0-9]*: after this line, a line of panel $port is missing" 'book   DWORD NumberOfConcurrentThreads);' "Next: panel $port"
body=$(panel ffi.c '*port = CreateIo')
mistake 'two lines swapped' one "awk '/[*]port = Create/ { held = \$0; next } { print } held { print held; held = \"\" }' ffi.c >x; mv x ffi.c" \
    "^ffi.c:[0-9]*: this line of panel $body stands in the wrong place" 'It follows' "Next: panel $body"
constant=$(panel ffi.h 'define INVALID_HANDLE_VALUE')
mistake 'a panel skipped' one "edit '/INVALID_HANDLE_VALUE/d' ffi.h" \
    "Next: panel $constant, ffi.h" 'of later panels there is something already:.*1\.'
mistake 'blanks for the tab of a recipe' made "edit 's/^	@mkdir/    @mkdir/' Makefile" \
    "^Makefile:[0-9]* differs from panel $makefile" 'must begin with a tab'
mistake 'a tab where no recipe is' made "edit 's/^WINE = wine/	&/' Makefile" \
    "^Makefile:[0-9]* differs from panel $makefile" "only a recipe's line begins with a tab"
mistake "Windows' line ends in the Makefile" made "edit 's/\$/\r/' Makefile" 'Makefile has Windows line ends'
mistake 'a name misspelled' one "edit 's/^DWORD create_completion_port/DWORD create_completoin_port/' ffi.c" \
    "^ffi.c:[0-9]* differs from panel $body" 'yours  DWORD create_completoin_port' 'book   DWORD create_completion_port' '^ *^$'
mistake 'small letters for capitals' one "edit 's/HANDLE WINAPI CreateIo/Handle WINAPI CreateIo/' ffi.h" \
    "^ffi.h:[0-9]* differs from panel $port" 'Only capitals differ'
mistake 'a semicolon forgotten' one "edit 's/^typedef unsigned long DWORD;/typedef unsigned long DWORD/' ffi.h" \
    "^ffi.h:[0-9]* differs from panel $(panel ffi.h 'long DWORD;')"
mistake 'another number' one "edit 's/(intptr_t)-1/(intptr_t)-2/' ffi.h" "^ffi.h:[0-9]* differs from panel $constant"
mistake 'a brace forgotten' one "awk 'NR > 1 && /^}/ && !gone { gone = 1; next } { print }' ffi.c >x; mv x ffi.c" \
    "a line of panel $body is missing" 'book   }'
mistake 'a panel in the wrong file' one "cat ffi.c >>ffi.h; rm ffi.c" \
    "^ffi.h:[0-9]*: [0-9]* lines of panel $body stand here, and belong into ffi.c"
mistake 'a panel typed twice' one "grep typedef ffi.h >x; sed '/#endif/,\$d' ffi.h | cat - x >y; echo '#endif' >>y; rm x; mv y ffi.h" \
    "^Note: ffi.h:[0-9]*: what stands here stands in line [0-9]*, too" "Next: panel $makefile"
mistake 'a comment that never ends' one "edit '1,2s/ \*\/\$//' ffi.h" '^ffi.h:1: a comment begins here, and line [0-9]* begins another'
mistake 'a quote without its partner' one "edit 's/#include \"ffi.h\"/#include \"ffi.h/' main.c" \
    '^main.c:[0-9]*: the " that begins here has no partner'
mistake 'a line that is a comment' one "edit 's/^BOOL WINAPI CloseHandle.*/\/\/ &/' ffi.h" \
    'is missing' 'it is part of a comment'
mistake "a blank in a string" one "edit 's/%s: error/%s:  error/' main.c" '^main.c:[0-9]* differs from panel' '^ *^$'
# shellcheck disable=SC1111 # that is the mistake
mistake "a word processor's quotes" one "edit 's/\"ffi.h\"/“ffi.h”/' main.c" \
    '^main.c:[0-9]* differs from panel' 'only looks like the one in the book'
mistake "the diff's sign typed in" one "edit 's/^HANDLE WINAPI/+ &/' ffi.h" \
    "^ffi.h:[0-9]* differs from panel $port" "The sign in front is the diff's"
mistake 'a file by another name' one 'mv main.c Main.c' 'Main.c: the file is called main.c in the book, and capitals count'
mistake 'a file in UTF-16' one "sed 's/./&@/g' main.c | tr @ '\\000' >x; mv x main.c" 'main.c is not plain text'
mistake 'a folder in place of a file' one 'rm main.c; mkdir main.c' 'main.c is not plain text'

fine 'tabs for blanks' one "edit 's/    /	/' ffi.c"
fine 'more blanks, and fewer' one "edit 's/(/( /; s/, /,/' ffi.c"
fine "Windows' line ends in C" one "edit 's/\$/\r/' ffi.c; edit 's/\$/\r/' ffi.h"
fine 'no comments' one "awk '/^\/[*]/ { c = 1 } !c { print } /[*]\// { c = 0 }' ffi.h >x; mv x ffi.h"
fine 'comments of their own' one "edit 's/;\$/; \/\/ hm/' ffi.h"
fine 'a macro that is a string' one "edit '/typedef int BOOL/i #define MINE \"http://\" /* mine */' ffi.h"
fine 'blank lines' one "edit 's/\$/\n/' ffi.c"
fine 'other line breaks' one "edit 's/^{\$/@/' ffi.c; tr '\\n' ' ' <ffi.c | sed 's/ @/{/g; s/[;}>\"]  */&\n/g; s/#include/\n&\n/; s/include\n/include/' >x; mv x ffi.c"
fine 'lines of their own' one "edit '/typedef int BOOL/i typedef int Mine;' ffi.h; echo 'int mine(void) { return 1; }' >>ffi.c; echo '/* my notes */' >notes.h"
from_base one
(cd "$project" && awk '/^DWORD close_handle/ { late = 1 } late { print } !late { kept = kept $0 "\n" } END { printf "%s", kept }' ffi.c >x && mv x ffi.c)
follow
says 'a whole function elsewhere is all right' '^Note: ffi.c:[0-9]*: this stands elsewhere' "^Next: panel $makefile"

# Later chapters: what a panel takes out, what earlier ones have made.
third=$(echo "$lists" | sed -n 3p)
gone='DWORD operation_read(Operation \*operation);'
change=$(panel operation.h 'DWORD operation_read(Operation *operation);' - "$third")
follow FROM=2
says 'FROM=2 begins at chapter 2, and keeps what was there' 'is now in .*book-kept' '^Next: panel 2\.1,'
test -s "$WORK/book-kept/ffi.h" && test -s "$project/ffi.h"
ok $? 'both are there'
keep_base two
mistake 'a line of the chapter before deleted' two "edit '/^typedef int BOOL/d' ffi.h" \
    "a line of panel $(panel ffi.h 'typedef int BOOL') is missing"
mistake 'a file of the chapter before deleted' two 'rm ffi.c' 'ffi.c is not there'
follow FROM=3 TO="$change"
keep_base three
mistake 'a removed line that is still there' three "edit '/^DWORD operation_read(Operation \*operation, Token/i $gone' operation.h" \
    "^Next: panel $change, operation.h" "^    -$gone" '(only 1 to take out)'
follow FROM=4
keep_base four
mistake 'a line that an earlier chapter took out' four "edit '/^DWORD operation_read/i $gone' operation.h" \
    "^Note: operation.h:[0-9]* was to go in panel $change"

# Typing in over mistakes: nothing of the reader's goes.
from_base one
edit 's/^DWORD create_completion_port/DWORD create_completoin_port/; s/^{/{ \/\/ mine/' "$project/ffi.c"
echo '/* notes of my own */' >>"$project/ffi.c"
cp "$project/ffi.c" "$scratch/yours"
follow NEXT=1
says 'NEXT=1 says what it keeps beside' 'Your ffi.c had lines that the book has not; it is kept as .*/ffi.c.before-1'
cmp -s "$scratch/yours" "$project/ffi.c.before-$body" && grep -q 'notes of my own' "$project/ffi.c" && grep -q '// mine' "$project/ffi.c" &&
    grep -q 'create_completion_port' "$project/ffi.c" && ! grep -q completoin "$project/ffi.c"
ok $? 'the file has the panel and all that is the reader'"'"'s own, and the old one is beside it'
cp "$scratch/yours" "$project/ffi.c"
follow NEXT=1
test -s "$project/ffi.c.before-$body-2" && cmp -s "$scratch/yours" "$project/ffi.c.before-$body"
ok $? 'what was kept once is not overwritten by what is kept next'
from_base one
edit 's/$/\r/' "$project/main.c"
mkdir "$scratch/crlf"
edit "/check(\"closing/d" "$project/main.c"
follow NEXT=1
! grep -qv "$(printf '\r')\$" "$project/main.c"
ok $? "a file with Windows' line ends keeps them"
from_base one
mv "$project/ffi.c" "$scratch/elsewhere.c"
ln -s "$scratch/elsewhere.c" "$project/ffi.c"
edit '/return error_unless/d' "$scratch/elsewhere.c"
follow NEXT=1
test -L "$project/ffi.c" && grep -q 'return error_unless' "$scratch/elsewhere.c"
ok $? 'a link stays one, and its file is typed into'

# A checkpoint that fails.
from_base made
echo 'int mine = "text";' >>"$project/main.c"
follow
says 'a checkpoint that does not compile' 'Checkpoint 1 .* does not compile' 'main.c:[0-9]*:' '(a line of your own)'
from_base made
edit 's/^typedef int BOOL;/&\n#define DWORD long/' "$project/ffi.h"
follow NEXT=1
says 'NEXT=1 does not go past it' 'does not compile' '(a line of panel 1\.[0-9]*)'

# What isn't there is said in one line.
for wrong in 'FROM=99' 'FROM=x' 'TO=0' 'TO=1.99' 'TO=nowhere'; do
    follow "$wrong"
    [ $? = 2 ] && [ "$(wc -l <"$scratch/said")" = 1 ]
    ok $? "$wrong is refused in one line"
done

# At every save.
from_base one
(n=0
until grep -q 'Ctrl-C ends it' "$scratch/said" || [ $n -eq 60 ]; do sleep 1; n=$((n + 1)); done
cd "$project" && edit '/INVALID_HANDLE_VALUE/d' ffi.h) &
follow WATCH=1 ROUNDS=2
wait
says 'WATCH=1 looks at each save' "^Next: panel $makefile" "^Next: panel $constant" 'Ctrl-C ends it'
done_testing
