#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "file.h"
#include "path.h"

_Static_assert((int)ANSWER_HEAD <= (int)FILE_ROOM,
               "a head goes in front of a piece");

typedef enum Phase {
    ASKING,  /* a head is to come, or to be completed */
    LOADING, /* a piece of the file is being read */
    SENDING, /* what is in hand is to be written */
    ENDING,  /* all is written, and is to be sent */
    PARTING  /* all is sent; whatever comes until the end is thrown away */
} Phase;

/* One request and its answer: an idle client has none. */
typedef struct Exchange {
    Request request;
    Answer answer;
    DWORD length;            /* bytes in head, */
    size_t taken;            /* of which so many are the request */
    File *file;              /* NULL if there is none, or no more */
    unsigned long long next; /* where in the file the next piece begins */
    unsigned long long left; /* bytes of it that are still to be read */
    const char *out;         /* in hand, to be written: */
    size_t out_size;
    char text[ANSWER_HEAD];
    char head[REQUEST_HEAD];
} Exchange;

typedef struct Client {
    TcpStream stream;
    Phase phase;
    Exchange *exchange; /* NULL while idle, and once parting */
    char peer[PEER_TEXT];
    struct Client *next;
    struct Client **link; /* what points at it */
} Client;

static void close_file(Exchange *exchange)
{
    if (exchange == NULL || exchange->file == NULL)
        return;
    file_close(exchange->file);
    exchange->file = NULL;
}

static void end_exchange(Client *client)
{
    close_file(client->exchange);
    free(client->exchange);
    client->exchange = NULL;
}

static void drop(Server *server, Client *client)
{
    end_exchange(client);
    tcp_stream_close(&client->stream);
    *client->link = client->next;
    if (client->next != NULL)
        client->next->link = client->link;
    free(client);
    server->count--;
}

/* In the form that tools for logs know. */
static void note(const Server *server, const Client *client)
{
    const Exchange *exchange = client->exchange;
    const Answer *answer = &exchange->answer;
    const char *target = exchange->request.target;
    char now[HTTP_TIME_TEXT];
    if (server->quiet)
        return;
    http_time_text(unix_time(), now);
    printf("%s - - [%.2s/%.3s/%.4s:%.8s +0000] \"%s%s%s\" %d %llu\n",
           client->peer, now + 5, now + 8, now + 12, now + 17,
           *target == '\0'               ? "-"
           : exchange->request.head_only ? "HEAD "
                                         : "GET ",
           target,
           *target == '\0'         ? ""
           : exchange->request.old ? " HTTP/1.0"
                                   : " HTTP/1.1",
           answer->status, answer->no_body ? 0 : answer->length);
}

static DWORD set_deadline(const Server *server, Client *client,
                          Interests interests, DWORD timeout)
{
    if (server->draining)
        return 0; /* it has its last one */
    return tcp_stream_set_deadline(&client->stream, interests, timeout);
}

/* Has the next piece read. A head in hand waits for it: one send takes both. */
static DWORD load(Client *client)
{
    client->phase = LOADING;
    return file_read(client->exchange->file, client->exchange->next);
}

/* From the error of opening a file to what the client is told. */
static int status_of(DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
    case ERROR_NOT_SUPPORTED:
    case ERROR_INSUFFICIENT_BUFFER:
        return 404;
    case ERROR_ACCESS_DENIED:
        return 403;
    case ERROR_NOT_ENOUGH_MEMORY:
        return 503;
    default:
        return 500;
    }
}

/* Opens what is asked for, and says what to answer. */
static void find_file(Server *server, Client *client)
{
    Exchange *exchange = client->exchange;
    Answer *answer = &exchange->answer;
    char path[REQUEST_TARGET + sizeof "index.html"];
    answer->status = path_of(exchange->request.target, path, sizeof path);
    if (answer->status != 200)
        return;
    DWORD error = file_open(&exchange->file, server->registrator,
                            (Token)client | FILE_BIT, server->root, path);
    if (error != 0)
        answer->status = status_of(error);
    else if (exchange->file->is_folder) {
        answer->status = 301;
        answer->moved_from = exchange->request.target;
    } else {
        answer->type = path_type(path);
        answer_with_file(answer, &exchange->request, exchange->file->size,
                         exchange->file->modified);
    }
}

/* Answers a request that is whole, or one that is refused with this status. */
static DWORD answer(Server *server, Client *client, int status)
{
    Exchange *exchange = client->exchange;
    Answer *answer = &exchange->answer;
    *answer = (Answer){.status = status,
                       .modified = -1,
                       .old = exchange->request.old,
                       .no_body = exchange->request.head_only};
    if (status == 200) {
        answer->keep_alive = exchange->request.keep_alive && !server->draining;
        find_file(server, client);
    } else
        exchange->request.target[0] = '\0';
    if (answer->status >= 300 || answer->no_body || answer->length == 0)
        close_file(exchange);
    exchange->next = answer->first;
    exchange->left = exchange->file != NULL ? answer->length : 0;
    exchange->out = exchange->text;
    exchange->out_size = answer_text(answer, unix_time(), exchange->text);
    note(server, client);
    if (exchange->left > 0)
        return load(client);
    client->phase = SENDING;
    return set_deadline(server, client, WRITABLE, server->limits.take_ms);
}

/* There will be no other request. What is left of the last answer goes out, then
   the end. */
static DWORD end(Client *client)
{
    DWORD error = tcp_stream_shutdown(&client->stream);
    end_exchange(client);
    client->phase = ENDING;
    return error;
}

/* Takes in what is there of a head, and answers once it is whole. */
static DWORD ask(Server *server, Client *client)
{
    Exchange *exchange = client->exchange;
    DWORD count = 0;
    DWORD error = 0;
    if (exchange == NULL) {
        exchange = client->exchange = calloc(1, sizeof *exchange);
        if (exchange == NULL)
            return ERROR_NOT_ENOUGH_MEMORY;
    }
    for (;;) {
        int status = request_parse(exchange->head, exchange->length,
                                   &exchange->request, &exchange->taken);
        if (status != 0)
            return answer(server, client, status);
        BOOL first = exchange->length == 0;
        error =
            tcp_stream_read(&client->stream, exchange->head + exchange->length,
                            REQUEST_HEAD - exchange->length, &count);
        if (error == 0 && count == 0)
            return end(client); /* perhaps in the middle of a head */
        if (error == WSAEWOULDBLOCK && first)
            end_exchange(client);
        if (error != 0)
            return error;
        exchange->length += count;
        if (first)
            error =
                set_deadline(server, client, READABLE, server->limits.head_ms);
        if (error != 0)
            return error;
    }
}

/* The answer is written: what comes behind its request may be the next. */
static DWORD finish(Server *server, Client *client)
{
    Exchange *exchange = client->exchange;
    if (!exchange->answer.keep_alive || server->draining)
        return end(client);
    close_file(exchange);
    exchange->length -= (DWORD)exchange->taken;
    memmove(exchange->head, exchange->head + exchange->taken, exchange->length);
    client->phase = ASKING;
    DWORD timeout =
        exchange->length > 0 ? server->limits.head_ms : server->limits.keep_ms;
    if (exchange->length == 0)
        end_exchange(client);
    return set_deadline(server, client, READABLE, timeout);
}

static BOOL is_sent(Client *client)
{
    DWORD unsent;
    tcp_stream_unsent(&client->stream, &unsent);
    return unsent == 0;
}

/* Writes what is in hand, once all before it is sent, and then has the next piece
   read. Who wants more than the last one has asked by the time that it is sent. */
static DWORD send(Server *server, Client *client)
{
    Exchange *exchange = client->exchange;
    DWORD count;
    if (!is_sent(client))
        return WSAEWOULDBLOCK;
    if (exchange->out_size == 0)
        return finish(server, client);
    DWORD error = tcp_stream_write(&client->stream, exchange->out,
                                   exchange->out_size, &count);
    exchange->out += count;
    exchange->out_size -= count;
    if (error != 0 || exchange->out_size > 0 || exchange->left == 0)
        return error;
    return load(client);
}

/* Throws away what comes. A socket that is closed with bytes unread would take
   back what it has sent.
   https://www.rfc-editor.org/rfc/rfc9112#name-tear-down */
static DWORD part(Client *client)
{
    char bytes[1024];
    DWORD count;
    DWORD error = tcp_stream_read(&client->stream, bytes, sizeof bytes, &count);
    return error == 0 && count == 0 ? WSAECONNABORTED : error;
}

/* Goes on until something has to be waited for, or it is over. */
static void advance(Server *server, Client *client)
{
    static const Interests waits_for[] = {[ASKING] = READABLE,
                                          [SENDING] = WRITABLE,
                                          [ENDING] = WRITABLE,
                                          [PARTING] = READABLE};
    DWORD error = 0;
    while (error == 0 && client->phase != LOADING && client->phase != ENDING)
        error = client->phase == ASKING    ? ask(server, client)
                : client->phase == SENDING ? send(server, client)
                                           : part(client);
    if (error == 0 && client->phase == LOADING)
        return; /* the file's event comes */
    if (error == 0 || error == WSAEWOULDBLOCK)
        error = tcp_stream_register(&client->stream, server->registrator,
                                    (Token)client, waits_for[client->phase]);
    if (error != 0)
        drop(server, client);
}

void client_welcome(Server *server, TcpStream *stream)
{
    Client *client = calloc(1, sizeof *client);
    if (client == NULL || server->count >= server->limits.clients) {
        tcp_stream_close(stream);
        free(client);
        return;
    }
    *client = (Client){
        .stream = *stream, .next = server->clients, .link = &server->clients};
    if (client->next != NULL)
        client->next->link = &client->next;
    server->clients = client;
    server->count++;
    DWORD error = tcp_stream_peer(&client->stream, client->peer);
    if (error == 0) /* a head and a piece at once */
        error = tcp_stream_set_mark(&client->stream, FILE_ROOM + FILE_PIECE);
    if (error == 0)
        error = tcp_stream_register(&client->stream, server->registrator,
                                    (Token)client, READABLE);
    if (error == 0)
        error = set_deadline(server, client, READABLE, server->limits.keep_ms);
    if (error != 0)
        drop(server, client);
}

/* A piece of the file is there. A file that has become shorter meanwhile can't keep
   what the head has promised. */
static DWORD take_piece(Client *client, const Event *event)
{
    Exchange *exchange = client->exchange;
    if (event->error != 0)
        return event->error;
    size_t count =
        event->bytes < exchange->left ? event->bytes : (size_t)exchange->left;
    char *out = exchange->file->bytes + FILE_ROOM - exchange->out_size;
    exchange->out = memcpy(out, exchange->out, exchange->out_size);
    exchange->out_size += count;
    exchange->next += count;
    exchange->left -= count;
    client->phase = SENDING;
    return 0;
}

void client_handle(Server *server, const Event *event)
{
    Client *client = (Client *)(event->token & ~(Token)FILE_BIT);
    DWORD error = event->error;
    if (event->token & FILE_BIT) {
        error = take_piece(client, event);
        if (error == 0)
            error =
                set_deadline(server, client, WRITABLE, server->limits.take_ms);
    } else if (error == WSAETIMEDOUT && client->phase == ASKING) {
        /* Half a head: say why. */
        error = client->exchange != NULL && !server->draining
                    ? answer(server, client, 408)
                    : end(client);
    } else if (error == 0 && client->phase == ENDING) {
        client->phase = PARTING;
        error =
            set_deadline(server, client, READABLE, server->limits.linger_ms);
    }
    if (error != 0)
        drop(server, client);
    else
        advance(server, client);
}

void client_drain(Server *server, Client *client)
{
    BOOL idle = client->phase == ASKING && client->exchange == NULL;
    tcp_stream_set_deadline(&client->stream, WRITABLE, server->limits.drain_ms);
    tcp_stream_set_deadline(&client->stream, READABLE,
                            idle ? 0 : server->limits.drain_ms);
}

Client *client_next(const Client *client)
{
    return client->next;
}
