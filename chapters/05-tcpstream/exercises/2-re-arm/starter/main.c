/* A peer sends 5000 bytes and hangs up. We have room for 100 at a time. */
#include <stdio.h>
#include <stdlib.h>

#include "inbox.h"
#include "loopback.h"
#include "poll.h"

enum { SIZE = 5000, ROOM = 100, TOKEN = 1, PATIENCE_MS = 500 };

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

/* Fills and empties the inbox until the stream has no more to give. */
static DWORD receive(TcpStream *stream, Registrator *registrator, DWORD *total)
{
    char room[ROOM];
    Inbox inbox = {.data = room, .capacity = ROOM};
    DWORD error;
    do {
        inbox.size = 0;
        error = tcp_stream_fill(stream, registrator, TOKEN, &inbox);
        *total += inbox.size;
    } while (error == ERROR_MORE_DATA && inbox.size > 0);
    return error;
}

int main(void)
{
    static const char data[SIZE];
    Poll poll;
    Registrator registrator;
    TcpStream stream;
    Event list[1];
    Events events = {.list = list, .capacity = 1};
    DWORD total = 0;

    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    SOCKET peer = connect_to_peer(&stream);
    check("sending", send_all(peer, data, SIZE));
    check("hanging up", close_socket(peer));

    for (;;) {
        DWORD error = receive(&stream, &registrator, &total);
        printf("%4lu bytes so far, error %lu\n", total, error);
        if (error != WSAEWOULDBLOCK)
            break;
        check("waiting", poll_wait(&poll, &events, PATIENCE_MS));
        if (events.count == 0) {
            printf("no event in %d ms\n", PATIENCE_MS);
            break;
        }
    }

    check("closing", tcp_stream_close(&stream));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    return (int)wsa_cleanup();
}
