/* A peer speaks after the read was started, before, and hangs up before. */
#include <stdio.h>
#include <stdlib.h>

#include "loopback.h"
#include "poll.h"
#include "tcpstream.h"

enum { TOKEN = 1, A_MOMENT_MS = 50, PATIENCE_MS = 500 };

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

static DWORD start_read(TcpStream *stream, Registrator *registrator)
{
    DWORD error = tcp_stream_register(stream, registrator, TOKEN, READABLE);
    printf("  tcp_stream_register gave %lu\n", error);
    return error;
}

static void show_event(Poll *poll)
{
    Event list[1];
    Events events = {.list = list, .capacity = 1};
    check("waiting", poll_wait(poll, &events, PATIENCE_MS));
    if (events.count == 0)
        printf("  no event in %d ms\n", PATIENCE_MS);
    else
        printf("  an event: %lu bytes, error %lu\n", list[0].bytes,
               list[0].error);
}

static void show_read(TcpStream *stream)
{
    char text[16];
    DWORD count;
    DWORD error = tcp_stream_read(stream, text, sizeof text, &count);
    printf("  tcp_stream_read gave %lu, %lu bytes\n", error, count);
}

int main(void)
{
    Poll poll;
    Registrator registrator;
    TcpStream stream;

    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    SOCKET peer = connect_to_peer(&stream);

    printf("read, then 5 bytes come:\n");
    start_read(&stream, &registrator);
    check("sending", send_all(peer, "hello", 5));
    show_event(&poll);
    show_read(&stream);

    printf("5 bytes come, then read:\n");
    check("sending", send_all(peer, "again", 5));
    Sleep(A_MOMENT_MS);
    if (start_read(&stream, &registrator) != 0)
        show_event(&poll);
    show_read(&stream);

    printf("the end comes, then read:\n");
    check("hanging up", close_socket(peer));
    Sleep(A_MOMENT_MS);
    if (start_read(&stream, &registrator) != 0)
        show_event(&poll);
    show_read(&stream);

    check("closing", tcp_stream_close(&stream));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    return (int)wsa_cleanup();
}
