#!/bin/sh
# The checks that need more than the book does: HTML validity (tidy), epubcheck,
# spelling (hunspell with book/words.txt).
cd "$(dirname "$0")/../.." || exit 1
. tests/book/lib.sh
need_book

for need in tidy:tidy epubcheck:epubcheck hunspell:hunspell unzip:unzip; do
    command -v "${need%:*}" >/dev/null || {
        echo "${need%:*} is missing: sudo apt-get install ${need#*:}" >&2
        exit 1
    }
done

# each SCRIPT: once for each name on standard input, which is FILE there, on all
# processors.
each() { xargs -P "$(nproc)" -I FILE sh -c "$1" | sort; }

# tidy says 1 for warnings, 2 for errors; both count.
# An empty span may be filled by the script, and aria-current is HTML by now.
find $site book/out/iocp.html -name '*.html' | each 'tidy -qe -utf8 FILE 2>&1 |
    sed -e "/trimming empty <span>/d" -e "/proprietary attribute .aria-current./d" -e "s|^|FILE: |"' >"$work/wrong"
test ! -s "$work/wrong"
ok $? 'every page is valid HTML' "$work/wrong"

# Debian's epubcheck is a jar that needs the kernel's help to start by itself.
jar=$(readlink -f "$(command -v epubcheck)")
case $(head -c 2 "$jar") in
PK) java -jar "$jar" book/out/iocp.epub ;;
*) epubcheck book/out/iocp.epub ;;
esac >"$work/said" 2>&1
status=$?
grep -qE '^(WARNING|ERROR|FATAL)' "$work/said" && status=1
ok $status 'epubcheck finds nothing' "$work/said"

unzip -o -q -d "$work/epub" book/out/iocp.epub
find "$work/epub" -name '*.xhtml' -size +400k >"$work/wrong"
grep -LE '<dc:creator|cover-image' "$work"/epub/EPUB/content.opf >>"$work/wrong"
grep -rl 'span.kw' "$work/epub" >>"$work/wrong"
test ! -s "$work/wrong"
ok $? "the EPUB has an author and a cover, no file above 400 KiB, no colours of pandoc's" "$work/wrong"

export straight="s,’,',g"
find book/welcome.md chapters -name chapter.md -o -name task.md -o -name welcome.md | each 'pandoc -f markdown -t plain --wrap=none -L book/words.lua FILE |
    sed "$straight" | hunspell -l -d en_US -p book/words.txt | sort -u | sed "s|^|FILE: |"' >"$work/wrong"
test ! -s "$work/wrong"
ok $? 'spelling (words that are right go to book/words.txt)' "$work/wrong"
finish
