#!/bin/sh
# Appendix A has exactly the calls that the steps declare, with the step they
# come in; appendix B every error code of the steps, and each of its numbers is
# the one in the system's headers.
cd "$(dirname "$0")/../.." || exit 1
calls=chapters/91-calls/chapter.md
errors=chapters/92-errors/chapter.md
cc=x86_64-w64-mingw32-gcc
[ "${OS:-}" != Windows_NT ] || cc=gcc
work=build/tests/appendix
rm -rf "$work" && mkdir -p "$work"
count=0 failed=0

# same NAME: the files wanted and there
same() {
    count=$((count + 1))
    if [ -s "$work/wanted" ] && diff "$work/wanted" "$work/there" >"$work/differ"; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        sed 's/^/# /' "$work/differ"
        failed=1
    fi
}

# "Name step" for every call, in the first step that declares or uses it.
for step in step[0-9][0-9]-*; do
    number=${step#step}
    number=${number%%-*}
    {
        tr '\n' ' ' <"$step/ffi.h" | grep -oE 'WINAPI [A-Za-z0-9_]+\(' |
            sed 's/WINAPI //; s/(//'
        grep -ohE '_beginthread(ex)?' "$step"/*.c
        # Types of functions that a socket is asked for: ACCEPT_EX is AcceptEx.
        sed -nE 's/.*WINAPI \*([A-Z_]+_EX)\).*/\1/p' "$step/ffi.h" |
            awk -F _ '{ for (i = 1; i <= NF; i++) printf "%s%s", substr($i, 1, 1), tolower(substr($i, 2)); print "" }'
    } | sort -u | sed "s/\$/ ${number#0}/"
done | sort -k1,1 -k2,2n | awk '$1 != last { print; last = $1 }' >"$work/wanted"
awk '/^### `/ { gsub(/`/, "", $2); name = $2 }
     name && /^Step [0-9]+/ { print name, $2 + 0; name = "" }' "$calls" |
    sort -k1,1 >"$work/there"
same 'appendix A has every call of the steps, with its step'

grep -c '^### ' "$calls" >"$work/wanted"
grep -c '^\[Microsoft.s page\](https://learn\.microsoft\.com/[a-z0-9/_-]*)$' "$calls" >"$work/there"
same 'every call has the link to its page'

# "NAME number" for every error that a step defines.
cat step*/ffi.h | sed -nE 's/^#define ((ERROR|WSA|WAIT_T)[A-Z0-9_]*) ([0-9]+)$/\1 \3/p' |
    sort -u >"$work/wanted"
sed -nE 's/^([0-9]+) `([A-Z0-9_]+)`$/\2 \1/p' "$errors" | sort >"$work/table"
join "$work/wanted" "$work/table" | awk '$2 == $3 { print $1, $2 }' >"$work/there"
same 'appendix B has every error code of the steps'

{
    echo '#include <winsock2.h>'
    echo '#include <windows.h>'
    sed -E 's/(.*) (.*)/_Static_assert(\1 == \2, "\1");/' "$work/table"
} >"$work/numbers.c"
echo "$(wc -l <"$work/table") right" >"$work/wanted"
if $cc -std=c11 -fsyntax-only "$work/numbers.c" 2>"$work/there"; then
    cp "$work/wanted" "$work/there"
fi
same 'every number of appendix B is the one in the headers'

# Numbers that the chapters call an error must be in the table.
grep -ohE '(errors?|ERROR_[A-Z_]+|WSA[A-Z_]+`?,?) [0-9]{1,5}\b' chapters/*/chapter.md |
    grep -oE '[0-9]+$' | sort -u >"$work/mentioned"
sed -nE 's/^([0-9]+) `.*/\1/p' "$errors" | sort -u >"$work/numbers"
echo none >"$work/wanted"
comm -23 "$work/mentioned" "$work/numbers" >"$work/there"
[ -s "$work/there" ] || cp "$work/wanted" "$work/there"
same 'every error that a chapter names by number is in appendix B'

# "Number column" for every exercise; the guide's table begins with the step.
grep -H '^difficulty:' chapters/*/exercises/*/task.md |
    sed -E 's|^chapters/0*([0-9]+)-[^/]*/exercises/([0-9]+)-[^:]*:difficulty: (.*)|\1.\2 \3|
            s/ (ten minutes|half an hour)$/ short/' | sort >"$work/wanted"
awk -F '|' '
    function list(cell, difficulty,   number, i, n) {
        n = split(cell, number, /[ ,]+/)
        for (i = 1; i <= n; i++)
            if (number[i] ~ /^[0-9]+\.[0-9]+$/)
                print number[i], difficulty
    }
    /^\| step \|/ { inside = 1 }
    !NF { inside = 0 }
    inside { list($3, "short"); list($4, "an hour"); list($5, "an evening") }
' chapters/95-teachers-guide/chapter.md | sort >"$work/there"
same 'the teacher'\''s guide has every exercise at its difficulty'

grep -o '[0-9]* in all' README.md >"$work/there"
printf '%s in all\n' "$(find chapters -name task.md | wc -l)" >"$work/wanted"
same 'the README says how many exercises there are'

echo "1..$count"
exit $failed
