// wrap: setsockopt shutdown closesocket listen
/* A client and its server on a Winsock that behaves as Windows' does: a socket
   that has not been told that it is connected can't be shut down. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "poll.h"
#include "tcplistener.h"

enum {
    SOCKETS = 4096,
    ACCEPT_CONTEXT = 0x700B,
    CONNECT_CONTEXT = 0x7010,
    LISTENER = 1,
    CLIENT = 2,
    SERVER = 3,
    PATIENCE = 1000,
    UPDATE_ERROR = 10055
};

void WINAPI WSASetLastError(int);
WRAPPED(setsockopt);
WRAPPED(shutdown);
WRAPPED(closesocket);
WRAPPED(listen);

static Poll the_poll;
static Registrator registrator;
static TcpListener listener;
static char port[8];

static BOOL told[SOCKETS];
static SOCKET listening;   /* the listener's */
static SOCKET accepted_of; /* what the last accept update named */
static int connect_updates;
static int refused_shutdowns;
static BOOL refuse_connect_update, refuse_accept_update;

static BOOL *told_of(SOCKET s)
{
    return &told[s / 4 % SOCKETS];
}

int WINAPI __wrap_shutdown(SOCKET s, int how)
{
    if (*told_of(s))
        return __real_shutdown(s, how);
    refused_shutdowns++;
    WSASetLastError(WSAENOTCONN);
    return -1;
}

int WINAPI __wrap_setsockopt(SOCKET s, int level, int option, const char *value,
                             int size)
{
    BOOL refuse = FALSE;
    if (option == CONNECT_CONTEXT) {
        connect_updates++;
        refuse = refuse_connect_update;
    } else if (option == ACCEPT_CONTEXT) {
        refuse = refuse_accept_update;
        accepted_of = INVALID_SOCKET;
        if (value != NULL && size == sizeof accepted_of)
            memcpy(&accepted_of, value, sizeof accepted_of);
    } else {
        return __real_setsockopt(s, level, option, value, size);
    }
    if (refuse) {
        WSASetLastError(UPDATE_ERROR);
        return -1;
    }
    int result = __real_setsockopt(s, level, option, value, size);
    if (result == 0)
        *told_of(s) = TRUE;
    return result;
}

int WINAPI __wrap_listen(SOCKET s, int backlog)
{
    listening = s;
    return __real_listen(s, backlog);
}

int WINAPI __wrap_closesocket(SOCKET s)
{
    *told_of(s) = FALSE;
    return __real_closesocket(s);
}

/* Waits for an event with this token; its error is UPDATE_ERROR + 1 if none
   comes in time. Those of others wait for their turn. */
static Event await(Token token, DWORD patience)
{
    static Event kept[SERVER + 1];
    static BOOL waits[SERVER + 1];
    Event list[1];
    Events events = {.list = list, .capacity = 1};
    unsigned long start = milliseconds();
    while (!waits[token] && milliseconds() - start < patience)
        if (poll_wait(&the_poll, &events, 20) == 0 && events.count == 1) {
            kept[list[0].token] = list[0];
            waits[list[0].token] = TRUE;
        }
    if (!waits[token])
        return (Event){.token = token, .error = UPDATE_ERROR + 1};
    waits[token] = FALSE;
    return kept[token];
}

static void connect_client(TcpStream *client)
{
    require(tcp_stream_connect(client, &registrator, CLIENT, "127.0.0.1",
                               port) == 0,
            "tcp_stream_connect failed");
}

static void accept_server(TcpStream *server)
{
    Event event = await(LISTENER, PATIENCE);
    require(event.error == 0 && tcp_listener_accept(&listener, server) == 0,
            "no client was accepted: error %lu", event.error);
    require(tcp_stream_register(server, &registrator, SERVER, READABLE) == 0,
            "the accepted stream can't be registered");
}

/* Whether the stream's next event is the end. */
static BOOL hears_end(TcpStream *stream, Token token)
{
    char bytes[8];
    DWORD count = 1;
    return await(token, 300).error == 0 &&
           tcp_stream_read(stream, bytes, sizeof bytes, &count) == 0 &&
           count == 0;
}

static void check_connecting(TcpStream *client)
{
    stage("connecting");
    connect_client(client);
    int early = connect_updates;
    Event event = await(CLIENT, PATIENCE);
    require(event.error == 0, "connecting ended with error %lu", event.error);
    require(tcp_stream_register(client, &registrator, CLIENT, READABLE) == 0,
            "the client can't be registered");
    DWORD error = tcp_stream_shutdown(client);
    need(refused_shutdowns == 0,
         "the client's socket can be shut down once it is connected",
         "the client was connected, its packet was out, and shutdown failed "
         "with %d (not connected): who has told the socket?",
         WSAENOTCONN);
    expect(error == 0, "the client shuts down", "it failed with error %lu",
           error);
    expect(early == 0, "nothing is told before it is so",
           "SO_UPDATE_CONNECT_CONTEXT was set before the packet of ConnectEx "
           "was taken out: what is there to update?");
}

static void check_accepting(TcpStream *client)
{
    TcpStream server;
    stage("accepting");
    accept_server(&server);
    expect(hears_end(&server, SERVER), "the server hears the client's end",
           "the client has shut down, and its server heard nothing of it");
    refused_shutdowns = 0;
    DWORD error = tcp_stream_shutdown(&server);
    need(refused_shutdowns == 0, "the accepted socket can be shut down",
         "the server's shutdown failed with %d (not connected), although a "
         "client had been accepted: who has told its socket?",
         WSAENOTCONN);
    expect(error == 0, "the server shuts down", "it failed with error %lu",
           error);
    expect(hears_end(client, CLIENT), "the client hears the server's end",
           "the server has shut down, and its client heard nothing of it");
    need(accepted_of == listening, "it is told which listener it is of",
         "SO_UPDATE_ACCEPT_CONTEXT got %s: whose options is the accepted "
         "socket to take over?",
         accepted_of == INVALID_SOCKET ? "no socket"
                                       : "a socket that is not the listener's");
    tcp_stream_close(&server);
    tcp_stream_close(client);
}

static void check_failures(void)
{
    TcpStream client, server;
    stage("a connect whose update fails");
    refuse_connect_update = TRUE;
    connect_client(&client);
    Event event = await(CLIENT, PATIENCE);
    refuse_connect_update = FALSE;
    expect(event.error == UPDATE_ERROR, "connecting has failed, then",
           "SO_UPDATE_CONNECT_CONTEXT failed with %d, and the event of the "
           "connect said %lu",
           UPDATE_ERROR, event.error);
    tcp_stream_close(&client);
    accept_server(&server);
    tcp_stream_close(&server);

    stage("an accept whose update fails");
    refuse_accept_update = TRUE;
    connect_client(&client);
    event = await(LISTENER, 100);
    expect(event.error == UPDATE_ERROR + 1, "accepting has failed, then",
           "SO_UPDATE_ACCEPT_CONTEXT failed with %d, and the listener told of "
           "a connection all the same",
           UPDATE_ERROR);
    refuse_accept_update = FALSE;
    tcp_stream_close(&client);
    connect_client(&client);
    accept_server(&server);
    tcp_stream_close(&client);
    tcp_stream_close(&server);
}

void examine(const Checker *table)
{
    BEGIN(table);
    TcpStream client;
    unsigned short number;
    require(wsa_startup() == 0 && poll_create(&the_poll) == 0 &&
                poll_registrator(&the_poll, &registrator) == 0,
            "no poll could be made");
    require(tcp_listener_open(&listener, &registrator, LISTENER, "127.0.0.1",
                              "0") == 0 &&
                tcp_listener_port(&listener, &number) == 0,
            "no listener could be made");
    snprintf(port, sizeof port, "%u", number);
    check_connecting(&client);
    check_accepting(&client);
    check_failures();
    stage("closing");
    require(tcp_listener_close(&listener) == 0 &&
                poll_destroy(&the_poll) == 0 &&
                registrator_release(&registrator) == 0,
            "the loop can't be closed");
}
