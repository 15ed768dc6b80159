/* Five streams for which bytes have come, and two buffers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poll.h"
#include "tcpstream.h"

/* What a blocking peer needs besides. */
int WINAPI connect(SOCKET s, const struct sockaddr *name, int namelen);
SOCKET WINAPI accept(SOCKET s, struct sockaddr *addr, int *addrlen);
int WINAPI send(SOCKET s, const char *buf, int len, int flags);

enum { STREAMS = 5, BUFFERS = 2, PATIENCE = 300, BUSY_MS = 1 };

static Poll poll;
static Registrator registrator;
static TcpStream streams[STREAMS];
static SOCKET far_ends[STREAMS];

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

static void connect_all(void)
{
    static const unsigned char loopback[4] = {127, 0, 0, 1};
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof address;
    SOCKET listener, s;
    memcpy(&address.sin_addr, loopback, sizeof loopback);
    check("opening a socket", open_socket(AF_INET, &listener));
    check("listening", bind_and_listen(listener, (struct sockaddr *)&address,
                                       sizeof address));
    check_call("asking for the port",
               getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    for (int i = 0; i < STREAMS; i++) {
        check("opening a socket", open_socket(AF_INET, &s));
        check_call("connecting", connect(s, (struct sockaddr *)&address,
                                         sizeof address) == 0);
        far_ends[i] = accept(listener, NULL, NULL);
        check_call("accepting", far_ends[i] != INVALID_SOCKET);
        check("adopting", tcp_stream_adopt(&streams[i], s));
    }
    check("closing", close_socket(listener));
}

static void ask(Token which)
{
    check("registering",
          tcp_stream_register(&streams[which], &registrator, which, READABLE));
}

int main(void)
{
    int events = 0, failed = 0, served = 0;
    Token unread[STREAMS];
    int unread_count = 0;
    economy.buffers = BUFFERS;
    economy.lend_ms = 0;
    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    connect_all();
    for (int i = 0; i < STREAMS; i++) {
        ask((Token)i);
        check_call("sending", send(far_ends[i], "hello", 5, 0) == 5);
    }
    while (served < STREAMS) {
        Event list[STREAMS];
        Events batch = {.list = list, .capacity = STREAMS};
        check("waiting", poll_wait(&poll, &batch, PATIENCE));
        events += (int)batch.count;
        /* What came with the last batch is read now. */
        for (; unread_count > 0; served++) {
            char text[8];
            DWORD count;
            check("reading", tcp_stream_read(&streams[unread[--unread_count]],
                                             text, sizeof text, &count));
        }
        for (ULONG i = 0; i < batch.count; i++) {
            failed += list[i].error == WSAENOBUFS;
            if (list[i].error == WSAENOBUFS)
                ask(list[i].token);
            else
                unread[unread_count++] = list[i].token;
        }
        Sleep(BUSY_MS);
    }
    printf("%d streams got their bytes after %d events, %d of them with error "
           "%d\n",
           served, events, failed, WSAENOBUFS);
    for (int i = 0; i < STREAMS; i++) {
        check("closing", tcp_stream_close(&streams[i]));
        check("closing", close_socket(far_ends[i]));
    }
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    spares_free(&connections);
    spares_free(&buffers);
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
