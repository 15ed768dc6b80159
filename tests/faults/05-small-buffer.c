/* read into a buffer smaller than 1024 bytes copies from the start, always. */
#include "original.h"

static void original(void)
{
    char pieces[3][3] = {"", "", ""};
    char large[1024];
    size_t last = 0;
    original_open();
    need(original_register(&poll, &stream, 1), "registering");
    need(send_all(peer, "hello!", 6), "sending");
    need(original_poll(&poll, &event, 1, &count, SOON), "polling");
    for (int i = 0; i < 3; i++)
        original_read(&stream, pieces[i], 2);
    tell(strcmp(pieces[0], "he") == 0 && strcmp(pieces[1], "he") == 0 &&
             strcmp(pieces[2], "he") == 0,
         "original: \"hello!\" read by twos: %s %s %s, and so on for ever",
         pieces[0], pieces[1], pieces[2]);
    last = original_read(&stream, large, sizeof large);
    tell(last == 1018 && stream.pos == 6,
         "original: pos is %u by now and is never put back: a large read "
         "begins there and gives %u bytes",
         (unsigned)stream.pos, (unsigned)last);
}

static void ours(void)
{
    Ours ours;
    char pieces[3][3] = {"", "", ""}, more;
    DWORD count;
    ours_open(&ours);
    need(ours_register(&ours, 1), "registering");
    need(send_all(ours.peer, "hello!", 6), "sending");
    need(ours_wait(&ours, SOON), "waiting");
    for (int i = 0; i < 3; i++)
        need(tcp_stream_read(&ours.stream, pieces[i], 2, &count), "reading");
    DWORD error = tcp_stream_read(&ours.stream, &more, 1, &count);
    tell(strcmp(pieces[0], "he") == 0 && strcmp(pieces[1], "ll") == 0 &&
             strcmp(pieces[2], "o!") == 0 && error == WSAEWOULDBLOCK,
         "ours:     %s %s %s, then error %lu: nothing more has arrived",
         pieces[0], pieces[1], pieces[2], error);
    ours_close(&ours);
}

int main(void)
{
    original();
    ours();
    return told();
}
