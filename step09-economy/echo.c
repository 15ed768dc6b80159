#include "echo.h"

#include <stdlib.h>

typedef struct Client {
    TcpStream stream;
    BOOL ended; /* it will send no more */
    Interests wanted;
    struct Client *next; /* who is through, too */
} Client;

DWORD echo_open(Echo *echo, Registrator *registrator, const char *port)
{
    *echo = (Echo){.registrator = registrator};
    return tcp_listener_open(&echo->listener, registrator, ECHO_LISTENER,
                             "127.0.0.1", port);
}

static void drop(Echo *echo, Client *client)
{
    tcp_stream_close(&client->stream);
    free(client);
    echo->clients--;
}

/* How much may be read now: as much as can be sent back, so that nothing need be
   kept here. */
static DWORD room(TcpStream *stream)
{
    DWORD unsent;
    if (tcp_stream_unsent(stream, &unsent) != 0)
        return 0;
    DWORD left = CONNECTION_MARK - unsent;
    return left < CONNECTION_BUFFER ? left : CONNECTION_BUFFER;
}

/* Sends back what has arrived, until it has to wait. A client that doesn't read is
   not read from. Returns what to wait for, 0 if it is through or broken. */
static Interests advance(Echo *echo, Client *client)
{
    char bytes[CONNECTION_BUFFER];
    DWORD size, count;
    for (;;) {
        DWORD most = room(&client->stream);
        if (most == 0)
            return WRITABLE;
        DWORD error = tcp_stream_read(&client->stream, bytes, most, &size);
        if (error == WSAEWOULDBLOCK)
            return READABLE;
        client->ended = size == 0;
        if (error == 0 && client->ended)
            error = tcp_stream_shutdown(&client->stream);
        else if (error == 0)
            error = tcp_stream_write(&client->stream, bytes, size, &count);
        if (error != 0)
            return 0;
        if (client->ended)
            return WRITABLE; /* which is when all is sent */
        echo->echoes++;
        echo->full += size == CONNECTION_BUFFER;
    }
}

static void await(Echo *echo, Client *client)
{
    if (tcp_stream_register(&client->stream, echo->registrator, (Token)client,
                            client->wanted) != 0)
        drop(echo, client);
}

static void go_on(Echo *echo, Client *client)
{
    client->wanted = client->ended ? 0 : advance(echo, client);
    if (client->wanted == 0) {
        drop(echo, client);
    } else if (echo->later) {
        client->next = echo->through;
        echo->through = client;
    } else {
        await(echo, client);
    }
}

void echo_await(Echo *echo)
{
    while (echo->through != NULL) {
        Client *client = echo->through;
        echo->through = client->next;
        await(echo, client);
    }
}

/* Takes all connections that wait. */
static void welcome(Echo *echo)
{
    TcpStream stream;
    while ((echo->trouble = tcp_listener_accept(&echo->listener, &stream)) ==
           0) {
        Client *client = calloc(1, sizeof *client);
        if (client == NULL) {
            tcp_stream_close(&stream);
            continue;
        }
        client->stream = stream;
        echo->clients++;
        echo->served++;
        go_on(echo, client);
    }
    if (echo->trouble == WSAEWOULDBLOCK)
        echo->trouble = 0;
}

void echo_handle(Echo *echo, const Event *event)
{
    if (event->token == ECHO_LISTENER)
        welcome(echo);
    else
        go_on(echo, (Client *)event->token);
}

DWORD echo_close(Echo *echo)
{
    return tcp_listener_close(&echo->listener);
}
