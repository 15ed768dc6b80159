/* Writes an answer in three pieces, uncorked and corked, and counts the sends: the
   packets that the loop takes out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loopback.h"
#include "poll.h"
#include "tcpstream.h"

static Poll poll;
static Registrator registrator;
static TcpStream stream;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static void put(const char *piece)
{
    DWORD count;
    check("writing", tcp_stream_write(&stream, piece, strlen(piece), &count));
    if (count != strlen(piece)) {
        fprintf(stderr, "%lu bytes of \"%s\" were taken\n", count, piece);
        exit(1);
    }
}

/* One look at the port takes out at most one packet. */
static int count_sends(void)
{
    Event event;
    Events events = {.list = &event, .capacity = 1};
    int packets = 0;
    do {
        check("waiting", poll_wait(&poll, &events, 20));
        packets += !poll.loop->selector.empty;
    } while (!poll.loop->selector.empty);
    return packets;
}

static void answer(void)
{
    put("200 OK\n");
    put("hello\n");
    put(".\n");
}

int main(void)
{
    SOCKET listener, s;
    struct sockaddr_in address, from;
    char port[8];

    check("starting Winsock", wsa_startup());
    check("listening", loopback_listen(&listener, &address));
    sprintf(port, "%u", ntohs(address.sin_port));
    check("connecting", tcp_stream_connect(&stream, "127.0.0.1", port));
    check("accepting", accept_socket(listener, &from, &s));
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("registering",
          tcp_stream_register(&stream, &registrator, 0, WRITABLE));
    count_sends(); /* WRITABLE's packet is none */

    answer();
    int uncorked = count_sends();
    check("corking", tcp_stream_cork(&stream));
    answer();
    check("uncorking", tcp_stream_uncork(&stream));
    printf("sends for three pieces: %d uncorked, %d corked\n", uncorked,
           count_sends());

    check("closing", tcp_stream_close(&stream));
    check("closing", close_socket(s));
    check("closing", close_socket(listener));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
