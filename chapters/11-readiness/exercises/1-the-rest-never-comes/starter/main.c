/* An echo server, and a client on the same loop who asks it for three things. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echo.h"

enum { CAPACITY = 8, ENOUGH_MS = 300, CLIENT = 4, CLIENTS = 8, MARK = 1 << 17 };

static Poll poll;
static Registrator registrator;
static Echo echo;
static char port[8];

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* Handles events until there are none any more. */
static void settle(void)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    do {
        check("waiting", poll_wait(&poll, &events, ENOUGH_MS));
        for (ULONG i = 0; i < events.count; i++)
            if (list[i].token != CLIENT)
                echo_handle(&echo, &list[i]);
    } while (events.count > 0);
}

/* A new client, connected. */
static void join(TcpStream *client)
{
    check("connecting",
          tcp_stream_connect(client, &registrator, CLIENT, "127.0.0.1", port));
}

/* Reads what comes back, until nothing does. */
static DWORD read_all(TcpStream *client, char *buffer, DWORD size)
{
    DWORD total = 0, before, count;
    do {
        before = total;
        settle();
        while (tcp_stream_read(client, buffer, size, &count) == 0 && count > 0)
            total += count;
        if (total > before)
            tcp_stream_register(client, &registrator, CLIENT, READABLE);
    } while (total > before);
    return total;
}

static void ask(DWORD size)
{
    static char bytes[MARK];
    TcpStream client;
    DWORD count, back = 0;
    memset(bytes, 'a', size);
    join(&client);
    settle();
    check("writing", tcp_stream_write(&client, bytes, size, &count));
    check("reading",
          tcp_stream_register(&client, &registrator, CLIENT, READABLE));
    back = read_all(&client, bytes, size);
    printf("%lu bytes there, %lu bytes back\n", count, back);
    tcp_stream_close(&client);
    settle();
}

static void come_together(void)
{
    TcpStream clients[CLIENTS];
    int there = echo.count;
    for (int i = 0; i < CLIENTS; i++)
        join(&clients[i]);
    settle();
    printf("%d clients at once: %d are let in\n", CLIENTS, echo.count - there);
    for (int i = 0; i < CLIENTS; i++)
        tcp_stream_close(&clients[i]);
    settle();
}

int main(void)
{
    unsigned short number;
    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("listening", echo_open(&echo, &poll, &registrator, "0"));
    check("asking for the port", tcp_listener_port(&echo.listener, &number));
    sprintf(port, "%u", number);
    ask(5);
    ask(5000);
    come_together();
    echo_close(&echo);
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
