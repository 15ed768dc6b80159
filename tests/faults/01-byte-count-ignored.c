/* read does not ask how many bytes the packet brought. */
#include "original.h"

static void original(void)
{
    char buffer[2048];
    original_open();
    need(original_register(&poll, &stream, 1), "registering");
    need(send_all(peer, "hello", 5), "sending");
    need(original_poll(&poll, &event, 1, &count, SOON), "polling");
    size_t size = original_read(&stream, buffer, sizeof buffer);
    tell(event.dwNumberOfBytesTransferred == 5 && size == 1024,
         "original: the packet says %lu bytes, read gives %u; %u of them never "
         "arrived",
         event.dwNumberOfBytesTransferred, (unsigned)size,
         (unsigned)(size - event.dwNumberOfBytesTransferred));
}

static void ours(void)
{
    Ours ours;
    char buffer[2048];
    DWORD count;
    ours_open(&ours);
    need(ours_register(&ours, 1), "registering");
    need(send_all(ours.peer, "hello", 5), "sending");
    need(ours_wait(&ours, SOON), "waiting");
    need(tcp_stream_read(&ours.stream, buffer, sizeof buffer, &count),
         "reading");
    tell(ours.list[0].bytes == 5 && count == 5,
         "ours:     the event says %lu bytes, read gives %lu",
         ours.list[0].bytes, count);
    ours_close(&ours);
}

int main(void)
{
    original();
    ours();
    return told();
}
