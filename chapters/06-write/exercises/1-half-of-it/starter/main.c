/* Writes ten messages, a head and a body each, to a peer that checks them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loopback.h"
#include "poll.h"
#include "tcpstream.h"

enum { MESSAGES = 10, TEXT = 1024, LINE = 16 };

static const char *const parts[] = {"head", "body"};
static char text[TEXT]; /* what the peer has read */

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static unsigned WINAPI read_all(void *argument)
{
    SOCKET *s = argument;
    size_t size = 0;
    int got;
    while (size < TEXT - 1 &&
           (got = recv(*s, text + size, (int)(TEXT - 1 - size), 0)) > 0)
        size += (size_t)got;
    return 0;
}

static void write_line(TcpStream *stream, const char *part, int number)
{
    char line[LINE];
    DWORD count;
    DWORD size = (DWORD)sprintf(line, "%s %d\n", part, number);
    check("writing", tcp_stream_write(stream, line, size, &count));
    if (count != size) {
        fprintf(stderr, "%lu of %lu bytes were taken\n", count, size);
        exit(1);
    }
}

static void look(Poll *poll)
{
    Event event;
    Events events = {.list = &event, .capacity = 1};
    check("waiting", poll_wait(poll, &events, 20));
}

static void report(void)
{
    char line[LINE];
    int lines = 0, missing = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    printf("the peer read %d lines", lines);
    for (int i = 0; i < MESSAGES; i++)
        for (int part = 0; part < 2; part++) {
            sprintf(line, "%s %d\n", parts[part], i);
            if (strstr(text, line) == NULL)
                printf("%s %s %d", missing++ == 0 ? "; missing:" : ",",
                       parts[part], i);
        }
    puts("");
}

int main(void)
{
    Poll poll;
    Registrator registrator;
    TcpStream stream;
    SOCKET listener, s;
    struct sockaddr_in address, from;
    HANDLE peer;
    DWORD unsent;
    char port[8];

    check("starting Winsock", wsa_startup());
    check("listening", loopback_listen(&listener, &address));
    sprintf(port, "%u", ntohs(address.sin_port));
    check("connecting", tcp_stream_connect(&stream, "127.0.0.1", port));
    check("accepting", accept_socket(listener, &from, &s));
    check("starting the peer", start_thread(&peer, read_all, &s));
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("registering",
          tcp_stream_register(&stream, &registrator, 0, WRITABLE));
    look(&poll);

    for (int i = 0; i < MESSAGES; i++) {
        write_line(&stream, "head", i);
        write_line(&stream, "body", i);
        look(&poll);
    }
    look(&poll);
    check("asking", tcp_stream_unsent(&stream, &unsent));
    printf("%d lines written, %lu bytes unsent\n", 2 * MESSAGES, unsent);
    check("shutting down", tcp_stream_shutdown(&stream));
    check("joining", join_thread(peer));
    report();

    check("closing", tcp_stream_close(&stream));
    check("closing", close_socket(s));
    check("closing", close_socket(listener));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
