#include "clients.h"

#include <stdio.h>
#include <string.h>

#include "tcpstream.h"

enum {
    CLIENTS = KINDS + 1, /* the last is the late one */
    ANSWERS = 3,         /* what the honest one wants */
    DRIP_MS = 100        /* between two digits */
};

typedef struct Client {
    TcpStream stream;
    const char *question;
    unsigned long long start;
    unsigned long took; /* milliseconds until it ended */
    int answers;
    BOOL hears; /* the first bytes of an answer are here */
} Client;

static const char *const names[CLIENTS] = {"honest",   "half-closing", "silent",
                                           "dripping", "deaf",         "late"};
static const char *const questions[CLIENTS] = {
    "100000\n", "50000\n60000\n", "", "1", "90000000\n", "4000000\n"};

static Client clients[CLIENTS];
static Registrator *registrator;

static Token token_of(const Client *client)
{
    return (Token)(client - clients) * 2 + 1;
}

static DWORD await(Client *client)
{
    return tcp_stream_register(&client->stream, registrator, token_of(client),
                               READABLE);
}

static DWORD say(Client *client)
{
    DWORD count;
    return tcp_stream_write(&client->stream, client->question,
                            strlen(client->question), &count);
}

static DWORD start(int kind, unsigned short port)
{
    char number[8];
    Client *client = &clients[kind];
    *client = (Client){.question = questions[kind], .start = now_ms()};
    snprintf(number, sizeof number, "%u", port);
    return tcp_stream_connect(&client->stream, registrator, token_of(client),
                              "127.0.0.1", number);
}

DWORD clients_start(Registrator *to, unsigned short port)
{
    DWORD error = 0;
    registrator = to;
    for (int kind = 0; kind < KINDS && error == 0; kind++)
        error = start(kind, port);
    return error;
}

DWORD clients_start_late(Registrator *to, unsigned short port)
{
    registrator = to;
    return start(KINDS, port);
}

static void leave(Client *client)
{
    client->took = (unsigned long)(now_ms() - client->start);
    tcp_stream_close(&client->stream);
}

/* A deadline is a clock, too. */
static DWORD drip(Client *client)
{
    DWORD error = say(client);
    if (error == 0)
        error = tcp_stream_set_deadline(&client->stream, READABLE, DRIP_MS);
    return error == 0 ? await(client) : error;
}

static DWORD begin(Client *client)
{
    switch (client - clients) {
    case DRIPPING:
        return drip(client);
    case DEAF:
        return say(client);
    default: {
        DWORD error = say(client);
        if (error == 0 && client == &clients[HALF])
            error = tcp_stream_shutdown(&client->stream);
        return error == 0 ? await(client) : error;
    }
    }
}

/* Takes in what there is: each answer ends in a newline. WSAEWOULDBLOCK: there is
   more to come. 0: the server has ended, or there is nothing more to ask. */
static DWORD hear(Client *client)
{
    char bytes[CONNECTION_BUFFER];
    DWORD count;
    DWORD error;
    while ((error = tcp_stream_read(&client->stream, bytes, sizeof bytes,
                                    &count)) == 0 &&
           count > 0) {
        client->hears = TRUE;
        for (DWORD i = 0; i < count; i++)
            client->answers += bytes[i] == '\n';
    }
    return error;
}

/* WSAEWOULDBLOCK: there is another answer to come. */
static DWORD ask_again(Client *client)
{
    if (client->answers == ANSWERS)
        return 0;
    DWORD error = say(client);
    return error == 0 ? WSAEWOULDBLOCK : error;
}

static DWORD go_on(Client *client, const Event *event)
{
    DWORD error = event->error;
    if (error == 0 && event->ready == WRITABLE)
        return begin(client);
    if (error == WSAETIMEDOUT && client == &clients[DRIPPING])
        return drip(client);
    int before = client->answers;
    if (error == 0)
        error = hear(client);
    if (client == &clients[HONEST] && client->answers > before)
        error = ask_again(client);
    if (error == WSAEWOULDBLOCK)
        return await(client);
    leave(client);
    return 0;
}

DWORD clients_handle(const Event *event)
{
    Client *client = &clients[event->token / 2];
    DWORD error = go_on(client, event);
    /* Whom the server drops may hear of it when it speaks. */
    if (error != WSAECONNRESET)
        return error;
    leave(client);
    return 0;
}

BOOL clients_late_hears(void)
{
    return clients[KINDS].hears;
}

int clients_running(void)
{
    int running = 0;
    for (int kind = 0; kind < CLIENTS; kind++)
        running += kind != DEAF && clients[kind].stream.connection != NULL;
    return running;
}

void clients_report(void)
{
    for (int kind = 0; kind < CLIENTS; kind++)
        if (kind != DEAF && clients[kind].start != 0)
            printf("%-12s %d answers, ended after %lu ms\n", names[kind],
                   clients[kind].answers, clients[kind].took);
}

void clients_end(void)
{
    for (int kind = 0; kind < CLIENTS; kind++)
        tcp_stream_close(&clients[kind].stream);
}
