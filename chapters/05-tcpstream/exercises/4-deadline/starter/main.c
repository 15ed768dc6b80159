/* Two peers: one speaks after 100 ms, the other never. Each is given 300 ms. */
#include <stdio.h>
#include <stdlib.h>

#include "deadline.h"
#include "loopback.h"

enum { PEERS = 2, TALKS_AFTER_MS = 100, DEADLINE_MS = 300, GIVE_UP_MS = 1000 };

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* A stream and the socket at its other end. */
static SOCKET connect_to_peer(TcpStream *stream)
{
    SOCKET listener, peer;
    struct sockaddr_in address;
    char port[6];
    check("listening", loopback_listen(&listener, &address));
    sprintf(port, "%u", ntohs(address.sin_port));
    check("connecting", tcp_stream_connect(stream, "127.0.0.1", port));
    check("accepting", accept_socket(listener, &address, &peer));
    check("closing the listener", close_socket(listener));
    return peer;
}

static unsigned WINAPI talk(void *peer)
{
    Sleep(TALKS_AFTER_MS);
    check("sending", send_all((SOCKET)peer, "hello", 5));
    return 0;
}

static void show(const Event *event, unsigned long long start)
{
    printf("%3llu ms: token %lu, %lu bytes, error %lu\n",
           GetTickCount64() - start, (unsigned long)event->token, event->bytes,
           event->error);
}

int main(void)
{
    Poll poll;
    Registrator registrator;
    TcpStream streams[PEERS];
    SOCKET peers[PEERS];
    Deadline deadlines[PEERS];
    Event list[PEERS];
    Events events = {.list = list, .capacity = PEERS};
    HANDLE thread;

    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    unsigned long long start = GetTickCount64();
    for (int i = 0; i < PEERS; i++) {
        peers[i] = connect_to_peer(&streams[i]);
        check("registering", tcp_stream_register(&streams[i], &registrator,
                                                 (Token)i, READABLE));
        deadlines[i] = (Deadline){.stream = &streams[i],
                                  .token = (Token)i,
                                  .time = start + DEADLINE_MS};
    }
    check("starting a thread", start_thread(&thread, talk, (void *)peers[0]));

    ULONG heard = 0;
    unsigned long long gone = 0;
    while (heard < PEERS && gone < GIVE_UP_MS) {
        check("waiting", poll_wait_with_deadlines(&poll, &events,
                                                  (DWORD)(GIVE_UP_MS - gone),
                                                  deadlines, PEERS));
        for (ULONG i = 0; i < events.count; i++)
            show(&list[i], start);
        heard += events.count;
        gone = GetTickCount64() - start;
    }
    if (heard < PEERS)
        printf("%3llu ms: a read is still in flight\n", gone);

    check("joining", join_thread(thread));
    for (int i = 0; i < PEERS; i++) {
        check("closing", tcp_stream_close(&streams[i]));
        check("closing", close_socket(peers[i]));
    }
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    return (int)wsa_cleanup();
}
