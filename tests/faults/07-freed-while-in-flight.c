/* Dropping a stream closes its socket and frees its operations, although the
   system has still to write down how the read ended. */
#include "original.h"

/* A free block goes to whoever asks next, as an allocator does it. */
static OriginalOperation pool;

static OriginalOperation *allocate(void)
{
    return &pool;
}

static int changed(const void *block, size_t size)
{
    const unsigned char *bytes = block;
    int count = 0;
    for (size_t i = 0; i < size; i++)
        count += bytes[i] != 0x2A;
    return count;
}

static void original(void)
{
    original_open();
    need(associate_socket(poll.completion_port, stream.inner, 0),
         "associating");
    OriginalOperation *op = allocate();
    op->token = 1;
    need(original_wsa_recv(&stream, op), "starting a read");

    /* Drop: first the socket, then the memory, which finds another use. */
    close_socket(stream.inner);
    memset(allocate(), 0x2A, sizeof(OriginalOperation));

    need(original_poll(&poll, &event, 1, &count, SOON), "polling");
    tell(count == 1 && event.lpOverlapped == &pool.wsaoverlapped,
         "original: the stream is dropped, its operation freed; its packet "
         "comes all the same");
    tell((original_event_id(&event) & 0xFFFFFFFF) == 0x2A2A2A2A,
         "original: the event's id is 0x%llX, bytes of the memory's next "
         "owner",
         (unsigned long long)original_event_id(&event));
    printf("original: of the next owner's bytes the system has overwritten "
           "%d; Windows writes how the read ended when the packet is taken "
           "out, Wine when the socket is closed\n",
           changed(&pool, sizeof pool));
}

static void ours(void)
{
    Ours ours;
    ours_open(&ours);
    Selector *selector = &ours.poll.loop->selector;
    need(ours_register(&ours, 1), "registering");
    need(tcp_stream_close(&ours.stream), "closing the stream");
    int before = selector->lent;
    need(ours_wait(&ours, SOON), "waiting");
    int after = selector->lent;
    tell(before == 1 && after == 0 && ours.events.count == 0,
         "ours:     operations lent to the system after closing the stream: "
         "%d; freed with its packet, %d; events: %lu",
         before, after, ours.events.count);
    ours_close(&ours);
}

int main(void)
{
    original();
    ours();
    return told();
}
