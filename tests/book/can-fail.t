#!/bin/sh
# The other tests of the book, and the build itself, find what they are there to
# find: a small book of two steps is spoilt in one place at a time.
cd "$(dirname "$0")/../.." || exit 1
. tests/book/lib.sh
. tests/book/toy.sh

build() { (cd "$toy" && make -s -f book/book.mk book) >"$work/said" 2>&1; }

# finds NAME TEST FILE SED: the test must fail on a book in which FILE is edited.
finds() {
    new_toy
    sed "$4" "$fresh/$3" >"$toy/$3"
    if cmp -s "$fresh/$3" "$toy/$3"; then
        echo "# $4 changes nothing" >"$work/said"
        ok 1 "$1" "$work/said"
        return
    fi
    (cd "$toy" && sh "tests/book/$2.t") >"$work/said" 2>&1
    grep -q '^not ok' "$work/said"
    ok $? "$2.t finds $1" "$work/said"
}

# refuses NAME FILE SED PATTERN: the build must fail on that, and say so.
refuses() {
    new_toy
    sed "$3" "$fresh/$2" >"$toy/$2"
    if build; then
        ok 1 "the build refuses $1"
    else
        grep -q "$4" "$work/said"
        ok $? "the build refuses $1" "$work/said"
    fi
}

write_toy
new_toy
build
ok $? 'a sound book is built' "$work/said"
rm -rf "$fresh" && cp -rp "$toy" "$fresh"
for t in coverage apply checkpoints links passages; do
    (cd "$toy" && sh tests/book/$t.t) >"$work/said" 2>&1 && ! grep -q '^not ok' "$work/said"
    ok $? "a sound book passes $t.t" "$work/said"
done

one=chapters/01-one/chapter.md two=chapters/02-two/chapter.md
page1=$site/01-one.html page2=$site/02-two.html

refuses 'a function that is not there' $one 's/fn=say/fn=sya/' "^$one:20: .*no fn sya"
refuses 'a text that is there twice' $two "s/line='#include \"two.h\"'/line=\"(void)\"/" "^$two:13: .*3 times"
refuses 'a file that is not there' $one 's/file=Makefile/file=makefile/' "^$one:8: .*no file makefile"
refuses 'a line that no panel shows' $one '/fn=say/,/^:::$/d' 'step01-one/main.c:1: 6 changed lines'
refuses 'a removed line that no panel shows' step02-two/Makefile '/grep BROKEN/d' 'step01-one/Makefile:2: .*"-.*BROKEN'
refuses 'lines that two panels show' $one 's/fn=say/fn=main/' "^$one:20: .*in two panels"
refuses 'a panel without a change' $two 's/fn=add/fn=say/' "^$two:8: .*nothing changes in say()"
refuses 'a single checkpoint' $one '/^::: checkpoint/,/^:::$/d' "^$one: .*1 checkpoint"
refuses 'an output without its file' $one 's/run=said/run=side/' "^$one:24: .*side.out"
refuses 'a claim without its program' $one 's/program=zero/program=one/' "^$one:9: .*claims/one.c"
refuses 'a program that no chapter cites' $one 's/{.claim program=zero}//' '^tests/claims/zero.c'
refuses 'a link to no file' $one 's/02-two/02-tow/' "^$one:9: .*chapters/02-tow"

finds 'a line that is missing' coverage $page1 '/class="g">9 +</d'
finds 'a line that is there twice' coverage $page1 '/class="g">9 +</{p;p;}'
finds 'a changed line that the panels leave out' coverage $page2 's/<ins class="l"[^>]*><span class="g">17 +/<span class="l"><span class="g">17 /'
finds 'a panel that the list for make follow numbers otherwise' coverage build/book/02-two.panels 's/^panel	2.1	/panel	2.9	/'
finds 'a tab that became blanks' apply $page1 's/	/    /'
finds 'a wrong line number' apply $page2 's/class="g">10 +/class="g">99 +/'
finds 'a kept line that is not so' apply $page2 's/\(class="g">18 .*\)say/\1yas/'
finds 'an altered line' apply $page1 's/4711/4712/'
finds 'a half-built step that does not compile' checkpoints $page1 's/\(class="g">9 +.*\){/\1BROKEN/'
finds 'an object that can not be made' checkpoints $page1 's/class="checkpoint"/& data-objects="build\/none.o"/'
finds 'a warning' checkpoints $page1 's/">cp main.c/">echo warning \&gt;\&amp;2; cp main.c/'
finds 'an output that is not so' checkpoints $page1 's/<samp>port/<samp>part/'
finds 'an output that is longer' checkpoints $page2 's/moore/more\nmore/'
finds 'a checkpoint that is missing' checkpoints $page1 's/class="checkpoint"//'
whole=$site/step02-two/main.c.html
finds 'a number that leads to another line' passages $whole 's/href="[^"]*" tabindex="-1">12</href="..\/02-two.html#two-main.c-L11" tabindex="-1">12</'
finds 'a number that leads to the wrong chapter' passages $whole 's/01-one.html#one-main.c-L4"/02-two.html#two-main.c-L10"/'
finds 'a number that leads nowhere' passages $whole 's/<a class="g" [^>]*><i>2.4<\/i> 17<\/a>/<span class="g">17<\/span>/'
finds 'a passage that has another line' passages $page2 's/\(two-main.c-L12".*\)more/\1less/'
finds 'a link to no page' links $page1 's/href="02-two.html/href="02-tow.html/'
finds 'a link to no such place' links $page1 's/02-two.html#two-more/02-two.html#two-less/'
finds 'an id that is there twice' links $page2 's/id="two-checkpoint-1"/id="main"/'
finds 'something loaded from elsewhere' links $page1 's|<main|<img src="https://example.com/x.png" alt=""><main|'
finds 'a panel whose title leads to the step before' links $page2 's|href="step02-two/main.c.html#L|href="step01-one/main.c.html#L|'
finds 'a chapter without its number' links book/out/iocp.html 's/Chapter 2: //'
finds 'a title of the contents that is there again and again' links book/out/iocp.html 's|<nav class="toc".*|&<a href="#x">Run it</a><a href="#x">Run it</a><a href="#x">Run it</a>|'
finds 'a citation without its program' links $page1 's|tests/claims/zero.c.html|tests/claims/none.c.html|'
finish
