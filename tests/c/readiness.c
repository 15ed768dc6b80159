// steps: 11+
/* What poll_register promises of streams and listeners: what epoll's users know,
   and what a peer's own tests demand of it. */
#include "ready.h"

#include "handles.h"
#include "tcplistener.h"

#define BOTH ((Interests)(READABLE | WRITABLE))
#define THE_END ((Interests)(READABLE | READ_CLOSED))

enum { BIG = 16 * 1024 * 1024, PIECE = 65536, DOOR = 70, MANY = 100 };

/* A stream that is registered for reading. */
static SOCKET watched(TcpStream *stream, Token token, Mode mode)
{
    SOCKET peer = meet(stream);
    watch(tcp_stream_source(stream), token, READABLE, mode);
    return peer;
}

static void done(TcpStream *stream, SOCKET peer)
{
    must("closing", tcp_stream_close(stream));
    close_socket(peer);
}

static char first_byte(TcpStream *stream)
{
    char byte = 0;
    DWORD count;
    must("reading", tcp_stream_read(stream, &byte, 1, &count));
    return byte;
}

static void edge(void)
{
    TcpStream stream;
    char byte;
    DWORD count;
    SOCKET peer = watched(&stream, 1, EDGE);
    tells_nothing("nothing has arrived, and nothing is told");
    is(tcp_stream_read(&stream, &byte, 1, &count), WSAEWOULDBLOCK,
       "reading would block meanwhile");
    say(peer, "hello");
    tells(1, READABLE, "edge: what has arrived is told");
    is((unsigned char)first_byte(&stream), 'h', "one byte is read");
    tells_nothing("and not told again while the rest waits");
    reads(&stream, "ello");
    tells_nothing("nor when it has been read");
    say(peer, "again");
    tells(1, READABLE, "what comes after would-block is told anew");
    reads(&stream, "again");
    done(&stream, peer);
}

static void edge_without_would_block(void)
{
    TcpStream stream;
    SOCKET peer = watched(&stream, 1, EDGE);
    for (char c = 'a'; c < 'e'; c++) {
        const char text[2] = {c, '\0'};
        say(peer, text);
        tells(1, READABLE, "a byte is told");
        is((unsigned char)first_byte(&stream), (unsigned char)c,
           "the byte is read, and no more");
    }
    done(&stream, peer);
}

static void level(void)
{
    TcpStream stream;
    char buffer[3];
    DWORD count;
    SOCKET peer = watched(&stream, 2, LEVEL);
    say(peer, "hello");
    tells(2, READABLE, "level: what has arrived is told");
    tells(2, READABLE, "and again while it waits");
    must("reading", tcp_stream_read(&stream, buffer, 3, &count));
    tells(2, READABLE, "and again while a part of it waits");
    must("reading", tcp_stream_read(&stream, buffer, 2, &count));
    tells_nothing("but not when all is read");
    say(peer, "more");
    tells(2, READABLE, "what comes then is told");
    close_socket(peer);
    reads(&stream, "more");
    tells(2, THE_END, "so is the end,");
    tells(2, THE_END, "for ever");
    must("closing", tcp_stream_close(&stream));
    tells_nothing("but not after closing");
}

static void one_shot(void)
{
    TcpStream stream;
    SOCKET peer = watched(&stream, 3, ONE_SHOT);
    Source *source = tcp_stream_source(&stream);
    say(peer, "foo");
    tells(3, READABLE, "one-shot: what has arrived is told");
    tells_nothing("and no more told,");
    reads(&stream, "foo");
    say(peer, "bar");
    tells_nothing("even when all is read and more comes");
    for (const char *rest = "bar"; *rest != '\0'; rest++) {
        rewatch(source, 3, READABLE, ONE_SHOT);
        tells(3, READABLE, "registered anew, it is told once more");
        is((unsigned char)first_byte(&stream), (unsigned char)*rest,
           "and a byte is read");
    }
    tells_nothing("then it is silent");
    done(&stream, peer);
}

static void tokens(void)
{
    TcpStream stream;
    SOCKET peer = watched(&stream, 4, LEVEL);
    Source *source = tcp_stream_source(&stream);
    say(peer, "x");
    let_it_arrive();
    rewatch(source, 5, WRITABLE, EDGE);
    tells(5, WRITABLE, "what is told is what was asked for last");
    tells_nothing("and only that");
    rewatch(source, 6, BOTH, EDGE);
    tells(6, BOTH, "both at once come as one event");
    unwatch(source);
    say(peer, "y");
    tells_nothing("nothing is told once it is deregistered");
    reads(&stream, "x");
    let_it_arrive();
    tells_nothing("though there is something,");
    reads(&stream, "y");
    watch(source, 7, WRITABLE, LEVEL);
    tells(7, WRITABLE, "and it can be registered again");
    unwatch(source);
    tells_nothing("level's next turn doesn't come either");
    done(&stream, peer);
}

static void refusals(void)
{
    TcpStream stream;
    Poll other;
    SOCKET peer = meet(&stream);
    Source *source = tcp_stream_source(&stream);
    must("another poll", poll_create(&other));
    is(poll_reregister(&poll, source, 1, READABLE, EDGE), ERROR_NOT_FOUND,
       "to register anew, it must be registered");
    is(poll_deregister(&poll, source), ERROR_NOT_FOUND, "to deregister, too");
    is(poll_register(&poll, source, 1, NOTIFIED, EDGE), ERROR_INVALID_PARAMETER,
       "other interests are refused");
    is(poll_register(&poll, NULL, 1, READABLE, EDGE), WSAENOTSOCK,
       "something closed is no source");
    watch(source, 1, READABLE, EDGE);
    is(poll_register(&poll, source, 2, READABLE, EDGE), ERROR_ALREADY_EXISTS,
       "a second registration is refused");
    is(poll_register(&other, source, 2, READABLE, EDGE), ERROR_ALREADY_EXISTS,
       "so is one with another poll,");
    is(poll_reregister(&other, source, 2, READABLE, EDGE), ERROR_ALREADY_EXISTS,
       "and a change by it,");
    is(poll_deregister(&other, source), ERROR_ALREADY_EXISTS,
       "and an end by it");
    is(tcp_stream_register(&stream, &registrator, 3, READABLE),
       ERROR_ALREADY_EXISTS, "and a registration of the other kind");
    say(peer, "x");
    tells(1, READABLE, "the first one stays as it was");
    unwatch(source);
    is(poll_register(&other, source, 2, READABLE, EDGE),
       ERROR_INVALID_PARAMETER, "its handle keeps its port for life");
    done(&stream, peer);
    is(poll_destroy(&other), 0, "the other poll holds nothing of it");
    peer = meet(&stream);
    is(poll_register(&other, tcp_stream_source(&stream), 2, READABLE, EDGE),
       ERROR_ABANDONED_WAIT_0, "a poll that is gone says so");
    done(&stream, peer);
}

static void connecting(void)
{
    TcpStream stream;
    char byte;
    DWORD count;
    must("connecting",
         tcp_stream_connect(&stream, &registrator, 99, "127.0.0.1", port));
    watch(tcp_stream_source(&stream), 8, BOTH, EDGE);
    tells(8, WRITABLE, "a stream that is connected is writable");
    SOCKET peer = accept(listener, NULL, NULL);
    say(peer, "welcome");
    tells(8, READABLE, "and has started to read");
    reads(&stream, "welcome");
    done(&stream, peer);
    must("connecting",
         tcp_stream_connect(&stream, &registrator, 99, "localhost", port));
    watch(tcp_stream_source(&stream), 8, BOTH, LEVEL);
    tells(8, WRITABLE, "the same after its name was looked up");
    done(&stream, accept(listener, NULL, NULL));
    must("connecting",
         tcp_stream_connect(&stream, &registrator, 99, "127.0.0.1", "1"));
    watch(tcp_stream_source(&stream), 9, BOTH, EDGE);
    Event event =
        tells(9, BOTH | READ_CLOSED | FAILED, "one that is refused has failed");
    is(event.error, WSAECONNREFUSED, "the event says why,");
    is(tcp_stream_read(&stream, &byte, 1, &count), WSAECONNREFUSED,
       "and so does reading");
    must("closing", tcp_stream_close(&stream));
    must("connecting", tcp_stream_connect(&stream, &registrator, 99,
                                          "no.such.host.invalid", "1"));
    watch(tcp_stream_source(&stream), 9, WRITABLE, ONE_SHOT);
    ok((next_event().ready & FAILED) != 0, "so has one without an address");
    tells_nothing("once");
    must("closing", tcp_stream_close(&stream));
}

/* Linux keeps the second client of a full backlog waiting; Windows refuses it. */
static void still_connecting(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = htonl(0x7F000001)};
    int size = sizeof address;
    TcpStream stream;
    SOCKET full, first;
    char to[6];
    must("a socket", open_socket(AF_INET, &full));
    must("binding", (DWORD)bind(full, (struct sockaddr *)&address, size));
    must("listening", (DWORD)listen(full, 0));
    must("asking",
         (DWORD)getsockname(full, (struct sockaddr *)&address, &size));
    snprintf(to, sizeof to, "%u", ntohs(address.sin_port));
    must("a socket", open_socket(AF_INET, &first));
    must("connecting",
         (DWORD)connect(first, (struct sockaddr *)&address, size));
    must("connecting",
         tcp_stream_connect(&stream, &registrator, 99, "127.0.0.1", to));
    watch(tcp_stream_source(&stream), 9, BOTH, LEVEL);
    tells_nothing("a stream that is still to be connected tells nothing");
    must("closing", tcp_stream_close(&stream));
    tells_nothing("nor when it is closed");
    close_socket(first);
    close_socket(full);
}

static size_t write_until_it_blocks(TcpStream *stream)
{
    static char piece[PIECE];
    size_t total = 0;
    DWORD count;
    while (tcp_stream_write(stream, piece, sizeof piece, &count) == 0)
        total += count;
    return total;
}

/* Takes in so many bytes, without the poll. */
static unsigned WINAPI take_in(void *argument)
{
    static char piece[PIECE];
    SOCKET peer = *(SOCKET *)argument;
    int got;
    while ((got = recv(peer, piece, sizeof piece, 0)) > 0)
        ;
    return 0;
}

static void room(Mode mode)
{
    TcpStream stream;
    HANDLE reader;
    SOCKET peer = meet(&stream);
    watch(tcp_stream_source(&stream), 10, WRITABLE, mode);
    tells(10, WRITABLE, "there is room");
    if (mode == EDGE)
        tells_nothing("that is told once");
    else
        tells(10, WRITABLE, "that is told again");
    /* What the system takes is gone at once. Then the ring is full. */
    Event event;
    Events events = {.list = &event, .capacity = 1};
    do {
        write_until_it_blocks(&stream);
        must("waiting", poll_wait(&poll, &events, 150));
    } while (events.count > 0);
    ok(1, "a full stream isn't writable");
    must("a thread", start_thread(&reader, take_in, &peer));
    tells(10, WRITABLE, "it is when the peer has read");
    must("shutting down", tcp_stream_shutdown(&stream));
    must("joining", join_thread(reader));
    done(&stream, peer);
}

static void ends(void)
{
    TcpStream stream;
    char byte;
    DWORD count;
    SOCKET peer = meet(&stream);
    watch(tcp_stream_source(&stream), 11, BOTH, EDGE);
    tells(11, WRITABLE, "there is room");
    must("the peer's end", (DWORD)shutdown(peer, SD_SEND));
    Event event = next_event();
    is(event.ready, THE_END, "the peer's half-close is told");
    is(event.error, 0, "and is no error");
    is(tcp_stream_read(&stream, &byte, 1, &count), 0, "it can be read:");
    is(count, 0, "no byte");
    tells_nothing("once");
    is(tcp_stream_write(&stream, "x", 1, &count), 0,
       "the other half is still open");
    is((unsigned)recv(peer, &byte, 1, 0), 1, "and its byte arrives");
    done(&stream, peer);

    peer = watched(&stream, 12, EDGE);
    say(peer, "last words");
    must("the peer's end", (DWORD)shutdown(peer, SD_SEND));
    tells(12, READABLE, "bytes before the end come first");
    reads(&stream, "last words");
    tells(12, THE_END, "then the end");
    done(&stream, peer);

    peer = watched(&stream, 13, EDGE);
    reset(peer);
    tells(13, THE_END | FAILED, "a reset is told as a failure");
    is(tcp_stream_read(&stream, &byte, 1, &count), WSAECONNRESET,
       "and reading says which");
    must("closing", tcp_stream_close(&stream));

    peer = meet(&stream);
    watch(tcp_stream_source(&stream), 14, 0, LEVEL);
    say(peer, "x");
    tells_nothing("without interests nothing is told");
    rewatch(tcp_stream_source(&stream), 14, READABLE, LEVEL);
    tells(14, READABLE, "what waited is, once they are there");
    reads(&stream, "x");
    rewatch(tcp_stream_source(&stream), 14, 0, LEVEL);
    reset(peer);
    tells(14, FAILED, "without interests a failure is told all the same");
    must("closing", tcp_stream_close(&stream));
}

/* Not told, as there is no interest for it; nor is it taken for what is told. */
static void urgent(void)
{
    enum { MSG_OOB = 1 };
    TcpStream stream;
    SOCKET peer = watched(&stream, 16, LEVEL);
    must("sending", send(peer, "!", 1, MSG_OOB) != 1);
    tells_nothing("urgent data is not told");
    say(peer, "plain");
    tells(16, READABLE, "what comes behind it is");
    reads(&stream, "plain");
    done(&stream, peer);
}

/* The read that was in flight meanwhile stays, and is told by the new token. */
static void renewed(void)
{
    TcpStream stream;
    SOCKET peer = watched(&stream, 17, EDGE);
    Source *source = tcp_stream_source(&stream);
    for (Token token = 18; token < 21; token++) {
        unwatch(source);
        watch(source, token, READABLE, EDGE);
    }
    tells_nothing("ended and begun again: nothing is told of that");
    say(peer, "x");
    tells(20, READABLE, "what comes is told by the last token, once");
    tells_nothing("and by no other");
    reads(&stream, "x");
    done(&stream, peer);
}

static void deadlines(void)
{
    TcpStream stream;
    char byte;
    DWORD count;
    SOCKET peer = watched(&stream, 15, EDGE);
    must("a deadline", tcp_stream_set_deadline(&stream, READABLE, 20));
    Event event = tells(15, THE_END | FAILED, "a deadline is a failure");
    is(event.error, WSAETIMEDOUT, "that says so");
    is(tcp_stream_read(&stream, &byte, 1, &count), WSAETIMEDOUT,
       "and so does reading");
    must("lifting it", tcp_stream_set_deadline(&stream, READABLE, INFINITE));
    say(peer, "late");
    tells(15, READABLE, "once it is lifted, reading goes on");
    reads(&stream, "late");
    done(&stream, peer);
}

/* A client of the listener, from outside. */
static SOCKET visit(TcpListener *door)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = htonl(0x7F000001)};
    unsigned short number;
    SOCKET s;
    must("asking for the port", tcp_listener_port(door, &number));
    address.sin_port = ntohs(number);
    must("a socket", open_socket(AF_INET, &s));
    must("connecting",
         (DWORD)connect(s, (struct sockaddr *)&address, sizeof address));
    return s;
}

static TcpListener opened(void)
{
    TcpListener door;
    must("listening",
         tcp_listener_open(&door, &registrator, 99, "127.0.0.1", "0"));
    return door;
}

/* Accepts one and closes it. */
static DWORD admit(TcpListener *door)
{
    TcpStream stream;
    DWORD error = tcp_listener_accept(door, &stream);
    if (error == 0)
        must("closing", tcp_stream_close(&stream));
    return error;
}

static void doors(void)
{
    TcpListener door = opened();
    SOCKET clients[5];
    Source *source = tcp_listener_source(&door);
    watch(source, DOOR, READABLE, EDGE);
    tells_nothing("nobody is there");
    clients[0] = visit(&door);
    tells(DOOR, READABLE, "a client is told");
    is(admit(&door), 0, "and accepted;");
    is(admit(&door), WSAEWOULDBLOCK, "another would block");
    clients[1] = visit(&door);
    tells(DOOR, READABLE, "the next one is told without being asked for");
    is(admit(&door), 0, "and accepted");
    clients[2] = visit(&door);
    clients[3] = visit(&door);
    let_it_arrive();
    Event list[4];
    Events events = {.list = list, .capacity = 4};
    must("waiting", poll_wait(&poll, &events, PATIENCE));
    is(events.count, 1, "edge: two that came together are told as one");
    is(admit(&door), 0, "one is accepted");
    tells_nothing("the other isn't told again");
    is(admit(&door), 0, "but is there");
    rewatch(source, DOOR, WRITABLE, LEVEL);
    clients[4] = visit(&door);
    tells_nothing("a listener is never writable");
    rewatch(source, DOOR + 1, READABLE, LEVEL);
    tells(DOOR + 1, READABLE, "who waited is told when asked for");
    tells(DOOR + 1, READABLE, "level: until");
    is(admit(&door), 0, "it is accepted");
    tells_nothing("then no more");
    unwatch(source);
    close_socket(clients[4]);
    clients[4] = visit(&door);
    tells_nothing("nothing is told once it is deregistered");
    is(admit(&door), 0, "accepting by hand works");
    must("closing", tcp_listener_close(&door));
    for (int i = 0; i < 5; i++)
        close_socket(clients[i]);
}

static void fair(void)
{
    TcpStream streams[3];
    SOCKET peers[3];
    int told[3] = {0};
    for (int i = 0; i < 3; i++) {
        peers[i] = watched(&streams[i], (Token)i, LEVEL);
        say(peers[i], "x");
    }
    let_it_arrive();
    for (int i = 0; i < 12; i++)
        next_event(); /* until all three are in the line */
    for (int i = 0; i < 300; i++)
        told[next_event().token]++;
    for (int i = 0; i < 3; i++)
        is((unsigned)told[i], 100,
           "with room for one event, stream %d is told 100 times of 300", i);
    for (int i = 0; i < 3; i++)
        done(&streams[i], peers[i]);
}

static void many(void)
{
    static TcpStream streams[MANY];
    static SOCKET peers[MANY];
    unsigned order[MANY];
    int right = 0;
    for (unsigned i = 0; i < MANY; i++) {
        peers[i] = watched(&streams[i], i, EDGE);
        order[i] = i;
    }
    for (unsigned i = MANY - 1; i > 0; i--) {
        unsigned other = (i * 7919u + 13) % (i + 1), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
    for (int i = 0; i < MANY; i++) {
        say(peers[order[i]], "x");
        Event event = next_event();
        right += event.token == order[i] && event.ready == READABLE &&
                 strcmp(read_all(&streams[order[i]]), "x") == 0;
    }
    is((unsigned)right, MANY, "each of %d streams is told when it is its time",
       MANY);
    tells_nothing("and no other");
    for (int i = 0; i < MANY; i++)
        done(&streams[i], peers[i]);
}

static HANDLE waiting;
static Event seen;

static unsigned WINAPI wait_once(void *argument)
{
    (void)argument;
    seen = next_event();
    return 0;
}

static void while_waiting(void)
{
    TcpStream stream;
    SOCKET peer = meet(&stream);
    say(peer, "x");
    must("a thread", start_thread(&waiting, wait_once, NULL));
    Sleep(100);
    watch(tcp_stream_source(&stream), 20, READABLE, EDGE);
    must("joining", join_thread(waiting));
    is(seen.token, 20, "a poll that waits tells of what is registered then");
    must("a thread", start_thread(&waiting, wait_once, NULL));
    Sleep(100);
    rewatch(tcp_stream_source(&stream), 21, WRITABLE, EDGE);
    must("joining", join_thread(waiting));
    is(seen.token, 21, "and registered anew");
    done(&stream, peer);
}

static void closing_in_line(void)
{
    TcpStream one, two;
    SOCKET first = watched(&one, 1, LEVEL), second = watched(&two, 2, LEVEL);
    say(first, "x");
    say(second, "x");
    let_it_arrive();
    Event event = next_event();
    TcpStream *told = event.token == 1 ? &one : &two;
    TcpStream *other = event.token == 1 ? &two : &one;
    must("closing", tcp_stream_close(other));
    must("closing", tcp_stream_close(told));
    tells_nothing("two that were in the line are closed, and not told");
    close_socket(first);
    close_socket(second);
}

static void end_of_the_loop(void)
{
    Poll own;
    Registrator end;
    TcpStream stream;
    Event event;
    Events events = {.list = &event, .capacity = 1};
    DWORD error = 0;
    int told = 0;
    SOCKET peer = meet(&stream);
    must("a poll", poll_create(&own));
    must("a registrator", poll_registrator(&own, &end));
    must("registering",
         poll_register(&own, tcp_stream_source(&stream), 1, READABLE, LEVEL));
    say(peer, "x");
    let_it_arrive();
    must("closing the loop", registrator_close_loop(&end));
    for (int i = 0; error == 0 && i < 10; i++) {
        error = poll_wait(&own, &events, PATIENCE);
        told += error == 0 && events.count > 0;
    }
    ok(told > 0, "what has arrived is told before the loop's end");
    is(error, ERROR_ABANDONED_WAIT_0, "and level doesn't keep it from ending");
    is(poll_register(&own, tcp_stream_source(&stream), 1, READABLE, LEVEL),
       ERROR_ABANDONED_WAIT_0, "nothing is registered after it");
    is(poll_destroy(&own), ERROR_BUSY, "a stream that is open holds the poll");
    done(&stream, peer);
    is(poll_destroy(&own), 0, "closed, even in the line, it doesn't");
    registrator_release(&end);
}

static void polls_leave_nothing(void)
{
    enum { POLLS = 500 };
    int before = 0;
    for (int i = 0; i < POLLS; i++) {
        Poll own;
        TcpStream stream;
        SOCKET peer = meet(&stream);
        must("a poll", poll_create(&own));
        must("registering",
             poll_register(&own, tcp_stream_source(&stream), 1, BOTH, LEVEL));
        reset(peer);
        must("closing", tcp_stream_close(&stream));
        must("destroying", poll_destroy(&own));
        if (i == 0)
            before = handle_count();
    }
    is((unsigned)handle_count(), (unsigned)before,
       "%d polls, each with a stream, leave no handle", POLLS);
}

int main(void)
{
    set_up();
    edge();
    edge_without_would_block();
    level();
    one_shot();
    tokens();
    refusals();
    connecting();
    if (GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version"))
        still_connecting();
    room(EDGE);
    room(LEVEL);
    ends();
    urgent();
    renewed();
    deadlines();
    doors();
    fair();
    many();
    while_waiting();
    closing_in_line();
    end_of_the_loop();
    polls_leave_nothing();
    tear_down();
    return done_testing();
}
