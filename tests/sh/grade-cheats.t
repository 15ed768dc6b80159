#!/bin/sh
# The judge of one exercise takes nothing for right but right work, whatever it
# prints, calls or hands in, and comes to a verdict soon: within ten seconds, or 25
# on a busy machine.
. tests/tap.sh
# shellcheck source=chapters/tools/lib.sh
. chapters/tools/lib.sh
. tests/exercises.sh

number=2.2

hand_in() { lay_work "$scratch/$1" "${2:-solution}"; }
# gets VERDICT MESSAGE: what the judge is to make of $work.
gets() {
    printf '%s\t%s\t%s\n' "${work##*/}" "$1" "$2" >>"$scratch/list"
}

hand_in right
gets passed ''

hand_in prints-tap
instead 'for (int i = 7; i <= 11; i++) printf("\nok %d - it holds\n", i); puts("1..11"); fflush(stdout); exit(0);'
gets exited 'status 0'
hand_in exits
instead 'exit(0);'
gets exited 'status 0'
hand_in exits-hard
instead 'TerminateProcess(GetCurrentProcess(), 0);'
gets exited 'status 0'
hand_in exits-at-exit
instead 'static int once; if (!once++) atexit((void (*)(void))ExitProcess); return 0;'
gets failed 'bytes off'

hand_in prints-early wrong/null
cat >"$work/early.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
__attribute__((constructor)) static void early(void)
{
    char word[80] = "";
    fgets(word, sizeof word, stdin); /* the word that starts a checker's line */
    for (int i = 1; i <= 11; i++)
        printf("\n%.32s ok %d - it holds\n", word, i);
    printf("\n%.32s 1..11\n", word);
    fflush(stdout);
    _Exit(0);
}
END
gets exited 'status 0'
hand_in before-all wrong/null
cat >"$work/tls.c" <<'END'
#include <windows.h>
static void NTAPI early(PVOID module, DWORD reason, PVOID unused)
{
    (void)module, (void)reason, (void)unused;
    ExitProcess(0);
}
__attribute__((section(".CRT$XLX"))) PIMAGE_TLS_CALLBACK callback = early;
END
gets refused 'before main'

hand_in own-checker wrong/null
echo 'int examine(void *table) { return table != 0; }' >"$work/mine.c"
gets refused 'mine.c defines examine'
hand_in own-system wrong/null
echo 'int WriteFile(void) { return 1; } void *__imp_WriteFile = WriteFile;' >"$work/mine.c"
gets refused 'mine.c defines .*WriteFile'
hand_in own-start wrong/null
echo 'int mainCRTStartup(void) { return 0; }' >"$work/mine.c"
gets refused 'mainCRTStartup'
hand_in own-wrap wrong/null
echo 'int __wrap_WSARecv(void) { return 0; }' >"$work/mine.c"
gets refused 'mine.c defines __wrap_WSARecv'
hand_in own-directory wrong/null
cat >"$work/mine.c" <<'END'
#include <windows.h>
static void NTAPI early(PVOID module, DWORD reason, PVOID unused)
{
    (void)module, (void)reason, (void)unused;
    ExitProcess(0);
}
static PIMAGE_TLS_CALLBACK list[] = {early, 0};
ULONG _tls_index;
static char a[16];
const IMAGE_TLS_DIRECTORY64 _tls_used = {(ULONGLONG)a, (ULONGLONG)(a + 16), (ULONGLONG)&_tls_index, (ULONGLONG)list, 0, {0}};
END
gets refused 'mine.c defines _tls_'
hand_in own-format wrong/null
echo 'int __mingw_pformat(void) { return 0; }' >"$work/mine.c"
gets refused 'mine.c defines __mingw_pformat'
hand_in own-import wrong/null
cat >"$work/mine.c" <<'END'
#include <string.h>
#include <windows.h>
extern void *__imp_WriteFile;
static WINBOOL(WINAPI *real)(HANDLE, LPCVOID, DWORD, LPDWORD, LPOVERLAPPED);
static WINBOOL WINAPI mine(HANDLE f, LPCVOID t, DWORD n, LPDWORD w, LPOVERLAPPED o)
{
    char *not_ok = strstr(t, " not ok");
    if (not_ok)
        memmove(not_ok + 1, not_ok + 5, n - (not_ok - (char *)t) - 5), n -= 4;
    return real(f, t, n, w, o);
}
__attribute__((constructor)) static void begin(void)
{
    DWORD old;
    real = __imp_WriteFile;
    VirtualProtect(&__imp_WriteFile, 8, PAGE_READWRITE, &old);
    __imp_WriteFile = mine;
}
END
gets failed 'operation_of(NULL)'
hand_in jumps-out wrong/null
instead '
    static int calls;
    CONTEXT c; DWORD64 base, frame; void *data; PRUNTIME_FUNCTION f;
    if (overlapped == NULL && !calls++) {
        RtlCaptureContext(&c);
        for (int i = 0; i < 2; i++) {
            f = RtlLookupFunctionEntry(c.Rip, &base, NULL);
            RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, c.Rip, f, &c, &data, &frame, NULL);
        }
        RtlRestoreContext(&c, NULL);
    }
    overlapped = (char *)overlapped - 32;'
gets exited 'status 0'
hand_in real-call wrong/null
sed -i 's/wsa_recv(/__real_WSARecv(/' "$work/operation.c"
sed -i 's/^#include "ffi.h"/&\nDWORD __real_WSARecv(SOCKET, char *, DWORD, WSAOVERLAPPED *);/' "$work/operation.c"
sed -i '1i #include "ffi.h"\nDWORD __real_WSARecv();' "$work/operation.c"
gets refused 'operation.c calls __real_WSARecv'
hand_in includes-ours wrong/null
echo '#include "../../2.2/want/operation.c"' >"$work/operation.c"
gets refused 'from elsewhere is included, ../../2.2/want/operation.c'
hand_in own-macros wrong/null
sed -i 's/^#include "ffi.h"/&\n#define expect(held, ...) ((void)0)\n#define need expect/' "$work/operation.h"
echo '#define BEGIN(table) return' >"$work/check.h"
gets failed 'operation_of(NULL)'
hand_in own-list wrong/overlapped-moved
echo 'void link_push(void *a, void *b) { (void)a, (void)b; }' >"$work/link.c"
gets failed 'operation_of is 32 bytes off'

hand_in borrows
mv "$work/operation.c" "$scratch/another.c"
ln -s "$scratch/another.c" "$work/operation.c"
gets missing 'operation.c is a link'

hand_in crashes
instead '*(volatile int *)8 = 1;'
gets crashed 'in operation_of, forged.c:6: writing address 0x8 (during: operation_of)'
hand_in recurses
instead 'volatile char room[9999]; room[0] = 1; if (overlapped) return operation_of(room + 1);'
gets crashed 'in operation_of, forged.c:.*the stack is full'
hand_in hangs
instead 'for (;;) ;'
gets hung 'in operation_of, forged.c:6 (during: operation_of)'
hand_in waits
instead 'fclose(stdout); CloseHandle(GetStdHandle(STD_OUTPUT_HANDLE)); Sleep(INFINITE);'
gets hung 'in operation_of, forged.c:6'
hand_in floods
instead 'for (;;) puts("\n\n\nok 1 - it holds\n1..1\n");'
gets hung 'during: operation_of'
hand_in leaves
instead 'STARTUPINFOA info = {.cb = sizeof info}; PROCESS_INFORMATION process; char ping[] = "ping -n 47 127.0.0.1";
    CreateProcessA(NULL, ping, NULL, NULL, TRUE, 0, NULL, NULL, &info, &process);'
gets failed 'bytes off'

MAKEFLAGS='' make -s build/exercises/$number/ready || exit 1
export CC=x86_64-w64-mingw32-gcc NM=x86_64-w64-mingw32-nm ADDR2LINE=x86_64-w64-mingw32-addr2line WINE=wine
if [ "${OS:-}" = Windows_NT ]; then
    CC=gcc NM=nm ADDR2LINE=addr2line WINE=
fi
export number scratch
# shellcheck disable=SC2016 # for the inner shell
cut -f 1 "$scratch/list" | xargs -n 1 -P 3 sh -c '
    begun=$(date +%s)
    sh chapters/tools/judge $number "$scratch/$1" "$scratch/$1.result" build/exercises
    echo $(($(date +%s) - begun)) >"$scratch/$1.seconds"' judge 2>"$scratch/err"
while IFS='	' read -r name verdict message; do
    result=$scratch/$name.result
    if grep -q "^verdict: $verdict\$" "$result" && grep -q "^message: .*$message" "$result" &&
        [ "$(cat "$scratch/$name.seconds")" -le 25 ]; then
        ok 0 "$name: $verdict"
    else
        ok 1 "$name: $verdict"
        sed 's/^/# /' "$scratch/$name.seconds" "$result" "$scratch/err"
    fi
done <"$scratch/list"
# With an exercise that asks for sizes.
for cheat in mine check_sizes; do
    lay_out 4.3 "$scratch/sizes-$cheat" wrong/copied
    printf '#include <stdlib.h>\nconst unsigned long long size_of_Poll = 1, size_of_Registrator = 1;\n__attribute__((constructor)) static void c(void) { _Exit(0); }\n' >"$scratch/sizes-$cheat/$cheat.c"
done
MAKEFLAGS='' make -s build/exercises/4.3/ready
sh chapters/tools/judge 4.3 "$scratch/sizes-mine" "$scratch/sizes-mine.result" build/exercises
grep -q '^message: mine.c defines size_of_' "$scratch/sizes-mine.result"
ok $? 'own-sizes: refused'
sh chapters/tools/judge 4.3 "$scratch/sizes-check_sizes" "$scratch/sizes-check_sizes.result" build/exercises
grep -q '^verdict: failed' "$scratch/sizes-check_sizes.result"
ok $? 'a file called as one of ours is left out'
grep -q '^note: link.c is not part' "$scratch/own-list.result"
ok $? 'who changes a file of ours is told that it was left out'
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep '[p]ing -n 47' >"$scratch/left"
[ ! -s "$scratch/left" ]
ok $? 'what a program has started ends with it'
done_testing
