/* Of a WSARecv that returns 0 its text says that nothing is left to await. */
#include "original.h"

/* Waits until a byte can be read at once. */
static void await_arrival(SOCKET s)
{
    char byte;
    need(recv(s, &byte, 1, 2 /* MSG_PEEK */) != 1, "peeking");
}

static void original(void)
{
    OriginalOperation op = {0};
    WSABUF wsabuf;
    DWORD flags = 0;
    original_open();
    need(associate_socket(poll.completion_port, stream.inner, 0),
         "associating");
    need(send_all(peer, "hello", 5), "sending");
    await_arrival(stream.inner);
    wsabuf = (WSABUF){sizeof stream.buffer, stream.buffer};
    int result = WSARecv(stream.inner, &wsabuf, 1, NULL, &flags,
                         &op.wsaoverlapped, NULL);
    need(original_select(&poll, &event, 1, &count, QUIET), "selecting");
    tell(result == 0 && count == 1,
         "original: WSARecv returns %d, \"nothing to await\", and %lu packet "
         "comes",
         result, count);
}

static void ours(void)
{
    Ours ours;
    ours_open(&ours);
    need(send_all(ours.peer, "hello", 5), "sending");
    await_arrival(ours.stream.operation->socket);
    need(ours_register(&ours, 1), "registering");
    need(ours_wait(&ours, QUIET), "waiting");
    tell(ours.events.count == 1 && ours.list[0].bytes == 5,
         "ours:     the read counts as in flight until its packet is taken "
         "out: %lu event, %lu bytes",
         ours.events.count, ours.list[0].bytes);
    ours_close(&ours);
}

int main(void)
{
    original();
    ours();
    return told();
}
