#include "echo.h"

#include <stdlib.h>

typedef struct Client {
    TcpStream stream;
    DWORD size; /* bytes in hand, of which */
    DWORD sent; /* so many are written */
    BOOL ended; /* it will send no more */
    char bytes[CONNECTION_BUFFER];
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

/* Sends back what is in hand and takes what has arrived, until either has to
   wait. A client that doesn't read is not read from. Returns what to wait for,
   0 if it is through or broken. */
static Interests advance(Client *client)
{
    DWORD error;
    DWORD count;
    for (;;) {
        if (client->sent < client->size) {
            error =
                tcp_stream_write(&client->stream, client->bytes + client->sent,
                                 client->size - client->sent, &count);
            client->sent += count;
            if (error == WSAEWOULDBLOCK)
                return WRITABLE;
        } else {
            error = tcp_stream_read(&client->stream, client->bytes,
                                    sizeof client->bytes, &client->size);
            client->sent = 0;
            if (error == WSAEWOULDBLOCK)
                return READABLE;
            if (error == 0 && client->size == 0) {
                client->ended = TRUE;
                error = tcp_stream_shutdown(&client->stream);
                if (error == 0)
                    return WRITABLE; /* which is when all is sent */
            }
        }
        if (error != 0)
            return 0;
    }
}

static void go_on(Echo *echo, Client *client)
{
    Interests wanted = client->ended ? 0 : advance(client);
    if (wanted == 0 || tcp_stream_register(&client->stream, echo->registrator,
                                           (Token)client, wanted) != 0)
        drop(echo, client);
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
