#!/bin/sh
# The Makefile: what is made stays made, `make help` names every target, `make
# clean` removes what was made and nothing else, and a missing tool is said in
# one line. All in a copy of this folder, with what has been made in it.
. tests/tap.sh

unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES BUILD CC CFLAGS TESTS
# Targets that only others use; every other one is for people, and has its line.
internal="tools need-prove test-programs book-outputs book-site book-made book-inputs-differ \
book-clean lint-book record-traces check-figures judge grade-student grade-table"

top=$(pwd)
copy=$scratch/copy
mkdir "$copy"
# The Wine prefix is lent.
# What is large and not looked at stays: tests, running ones above all.
tar -cf - --exclude=./.git --exclude=./work --exclude=./build/wine \
    --exclude=./build/fresh --exclude="./build/tests*" \
    --exclude=./build/book/tests --exclude=node_modules . |
    tar -xf - -C "$copy"
mkdir -p "$copy/build"
[ ! -d build/wine ] || ln -s "$top/build/wine" "$copy/build/wine"
# For what make test-browser installs.
mkdir -p "$copy/tests/browser/node_modules/one"
touch "$copy/tests/browser/node_modules/one/index.js"
cd "$copy" || exit 1

# Tools that note that they were called.
mkdir "$scratch/tools"
for tool in x86_64-w64-mingw32-gcc i686-w64-mingw32-gcc gcc pandoc wine wineboot \
    busybox; do
    path=$(command -v $tool) || continue
    printf '#!/bin/sh\necho "%s $*" >>"%s/called"\nexec %s "$@"\n' \
        $tool "$scratch" "$path" >"$scratch/tools/$tool"
    chmod +x "$scratch/tools/$tool"
done

make -j2 >"$scratch/first" 2>&1
status=$?
ok $status 'make -j2'
[ $status -eq 0 ] || sed 's/^/# /' "$scratch/first"
: >"$scratch/called"
PATH=$scratch/tools:$PATH make >"$scratch/second" 2>&1
ok $? 'make with nothing to do'
: >"$scratch/nothing"
same "$scratch/nothing" "$scratch/called" 'runs no compiler, no pandoc, no Wine'
[ "$(wc -l <"$scratch/second")" -eq 3 ]
ok $? 'and says in three lines what there is'
sed 's/^/# /' "$scratch/second"
touch step01-*/main.c
PATH=$scratch/tools:$PATH make steps >/dev/null 2>&1
grep -q 'mingw32-gcc.*main.c' "$scratch/called"
ok $? 'after a change it does run the compiler'

make help >"$scratch/help"
make -pq 2>/dev/null | sed -n 's/^\.PHONY: *//p' | tr ' ' '\n' | sort -u |
    grep -v -e '^step[0-9]' -e '^prove-' >"$scratch/phony"
unlisted=
while read -r target; do
    case " $internal " in
    *" $target "*) continue ;;
    esac
    grep -q "^make $target " "$scratch/help" || unlisted="$unlisted $target"
done <"$scratch/phony"
[ -s "$scratch/phony" ] && [ -z "$unlisted" ]
ok $? "make help lists every target for people$unlisted"
sed -n 's/^make \([a-z-]*\) .*/\1/p' "$scratch/help" |
    grep -vxFf "$scratch/phony" >"$scratch/unknown"
[ ! -s "$scratch/unknown" ]
ok $? "and only targets that there are$(sed 's/^/ /' "$scratch/unknown" | tr -d '\n')"
! grep -v '^make [a-z-]*  *[^ ]' "$scratch/help"
ok $? 'each with what it does'

# What a fresh clone has is what git would take; where there is no git, what is
# not in a folder for things made.
contents() {
    find . -path ./.git -prune -o -type f -print | sed 's|^\./||' | sort
}
if git -C "$top" rev-parse >/dev/null 2>&1; then
    (cd "$top" && git ls-files -co --exclude-standard) | while read -r file; do
        [ ! -e "$top/$file" ] || echo "$file"
    done | sort >"$scratch/clone"
else
    (cd "$top" && contents) |
        grep -v '^build/\|/build\(32\)\{0,1\}/\|^book/out/\|^work/\|^results/\|/node_modules/' \
        >"$scratch/clone"
fi
make clean >"$scratch/said" 2>&1
ok $? 'make clean'
contents >"$scratch/left"
same "$scratch/clone" "$scratch/left" 'leaves what a fresh clone has'
[ ! -e build ] && [ -z "$(find . -name build -o -path ./book/out)" ]
ok $? 'and no empty folders for things made'
[ ! -e "$top/build/wine" ] || [ -e "$top/build/wine/drive_c" ]
ok $? 'it does not follow links out of the folder'

# missing TOOL PACKAGE TARGET: on a PATH with all but that tool.
all_tools="sh make mkdir rm touch mv cp cat sed awk grep expand tr sort find head
    env wc dirname basename diff patch mktemp cmp ln id date xargs printf test
    x86_64-w64-mingw32-gcc as ld wine wineboot wineserver pandoc busybox prove perl"
missing() {
    rm -rf "${scratch:?}/bin"
    mkdir "$scratch/bin"
    for tool in $all_tools; do
        [ "$tool" = "$1" ] || ! path=$(command -v "$tool") ||
            ln -s "$path" "$scratch/bin/$tool"
    done
    status=0
    PATH=$scratch/bin make "$3" >"$scratch/said" 2>&1 || status=$?
    # make adds a line of its own that names the rule.
    grep -v '^make' "$scratch/said" >"$scratch/line"
    [ $status -ne 0 ] && [ "$(wc -l <"$scratch/line")" -eq 1 ] &&
        grep -q "$1 is missing: sudo apt-get install $2" "$scratch/line"
    ok $? "make $3 without $1: one line that says so"
    sed 's/^/# /' "$scratch/said"
    [ -z "$(find . -name '*.o' -o -name '*.exe' -o -name '*.html' -path '*/out/*')" ]
    ok $? 'before anything is built'
    rm -rf build
}
if [ "${OS:-}" = Windows_NT ]; then
    skip 'tools missing' 'MSYS2 has no apt-get'
else
    missing x86_64-w64-mingw32-gcc mingw-w64 all
    missing wine wine all
    missing awk mawk all
    missing cmp diffutils all
    missing mktemp coreutils check
    missing patch patch test
    missing pandoc pandoc all
    missing busybox busybox all
    missing prove perl test
fi

# What needs no compiler, no Wine and no pandoc does without them.
for tool in x86_64-w64-mingw32-gcc wine pandoc busybox prove; do
    rm -f "$scratch/bin/$tool"
done
for tool in ls chmod tail cksum cut; do
    ln -sf "$(command -v $tool)" "$scratch/bin/$tool"
done
for goal in 'exercises' 'start EX=1.1' 'hint EX=1.1' clean '-C step01-ffi clean'; do
    # shellcheck disable=SC2086 # words
    PATH=$scratch/bin make $goal >"$scratch/said" 2>&1 &&
        ! grep -q 'is missing: ' "$scratch/said"
    ok $? "make $goal needs no compiler"
    [ "$tap_failures" -eq 0 ] || sed 's/^/# /' "$scratch/said"
done
rm -rf work

# refuses WORDS NAME COMMAND...: one line with those words, status 2.
refuses() {
    words=$1 name=$2
    shift 2
    "$@" >"$scratch/said" 2>&1
    [ $? -eq 2 ] && [ "$(wc -l <"$scratch/said")" -eq 1 ] && grep -q "$words" "$scratch/said"
    ok $? "$name"
    [ "$tap_failures" -eq 0 ] || sed 's/^/# /' "$scratch/said"
}
mkdir -p build/wine
if [ "$(id -u)" = 0 ]; then
    chown 65534 build/wine
    refuses 'build/wine belongs to .*, and you are root: .*chown -R root' \
        "another's Wine prefix: one line" make exercises
    chown 0 build/wine
    if setpriv --reuid 65534 --clear-groups test -r Makefile 2>/dev/null; then
        for goal in all clean 'check EX=1.1' start claims; do
            # shellcheck disable=SC2086 # words
            refuses 'build belongs to root, and you are .*: .*chown -R' "what root made: make $goal says so" \
                setpriv --reuid 65534 --clear-groups make $goal
        done
    else
        skip 'what root made' 'another user cannot come here'
    fi
else
    chmod a-w build
    refuses "build can't be written: chmod" 'a folder without permission: one line' make exercises
    chmod u+w build
fi
rm -rf build

cd "$top" || exit 1
done_testing
