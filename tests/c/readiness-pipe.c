// steps: 11+
// wrap: ConnectNamedPipe
/* What NamedPipe promises. */
#include "ready.h"

#include "namedpipe.h"

#define BOTH ((Interests)(READABLE | WRITABLE))
#define THE_END ((Interests)(READABLE | READ_CLOSED))
#define ERROR_FILE_NOT_FOUND 2
#define ERROR_ACCESS_DENIED 5
#define ERROR_PIPE_BUSY 231

enum { SERVER = 1, CLIENT = 2, BIG = 1024 * 1024 };

DWORD WINAPI GetCurrentProcessId(void);

BOOL WINAPI __real_ConnectNamedPipe(HANDLE pipe, OVERLAPPED *overlapped);

static wchar_t name[64];
static enum { NOBODY, COMES, GOES } early;
static HANDLE early_client;
static DWORD connect_error; /* of the wait for him */

BOOL WINAPI __wrap_ConnectNamedPipe(HANDLE pipe, OVERLAPPED *overlapped)
{
    if (early == NOBODY)
        return __real_ConnectNamedPipe(pipe, overlapped);
    must("coming early",
         open_existing(name, GENERIC_READ | GENERIC_WRITE, &early_client));
    if (early == GOES)
        must("going", close_handle(early_client));
    early = NOBODY;
    BOOL succeeded = __real_ConnectNamedPipe(pipe, overlapped);
    connect_error = succeeded ? 0 : GetLastError();
    return succeeded;
}

static NamedPipe server, client;

static void serve(void)
{
    must("serving", named_pipe_serve(&server, &registrator, name, FALSE));
    watch(named_pipe_source(&server), SERVER, BOTH, EDGE);
}

static void visit(void)
{
    must("opening", named_pipe_open(&client, &registrator, name));
    watch(named_pipe_source(&client), CLIENT, BOTH, EDGE);
}

static void send_text(NamedPipe *pipe, const char *text)
{
    DWORD count;
    must("writing", named_pipe_write(pipe, text, strlen(text), &count));
    is(count, strlen(text), "\"%s\" is written", text);
}

/* Both ends are writable, in any order. */
static void both_writable(const char *what)
{
    Event one = next_event(), two = next_event();
    ok(one.ready == WRITABLE && two.ready == WRITABLE &&
           one.token + two.token == SERVER + CLIENT,
       "%s: both ends are writable", what);
}

static void close_both(void)
{
    must("closing", named_pipe_close(&server));
    must("closing", named_pipe_close(&client));
    tells_nothing("closed ends tell nothing");
}

static void talking(void)
{
    char byte;
    DWORD count;
    is(named_pipe_open(&client, &registrator, name), ERROR_FILE_NOT_FOUND,
       "a pipe that nobody serves isn't there");
    serve();
    tells_nothing("without a client nothing is told");
    is(named_pipe_read(&server, &byte, 1, &count), WSAEWOULDBLOCK,
       "reading would block");
    visit();
    both_writable("a client that comes");
    tells_nothing("nothing is there to be read");
    send_text(&client, "hello");
    tells(SERVER, READABLE, "what the client writes is told");
    reads(&server.stream, "hello");
    send_text(&server, "hi");
    tells(CLIENT, READABLE, "and what the server answers");
    reads(&client.stream, "hi");
    NamedPipe second;
    is(named_pipe_open(&second, &registrator, name), ERROR_PIPE_BUSY,
       "an instance with its client is busy");
}

static void ending(void)
{
    char byte;
    DWORD count, error = 0;
    serve();
    visit();
    both_writable("another pair");
    send_text(&client, "1234");
    must("closing", named_pipe_close(&client));
    tells(SERVER, READABLE, "what was written before the end is told");
    reads(&server.stream, "1234");
    tells(SERVER, THE_END, "then the end");
    is(named_pipe_read(&server, &byte, 1, &count), 0, "which is no error,");
    is(count, 0, "but no byte");
    for (int i = 0; i < 16 && error == 0; i++) {
        error = named_pipe_write(&server, "x", 1, &count);
        if (error == 0)
            next_event();
    }
    is(error, ERROR_NO_DATA, "nobody is there to read");
    must("closing", named_pipe_close(&server));
}

static void waiting_too_long(void)
{
    serve();
    must("a deadline", tcp_stream_set_deadline(&server.stream, WRITABLE, 10));
    is(next_event().error, WSAETIMEDOUT, "no client in time: 10060");
    must("closing", named_pipe_close(&server));
}

/* Has a client come between the making of an instance and the wait for him. */
static void client_first(void)
{
    early = COMES;
    must("serving", named_pipe_serve(&server, &registrator, name, FALSE));
    is(connect_error, ERROR_PIPE_CONNECTED, "a client may be faster: 535");
    watch(named_pipe_source(&server), SERVER, BOTH, EDGE);
    tells(SERVER, WRITABLE, "it is told like any other");
    must("its going", close_handle(early_client));
    tells(SERVER, THE_END, "and so is its end");
    must("closing", named_pipe_close(&server));

    early = GOES;
    serve();
    is(connect_error, ERROR_NO_DATA, "or have gone again: 232");
    tells_nothing("that is no end");
    visit();
    both_writable("the next client is served");
    close_both();
}

static void big(void)
{
    static char data[BIG], got[BIG];
    size_t written = 0, arrived = 0;
    fill(data, sizeof data, 0);
    serve();
    visit();
    both_writable("a pair");
    unwatch(named_pipe_source(&client));
    watch(named_pipe_source(&client), CLIENT, WRITABLE, LEVEL);
    while (arrived < BIG) {
        Event event = next_event();
        DWORD count, error = 0;
        if (event.token == CLIENT && written < BIG) {
            while (written < BIG &&
                   (error = named_pipe_write(&client, data + written,
                                             BIG - written, &count)) == 0)
                written += count;
            if (written == BIG)
                unwatch(named_pipe_source(&client));
        } else if (event.token == SERVER) {
            while ((error = named_pipe_read(&server, got + arrived, 128,
                                            &count)) == 0 &&
                   count > 0)
                arrived += count;
        }
        must("going on", error == WSAEWOULDBLOCK ? 0 : error);
    }
    is(first_wrong(got, BIG, 0), BIG, "1 MiB goes through, by 128 bytes");
    close_both();
}

static void five(void)
{
    enum { CLIENTS = 5 };
    NamedPipe servers[CLIENTS], clients[CLIENTS];
    int answered = 0;
    for (Token i = 0; i < CLIENTS; i++) {
        must("serving",
             named_pipe_serve(&servers[i], &registrator, name, FALSE));
        watch(named_pipe_source(&servers[i]), i, READABLE, EDGE);
    }
    for (Token i = 0; i < CLIENTS; i++) {
        DWORD count;
        must("opening", named_pipe_open(&clients[i], &registrator, name));
        watch(named_pipe_source(&clients[i]), CLIENTS + i, READABLE, EDGE);
        must("asking", named_pipe_write(&clients[i], "?", 1, &count));
    }
    while (answered < CLIENTS) {
        Event event = next_event();
        char byte = 0;
        DWORD count;
        NamedPipe *one = event.token < CLIENTS
                             ? &servers[event.token]
                             : &clients[event.token - CLIENTS];
        must("reading", named_pipe_read(one, &byte, 1, &count));
        if (byte == '?')
            must("answering", named_pipe_write(one, "!", 1, &count));
        answered += byte == '!';
    }
    ok(1, "five clients at once get their answers");
    for (int i = 0; i < CLIENTS; i++) {
        must("closing", named_pipe_close(&servers[i]));
        must("closing", named_pipe_close(&clients[i]));
    }
}

static void refusals(void)
{
    Poll other;
    NamedPipe first;
    must("another poll", poll_create(&other));
    must("serving", named_pipe_serve(&server, &registrator, name, FALSE));
    Source *source = named_pipe_source(&server);
    is(poll_reregister(&poll, source, 1, READABLE, EDGE), ERROR_NOT_FOUND,
       "a pipe that isn't registered can't be registered anew");
    is(poll_deregister(&poll, source), ERROR_NOT_FOUND, "nor deregistered");
    is(poll_register(&other, source, 1, READABLE, EDGE),
       ERROR_INVALID_PARAMETER, "its port is that of its first poll");
    watch(source, 1, READABLE, EDGE);
    is(poll_reregister(&other, source, 1, READABLE, EDGE), ERROR_ALREADY_EXISTS,
       "another poll can't change it");
    DWORD error = named_pipe_serve(&first, &registrator, name, TRUE);
    if (error == 0) {
        ok(1, "the first instance # SKIP Wine 8 lets in a second first one");
        must("closing", named_pipe_close(&first));
    } else {
        is(error, ERROR_ACCESS_DENIED, "the first instance must be the first");
    }
    is(tcp_stream_shutdown(&server.stream), 0,
       "half of a pipe can't be closed:");
    must("closing", named_pipe_close(&server));
    is(named_pipe_close(&server), WSAENOTSOCK, "closed once");
    ok(named_pipe_source(&server) == NULL, "then there is no source");
    is(named_pipe_serve(&server, &registrator, L"nonsense", FALSE) != 0, 1,
       "a name that is none is refused");
    must("destroying", poll_destroy(&other));
}

int main(void)
{
    set_up();
    _snwprintf(name, 64, L"\\\\.\\pipe\\readiness-%lu", GetCurrentProcessId());
    talking();
    close_both();
    ending();
    waiting_too_long();
    client_first();
    big();
    five();
    refusals();
    tear_down();
    return done_testing();
}
