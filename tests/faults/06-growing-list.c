/* A register adds an operation to the stream's list; nothing takes one out.
   Fault 2 hides this: a stream never gets to its second register. So we
   associate once here, as its text suggests. */
#include "original.h"

enum { READS = 100 };

static void original(void)
{
    original_open();
    stream.associate_once = TRUE;
    for (int i = 0; i < READS; i++) {
        need(original_register(&poll, &stream, 1), "registering");
        need(send_all(peer, "x", 1), "sending");
        need(original_poll(&poll, &event, 1, &count, SOON), "polling");
    }
    tell(original_operations(&stream) == READS,
         "original: after %d finished reads its list holds %d operations, "
         "none in flight (once fault 2 is mended)",
         READS, original_operations(&stream));
}

static void ours(void)
{
    Ours ours;
    ours_open(&ours);
    Operation *only = ours.stream.operation;
    for (int i = 0; i < READS; i++) {
        char byte;
        DWORD count;
        need(ours_register(&ours, 1), "registering");
        need(send_all(ours.peer, "x", 1), "sending");
        need(ours_wait(&ours, SOON), "waiting");
        need(tcp_stream_read(&ours.stream, &byte, 1, &count), "reading");
    }
    tell(ours.stream.operation == only,
         "ours:     after %d finished reads the stream has the one operation "
         "it was made with",
         READS);
    ours_close(&ours);
}

int main(void)
{
    original();
    ours();
    return told();
}
