/* Every register associates the socket anew. Its text calls that a system call
   that could be avoided. */
#include "original.h"

static void original(void)
{
    original_open();
    DWORD first = original_register(&poll, &stream, 1);
    DWORD second = original_register(&poll, &stream, 1);
    tell(first == 0 && second == ERROR_INVALID_PARAMETER,
         "original: registering gives %lu, registering again gives error %lu: "
         "one read is all a stream can do",
         first, second);
}

static void ours(void)
{
    Ours ours;
    int reads = 0;
    ours_open(&ours);
    for (; reads < 3; reads++) {
        char buffer[8];
        DWORD count;
        need(ours_register(&ours, 1), "registering");
        need(send_all(ours.peer, "x", 1), "sending");
        need(ours_wait(&ours, SOON), "waiting");
        need(tcp_stream_read(&ours.stream, buffer, 8, &count), "reading");
    }
    tell(reads == 3, "ours:     registered and read %d times", reads);
    ours_close(&ours);
}

int main(void)
{
    original();
    ours();
    return told();
}
