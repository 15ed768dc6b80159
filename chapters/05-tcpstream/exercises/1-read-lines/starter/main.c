/* A peer sends a poem, in packets that have nothing to do with its lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "loopback.h"
#include "poll.h"

enum { TOKEN = 1 };

static const char *const packets[] = {
    "Roses are", " red,\r\nviolets are blue,\r\n\r", "\n-- anonymous", NULL};

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

static DWORD print_lines(TcpStream *stream, Line *line)
{
    DWORD error;
    while ((error = tcp_stream_read_line(stream, line)) == 0)
        printf("  [%s]\n", line->text);
    return error;
}

int main(void)
{
    Poll poll;
    Registrator registrator;
    TcpStream stream;
    Line line = {0};
    Event list[1];
    Events events = {.list = list, .capacity = 1};
    DWORD error = WSAEWOULDBLOCK;

    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    SOCKET peer = connect_to_peer(&stream);

    for (int i = 0; error == WSAEWOULDBLOCK; i++) {
        if (packets[i] != NULL) {
            check("sending", send_all(peer, packets[i], strlen(packets[i])));
            printf("a packet of %u bytes:\n", (unsigned)strlen(packets[i]));
        } else {
            check("hanging up", close_socket(peer));
            printf("the end of the stream:\n");
        }
        check("registering",
              tcp_stream_register(&stream, &registrator, TOKEN, READABLE));
        check("waiting", poll_wait(&poll, &events, INFINITE));
        error = print_lines(&stream, &line);
    }
    printf("error %lu\n", error);

    check("closing", tcp_stream_close(&stream));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    return (int)wsa_cleanup();
}
