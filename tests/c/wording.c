// steps: 01
/* How a checker's sentences read when a number in them is one, or INFINITE. */
#include "../../chapters/tools/wording.h"
#include "tap.h"

static void reads(const char *before, const char *after)
{
    char text[256];
    snprintf(text, sizeof text, "%s", before);
    wording_mend(text);
    ok(strcmp(text, after) == 0, "%s", after);
    if (strcmp(text, after) != 0)
        printf("# not: %s\n", text);
}

int main(void)
{
    reads("and 1 blocks of memory are left", "and 1 block of memory is left");
    reads("and 1 more blocks of memory are left: whose?",
          "and 1 more block of memory is left: whose?");
    reads("11 blocks of memory are left", "11 blocks of memory are left");
    reads("2.1 blocks are", "2.1 blocks are");
    reads("it was called 1 times", "it was called 1 time");
    reads("it was asked 1 times, and 2 were in flight",
          "it was asked 1 time, and 2 were in flight");
    reads("1 of them have not been freed", "1 of them has not been freed");
    reads("1 operations haven't been freed", "1 operation hasn't been freed");
    reads("1 of its two sockets were closed",
          "1 of its two sockets was closed");
    reads("of 8 events 1 were handled", "of 8 events 1 was handled");
    reads("error 0, 1 events, 1 bytes", "error 0, 1 event, 1 byte");
    reads("1 reads", "1 read");
    reads("stream 1 waited while 2 reads were in flight",
          "stream 1 waited while 2 reads were in flight");
    reads("stream 1 reads on", "stream 1 reads on");
    reads("stream 1 had 1 events", "stream 1 had 1 event");
    reads("1 thread handles are open", "1 thread handle is open");
    reads("asked the port to wait 4294967295 ms: what for?",
          "asked the port to wait INFINITE: what for?");
    reads("asked the port to wait 4294967295: what if",
          "asked the port to wait INFINITE: what if");
    reads("a timeout of 4294967295", "a timeout of INFINITE");
    reads("token 4294967295", "token 4294967295");
    reads("1", "1");
    reads("1 ", "1 ");
    return done_testing();
}
