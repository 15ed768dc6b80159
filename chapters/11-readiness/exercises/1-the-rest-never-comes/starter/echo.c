#include "echo.h"

#include <stdlib.h>

typedef struct Client {
    TcpStream stream;
    char piece[PIECE]; /* read, and still to be written: */
    DWORD size;        /* so many bytes, */
    DWORD done;        /* and so many of them are */
    BOOL ended;        /* all is written: what is left is with the stream */
    struct Client *next;
    struct Client **link; /* what points at it */
} Client;

static void drop(Echo *echo, Client *client)
{
    tcp_stream_close(&client->stream);
    *client->link = client->next;
    if (client->next != NULL)
        client->next->link = client->link;
    free(client);
    echo->count--;
}

static void welcome(Echo *echo, TcpStream *stream)
{
    Client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        tcp_stream_close(stream);
        return;
    }
    *client = (Client){
        .stream = *stream, .next = echo->clients, .link = &echo->clients};
    if (client->next != NULL)
        client->next->link = &client->next;
    echo->clients = client;
    echo->count++;
    if (poll_register(echo->poll, tcp_stream_source(stream), (Token)client,
                      READABLE | WRITABLE, EDGE) != 0)
        drop(echo, client);
}

/* Has the end go out behind all that was written, and WRITABLE come when it has. */
static DWORD end(Echo *echo, Client *client)
{
    DWORD error = tcp_stream_shutdown(&client->stream);
    client->ended = TRUE;
    if (error == 0)
        error = poll_reregister(echo->poll, tcp_stream_source(&client->stream),
                                (Token)client, WRITABLE, ONE_SHOT);
    return error;
}

static DWORD write_piece(Client *client)
{
    DWORD count;
    DWORD error =
        tcp_stream_write(&client->stream, client->piece + client->done,
                         client->size - client->done, &count);
    client->done += count;
    return error == WSAEWOULDBLOCK ? 0 : error;
}

static DWORD read_piece(Echo *echo, Client *client)
{
    DWORD error =
        tcp_stream_read(&client->stream, client->piece, PIECE, &client->size);
    client->done = 0;
    if (error == WSAEWOULDBLOCK)
        return 0;
    if (error == 0 && client->size == 0)
        return end(echo, client);
    return error == 0 ? write_piece(client) : error;
}

static void go_on(Echo *echo, Client *client, Interests ready)
{
    DWORD error = 0;
    BOOL all_sent = client->ended && (ready & WRITABLE);
    if ((ready & WRITABLE) && client->done < client->size)
        error = write_piece(client);
    else if ((ready & READABLE) && client->done == client->size)
        error = read_piece(echo, client);
    if (error != 0 || all_sent)
        drop(echo, client);
}

DWORD echo_open(Echo *echo, Poll *poll, Registrator *registrator,
                const char *port)
{
    *echo = (Echo){.poll = poll};
    DWORD error = tcp_listener_open(&echo->listener, registrator, ECHO_TOKEN,
                                    "127.0.0.1", port);
    if (error != 0)
        return error;
    error = poll_register(poll, tcp_listener_source(&echo->listener),
                          ECHO_TOKEN, READABLE, EDGE);
    if (error != 0)
        tcp_listener_close(&echo->listener);
    return error;
}

void echo_handle(Echo *echo, const Event *event)
{
    TcpStream stream;
    if (event->token != ECHO_TOKEN)
        go_on(echo, (Client *)event->token, event->ready);
    else if (tcp_listener_accept(&echo->listener, &stream) == 0)
        welcome(echo, &stream);
}

void echo_close(Echo *echo)
{
    while (echo->clients != NULL)
        drop(echo, echo->clients);
    tcp_listener_close(&echo->listener);
}
