/* Lends 16 MiB to a peer that reads, and 16 MiB to one that doesn't. */
#include <stdio.h>
#include <stdlib.h>

#include "loopback.h"
#include "poll.h"
#include "tcpstream.h"

enum { SIZE = 16 * 1024 * 1024, TOKEN = 1 };

typedef struct Peer {
    SOCKET socket;
    DWORD size, wrong; /* bytes */
} Peer;

static Poll poll;
static Registrator registrator;
static SOCKET listener;
static char port[8];

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static char byte_at(DWORD position)
{
    return position < SIZE ? (char)(position ^ position >> 8) : '.';
}

static unsigned WINAPI read_all(void *argument)
{
    Peer *peer = argument;
    char buffer[16384];
    int got;
    while ((got = recv(peer->socket, buffer, sizeof buffer, 0)) > 0)
        for (int i = 0; i < got; i++)
            peer->wrong += buffer[i] != byte_at(peer->size++);
    close_socket(peer->socket);
    return 0;
}

static void connect_to(Peer *peer, TcpStream *stream)
{
    struct sockaddr_in from;
    *peer = (Peer){0};
    check("connecting", tcp_stream_connect(stream, "127.0.0.1", port));
    check("accepting", accept_socket(listener, &from, &peer->socket));
    check("registering",
          tcp_stream_register(stream, &registrator, 0, READABLE));
}

/* Waits for what was lent, or for the peer's end. */
static Event wait_for(Interests ready)
{
    Event event;
    Events events = {.list = &event, .capacity = 1};
    do
        check("waiting", poll_wait(&poll, &events, INFINITE));
    while (events.count == 0 || event.ready != ready);
    return event;
}

static void to_a_reader(const char *data)
{
    TcpStream stream;
    Peer peer;
    HANDLE thread;
    DWORD count;
    connect_to(&peer, &stream);
    check("starting the peer", start_thread(&thread, read_all, &peer));
    check("lending", tcp_stream_lend(&stream, TOKEN, data, SIZE));
    check("writing", tcp_stream_write(&stream, "...", 3, &count));
    check("shutting down", tcp_stream_shutdown(&stream));
    printf("%d bytes are lent, %lu more written\n", SIZE, count);
    Event event = wait_for(SENT);
    printf("given back: %lu bytes, error %lu\n", event.bytes, event.error);
    wait_for(READABLE);
    check("joining", join_thread(thread));
    printf("the peer read %lu bytes, %lu of them wrong\n", peer.size,
           peer.wrong);
    check("closing", tcp_stream_close(&stream));
}

static void to_a_sleeper(const char *data)
{
    TcpStream stream;
    Peer peer;
    connect_to(&peer, &stream);
    check("lending", tcp_stream_lend(&stream, TOKEN, data, SIZE));
    check("closing", tcp_stream_close(&stream));
    printf("%d bytes are lent to a peer that doesn't read; closed\n", SIZE);
    Event event = wait_for(SENT);
    printf("given back: error %lu\n", event.error);
    check("closing", close_socket(peer.socket));
}

int main(void)
{
    static char data[SIZE];
    struct sockaddr_in address;
    for (DWORD i = 0; i < SIZE; i++)
        data[i] = byte_at(i);
    check("starting Winsock", wsa_startup());
    check("listening", loopback_listen(&listener, &address));
    sprintf(port, "%u", ntohs(address.sin_port));
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    to_a_reader(data);
    to_a_sleeper(data);
    check("closing", close_socket(listener));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
