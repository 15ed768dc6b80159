#!/bin/sh
# bits: 32
# Every claim program gives the verdict that is committed for this Wine, 8.0 or
# 10.0, word for word. Another Wine may do better than 8.0; on Windows every claim
# must hold. Then shows that the programs and this test can tell.
. tests/tap.sh

cc=$TEST_CC
wine=wine
[ "${OS:-}" = Windows_NT ] && wine=

# record FILE: where the verdicts are kept for the system that printed FILE.
record() {
    printf 'tests/claims/wine-%s.txt\n' "$(sed -n '1s/^Wine \([^ ]*\) .*/\1/p' "$1")"
}

# claims_kept FILE: what `make claims` printed is as it should be.
claims_kept() {
    sed -E "s/^(Wine|Windows) [^ ]* *//" "$1" >"$scratch/verdicts"
    if [ -f "$(record "$1")" ]; then
        diff -u "$(record "$1")" "$scratch/verdicts"
    else
        grep '^[a-z]' "$scratch/verdicts" >"$scratch/these"
        grep '^held' tests/claims/wine-8.0.txt >"$scratch/those"
        ! grep '^untried' "$scratch/these" || return 1
        # What differs here must differ in Wine 8.0 too, and never on Windows.
        sed -n 's/^differs *//p' "$scratch/these" | while read -r line; do
            case $(head -n 1 "$1") in
            Wine*) ! grep -F " $line" "$scratch/those" || exit 1 ;;
            *) echo "$line" && exit 1 ;;
            esac
        done
    fi
}

sh tests/claims/all "$TEST_BUILD/claims" >"$scratch/claims"
claims_kept "$scratch/claims" >"$scratch/difference"
ok $? 'every claim gives the verdict expected'
sed 's/^/# /' "$scratch/difference"

# shellcheck disable=SC2016 # the backquotes are Markdown's
sed -n 's/^- `\([^`]*\)` — /\1: /p' tests/claims/README.md >"$scratch/listed"
sed -nE 's/^.*(held|differs|untried) +([a-z0-9-]+: )/\2/p' "$scratch/claims" \
    >"$scratch/claimed"
same "$scratch/listed" "$scratch/claimed" 'README.md says what the programs say'

for source in tests/claims/*.c; do basename "$source" .c; done | sort >"$scratch/files"
sed 's/:.*//' "$scratch/listed" | sort >"$scratch/names"
same "$scratch/names" "$scratch/files" 'README.md lists every program'

if command -v i686-w64-mingw32-gcc >/dev/null; then
    for name in overlapped-size long-is-4-bytes bool-is-4-bytes; do
        i686-w64-mingw32-gcc -std=c11 -fsyntax-only "tests/claims/$name.c"
        ok $? "$name compiles for 32 bits"
    done
else
    skip 'sizes for 32 bits' 'i686-w64-mingw32-gcc is not installed'
fi

# A verdict that changes is noticed, in both directions, and so is a missing one.
notices() {
    sed "$1" "$scratch/claims" >"$scratch/altered"
    ! cmp -s "$scratch/claims" "$scratch/altered" &&
        ! claims_kept "$scratch/altered" >"$scratch/difference"
    ok $? "$2 is noticed"
}
notices 's/held     wait-timeout/differs  wait-timeout/' 'a claim that no longer holds'
notices 's/held     wait-timeout/untried  wait-timeout/' 'a claim that was not tried'
if [ -f "$(record "$scratch/claims")" ]; then
    notices 's/differs  close-ends-read/held     close-ends-read/' 'a difference that is gone'
    notices 's/documented 995, seen [0-9]*/documented 995, seen 5/' 'another error'
    notices '/: INFINITE/d' 'a missing claim'
fi

# A program whose documented number is wrong says that the system differs.
verdict_of() {
    $cc -std=c11 -O1 -Itests/claims "$scratch/$1.c" -lws2_32 -o "$scratch/$1.exe" &&
        timeout -k 5 30 $wine "$scratch/$1.exe" >"$scratch/out" 2>&1
}
sed 's/, 258);/, 259);/' tests/claims/wait-timeout.c >"$scratch/wrong.c"
verdict_of wrong
[ $? -eq 1 ] && grep -q 'differs  wrong: ' "$scratch/out" &&
    grep -q 'error: documented 259, seen 258' "$scratch/out"
ok $? 'a program sees a difference'
sed 's/HANDLE port = new_port();/HANDLE port = NULL; associate(port, 1, 0);/' \
    tests/claims/wait-timeout.c >"$scratch/hindered.c"
verdict_of hindered
[ $? -eq 2 ] && grep -q 'untried  hindered: ' "$scratch/out"
ok $? 'a program that is hindered says so'
done_testing
