/* 16 MB for a peer that takes its time. The loop must go on meanwhile. */
#include <stdio.h>
#include <stdlib.h>

#include "loopback.h"
#include "poll.h"
#include "write.h"

enum { SIZE = 16 << 20, READ = 1, WRITE = 2, DAWDLES_MS = 300, BEAT_MS = 100 };

static char data[SIZE];

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

static unsigned WINAPI read_all(void *peer)
{
    static char piece[1 << 16];
    int left = SIZE, got = 1;
    Sleep(DAWDLES_MS);
    for (; left > 0 && got > 0; left -= got)
        got = recv((SOCKET)peer, piece, sizeof piece, 0);
    return 0;
}

int main(void)
{
    Poll poll;
    Registrator registrator;
    TcpStream stream;
    HANDLE thread;
    Event list[1] = {{0}};
    Events events = {.list = list, .capacity = 1};

    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    SOCKET peer = connect_to_peer(&stream);
    check("registering",
          tcp_stream_register(&stream, &registrator, READ, READABLE));
    check("starting a thread", start_thread(&thread, read_all, (void *)peer));

    unsigned long long start = GetTickCount64();
    check("starting a write",
          tcp_stream_start_write(&stream, WRITE, data, SIZE));
    printf("started after %llu ms\n", GetTickCount64() - start);
    while (list[0].token != WRITE) {
        check("waiting", poll_wait(&poll, &events, BEAT_MS));
        if (events.count == 0)
            printf("heartbeat\n");
    }
    printf("written: %lu bytes, error %lu\n", list[0].bytes, list[0].error);

    check("joining", join_thread(thread));
    check("closing", tcp_stream_close(&stream));
    check("closing", close_socket(peer));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    return (int)wsa_cleanup();
}
