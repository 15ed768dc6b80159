/* Nothing keeps a stream from a second read while the first is in flight; both
   write to its one buffer. Fault 2 hides this, so we associate once here. */
#include "original.h"

static void original(void)
{
    char text[7] = "";
    original_open();
    stream.associate_once = TRUE;
    need(original_register(&poll, &stream, 1), "registering");
    need(original_register(&poll, &stream, 2), "registering");
    need(send_all(peer, "first!", 6), "sending");
    need(original_poll(&poll, &event, 1, &count, SOON), "polling");
    need(send_all(peer, "second", 6), "sending");
    need(original_poll(&poll, &event, 1, &count, SOON), "polling");
    original_read(&stream, text, 6);
    tell(strcmp(text, "second") == 0,
         "original: \"first!\" and \"second\" arrived in two reads; the buffer "
         "holds \"%s\"",
         text);
}

static void ours(void)
{
    Ours ours;
    ours_open(&ours);
    need(ours_register(&ours, 1), "registering");
    DWORD in_flight = ours_register(&ours, 2);
    need(send_all(ours.peer, "first!", 6), "sending");
    need(ours_wait(&ours, SOON), "waiting");
    DWORD unread = ours_register(&ours, 2);
    tell(in_flight == WSAEALREADY && unread == ERROR_MORE_DATA,
         "ours:     a second read is refused: error %lu while the first is in "
         "flight, %lu while its bytes wait",
         in_flight, unread);
    ours_close(&ours);
}

int main(void)
{
    original();
    ours();
    return told();
}
