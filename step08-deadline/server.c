#include "server.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 12, PIECE = 4096, MOST = 100000000 };

typedef enum Phase { ASKING, ANSWERING, ENDING } Phase;

typedef struct Client {
    TcpStream stream;
    Phase phase;
    char line[LINE]; /* as much of it as is here */
    DWORD length;
    ULONG left; /* bytes of the answer that are still to be written */
    struct Client *next;
    struct Client **link; /* what points at it */
} Client;

DWORD server_open(Server *server, Registrator *registrator, const char *port)
{
    *server = (Server){.registrator = registrator};
    return tcp_listener_open(&server->listener, registrator, SERVER_TOKEN,
                             "127.0.0.1", port);
}

static void drop(Client *client, ULONG *count)
{
    tcp_stream_close(&client->stream);
    *client->link = client->next;
    if (client->next != NULL)
        client->next->link = client->link;
    free(client);
    ++*count;
}

/* What to call it when a client ends with this error. */
static ULONG *reason(Server *server, const Client *client, DWORD error)
{
    if (error == 0)
        return &server->served;
    if (error != WSAETIMEDOUT)
        return &server->broken;
    return client->phase == ASKING ? &server->silent : &server->deaf;
}

static DWORD set_deadline(Server *server, Client *client, Interests interests,
                          DWORD timeout)
{
    if (server->draining)
        return 0; /* it has its last one */
    return tcp_stream_set_deadline(&client->stream, interests, timeout);
}

static DWORD end(Client *client)
{
    client->phase = ENDING;
    return tcp_stream_shutdown(&client->stream);
}

/* From a line to the size of its answer. */
static DWORD understand(Client *client)
{
    char *last;
    client->line[client->length - 1] = '\0';
    unsigned long size = strtoul(client->line, &last, 10);
    client->length = 0;
    if (last == client->line || (*last != '\0' && *last != '\r') || size > MOST)
        return ERROR_INVALID_DATA;
    client->left = size + 1; /* with a newline */
    client->phase = ANSWERING;
    return 0;
}

/* Takes one more byte of the line: what is behind its end may be the next one. */
static DWORD ask(Server *server, Client *client)
{
    DWORD count;
    if (client->length == LINE)
        return ERROR_INVALID_DATA;
    DWORD error = tcp_stream_read(&client->stream,
                                  client->line + client->length, 1, &count);
    if (error != 0)
        return error;
    if (count == 0)
        return end(client);
    if (client->line[client->length++] != '\n')
        return 0;
    error = understand(client);
    return error != 0 ? error : set_deadline(server, client, WRITABLE, TAKE_MS);
}

static DWORD answer(Server *server, Client *client)
{
    char piece[PIECE];
    DWORD size = client->left < PIECE ? client->left : PIECE;
    DWORD count;
    memset(piece, '.', size);
    if (size == client->left)
        piece[size - 1] = '\n';
    DWORD error = tcp_stream_write(&client->stream, piece, size, &count);
    client->left -= count;
    if (error != 0 || client->left > 0)
        return error;
    server->answers++;
    if (server->draining)
        return end(client);
    client->phase = ASKING;
    return set_deadline(server, client, READABLE, ASK_MS);
}

/* Goes on with a client until it has to wait, or is through. */
static void advance(Server *server, Client *client)
{
    DWORD error = 0;
    while (error == 0 && client->phase != ENDING)
        error = client->phase == ASKING ? ask(server, client)
                                        : answer(server, client);
    if (error == WSAEWOULDBLOCK || error == 0)
        error = tcp_stream_register(
            &client->stream, server->registrator, (Token)client,
            client->phase == ASKING ? READABLE : WRITABLE);
    if (error != 0)
        drop(client, reason(server, client, error));
}

static void welcome(Server *server)
{
    TcpStream stream;
    while (tcp_listener_accept(&server->listener, &stream) == 0) {
        Client *client = calloc(1, sizeof *client);
        if (client == NULL) {
            tcp_stream_close(&stream);
            continue;
        }
        *client = (Client){.stream = stream,
                           .next = server->clients,
                           .link = &server->clients};
        if (client->next != NULL)
            client->next->link = &client->next;
        server->clients = client;
        DWORD error = tcp_stream_register(&client->stream, server->registrator,
                                          (Token)client, READABLE);
        if (error == 0)
            error = set_deadline(server, client, READABLE, ASK_MS);
        if (error != 0)
            drop(client, &server->broken);
    }
}

void server_handle(Server *server, const Event *event)
{
    Client *client = (Client *)event->token;
    if (event->token == SERVER_TOKEN)
        welcome(server);
    else if (event->error != 0 || client->phase == ENDING)
        drop(client, reason(server, client, event->error));
    else
        advance(server, client);
}

DWORD server_drain(Server *server)
{
    Client *next;
    if (server->draining)
        return 0;
    DWORD error = tcp_listener_close(&server->listener);
    server->draining = TRUE;
    for (Client *client = server->clients; client != NULL; client = next) {
        next = client->next;
        if (client->phase == ASKING && client->length == 0)
            drop(client, &server->served);
        else
            tcp_stream_set_deadline(&client->stream, READABLE | WRITABLE,
                                    DRAIN_MS);
    }
    return error;
}
