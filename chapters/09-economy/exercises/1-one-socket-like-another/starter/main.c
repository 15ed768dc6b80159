/* Two connections in one loop, one of them of a layered provider. Each gets ten
   words, which are there before they are read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layer.h"
#include "poll.h"
#include "tcpstream.h"

/* What a blocking peer needs besides. */
int WINAPI connect(SOCKET s, const struct sockaddr *name, int namelen);
SOCKET WINAPI accept(SOCKET s, struct sockaddr *addr, int *addrlen);
int WINAPI send(SOCKET s, const char *buf, int len, int flags);

enum { WORDS = 10, PATIENCE = 300, ARRIVING = 5, PLAIN = 0, LAYERED = 1 };

typedef struct Ends {
    TcpStream stream;
    SOCKET near_end, far_end;
    int words;
} Ends;

static Poll poll;
static Registrator registrator;
static Ends ends[2];

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static void check_call(const char *what, BOOL succeeded)
{
    if (!succeeded)
        check(what, (DWORD)WSAGetLastError());
}

static void connect_ends(Ends *ends, Layer layer)
{
    static const unsigned char loopback[4] = {127, 0, 0, 1};
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof address;
    SOCKET listener;
    memcpy(&address.sin_addr, loopback, sizeof loopback);
    check("opening a socket", open_socket(AF_INET, &listener));
    check("listening", bind_and_listen(listener, (struct sockaddr *)&address,
                                       sizeof address));
    check_call("asking for the port",
               getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    check("opening a socket", open_socket(AF_INET, &ends->near_end));
    *layer_of(ends->near_end) = layer;
    check_call("connecting",
               connect(ends->near_end, (struct sockaddr *)&address,
                       sizeof address) == 0);
    ends->far_end = accept(listener, NULL, NULL);
    check_call("accepting", ends->far_end != INVALID_SOCKET);
    check("adopting", tcp_stream_adopt(&ends->stream, ends->near_end));
    check("closing", close_socket(listener));
}

static void look(DWORD timeout)
{
    Event list[4];
    Events events = {.list = list, .capacity = 4};
    char text[16];
    DWORD count;
    check("waiting", poll_wait(&poll, &events, timeout));
    for (ULONG i = 0; i < events.count; i++) {
        Ends *of = &ends[list[i].token];
        if (list[i].ready == READABLE) {
            check("reading",
                  tcp_stream_read(&of->stream, text, sizeof text, &count));
            of->words++;
        }
    }
}

static void be_registered(int which)
{
    check("registering", tcp_stream_register(&ends[which].stream, &registrator,
                                             (Token)which, WRITABLE));
    look(PATIENCE);
}

/* A word is sent, and when it is there, read. Returns whether it was. */
static BOOL read_word(int which)
{
    Ends *of = &ends[which];
    int before = of->words;
    check_call("sending", send(of->far_end, "word", 4, 0) == 4);
    Sleep(ARRIVING);
    check("registering", tcp_stream_register(&of->stream, &registrator,
                                             (Token)which, READABLE));
    look(PATIENCE);
    return of->words == before + 1;
}

int main(int argc, char **argv)
{
    int first = argc > 1 && strcmp(argv[1], "swap") == 0 ? LAYERED : PLAIN;
    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    connect_ends(&ends[PLAIN], LAYER_NONE);
    connect_ends(&ends[LAYERED], LAYER_COVERS);
    be_registered(first);
    be_registered(!first);
    for (int which = PLAIN; which <= LAYERED; which++) {
        for (int i = 0; i < WORDS && read_word(which); i++)
            ;
        printf("%s %d of %d words were read\n",
               which == PLAIN ? "plain:     " : "of a layer:",
               ends[which].words, WORDS);
        fflush(stdout);
    }
    for (int which = PLAIN; which <= LAYERED; which++) {
        check("closing", tcp_stream_close(&ends[which].stream));
        check("closing", close_socket(ends[which].far_end));
    }
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    spares_free(&connections);
    spares_free(&buffers);
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
