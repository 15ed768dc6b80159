/* read does not ask whether anything has arrived. */
#include "original.h"

static void original(void)
{
    char buffer[1024];
    original_open();
    need(original_register(&poll, &stream, 1), "registering");
    size_t size = original_read(&stream, buffer, sizeof buffer);
    tell(size == 1024,
         "original: with the read in flight and nothing sent, read gives %u "
         "bytes, from a buffer that is lent to the system",
         (unsigned)size);
}

static void ours(void)
{
    Ours ours;
    char buffer[1024];
    DWORD count;
    ours_open(&ours);
    need(ours_register(&ours, 1), "registering");
    DWORD error = tcp_stream_read(&ours.stream, buffer, sizeof buffer, &count);
    tell(error == WSAEWOULDBLOCK && count == 0,
         "ours:     error %lu, it would have to wait", error);
    ours_close(&ours);
}

int main(void)
{
    original();
    ours();
    return told();
}
