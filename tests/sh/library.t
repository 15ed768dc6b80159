#!/bin/sh
# bits: 32
# What chapter 8 says of step 8 as a library: without the demonstration's files it
# compiles, and a program that includes the five headers and no others is served by it.
. tests/tap.sh
step=step08-deadline

cp "$step"/*.[ch] "$scratch"
rm "$scratch/main.c"
for name in server clients fetch http; do rm "$scratch/$name".[ch]; done
cat >"$scratch/program.c" <<'END'
#include <stdio.h>

#include "ffi.h"
#include "poll.h"
#include "registrator.h"
#include "tcplistener.h"
#include "tcpstream.h"

enum { LISTENER, SPEAKER, HEARER };

static void check(const char *what, DWORD error)
{
    if (error != 0)
        printf("%s: %lu\n", what, error);
}

int main(void)
{
    Poll poll;
    Registrator registrator;
    TcpListener listener;
    TcpStream speaker, hearer = {0};
    Event list[4];
    Events events = {.list = list, .capacity = 4};
    unsigned short port;
    char number[8], bytes[16];
    DWORD count, reads = 0;
    check("startup", wsa_startup());
    check("create", poll_create(&poll));
    check("registrator", poll_registrator(&poll, &registrator));
    check("open", tcp_listener_open(&listener, &registrator, LISTENER, NULL, "0"));
    check("port", tcp_listener_port(&listener, &port));
    snprintf(number, sizeof number, "%u", port);
    check("connect", tcp_stream_connect(&speaker, &registrator, SPEAKER, "127.0.0.1", number));
    check("write", tcp_stream_write(&speaker, "hello", 5, &count));
    while (reads < 2) {
        check("wait", poll_wait(&poll, &events, INFINITE));
        for (ULONG i = 0; i < events.count; i++) {
            if (list[i].token == LISTENER) {
                check("accept", tcp_listener_accept(&listener, &hearer));
            } else if (list[i].token == SPEAKER) {
                check("connected", list[i].error);
                continue;
            } else {
                reads++;
                printf("%lu bytes, error %lu\n", list[i].bytes, list[i].error);
                while (tcp_stream_read(&hearer, bytes, sizeof bytes, &count) == 0 && count > 0)
                    ;
            }
            if (reads == 1)
                check("deadline", tcp_stream_set_deadline(&hearer, READABLE, 50));
            if (reads < 2)
                check("register", tcp_stream_register(&hearer, &registrator, HEARER, READABLE));
        }
    }
    printf("too early: %lu\n", poll_destroy(&poll));
    check("close", tcp_stream_close(&hearer));
    check("close", tcp_stream_close(&speaker));
    check("close", tcp_listener_close(&listener));
    check("destroy", poll_destroy(&poll));
    check("release", registrator_release(&registrator));
    check("cleanup", wsa_cleanup());
    return 0;
}
END
cat >"$scratch/expected" <<'END'
5 bytes, error 0
0 bytes, error 10060
too early: 170
END

$TEST_CC -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror "$scratch"/*.c -lws2_32 -o "$scratch/program.exe" >"$scratch/said" 2>&1
ok $? 'without the files of the demonstration it compiles, with one program that includes five headers'
sed 's/^/# /' "$scratch/said"
wine=wine
[ "${OS:-}" = Windows_NT ] && wine=
timeout 60 $wine "$scratch/program.exe" 2>/dev/null | tr -d '\r' >"$scratch/printed"
same "$scratch/expected" "$scratch/printed" 'and the program is served, misses a deadline, and closes in order'
# shellcheck disable=SC2016
grep -q '`main`, `server`, `clients`, `fetch` and `http`' chapters/08-deadline/chapter.md
ok $? 'these are the files that chapter 8 leaves out'
done_testing
