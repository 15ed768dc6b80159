// steps: 06+
// wrap: WSASend WSAGetOverlappedResult shutdown
/* What tcp_stream_write, WRITABLE, tcp_stream_shutdown and closing promise. */
#include "peers.h"

/* Nothing less is sure not to fit into the system's own buffers. */
enum { BIG = 16 * 1024 * 1024, PIECE = 65536 };

void WINAPI WSASetLastError(int iError);
int WINAPI __real_WSASend(SOCKET, WSABUF *, DWORD, DWORD *, DWORD,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
BOOL WINAPI __real_WSAGetOverlappedResult(SOCKET, WSAOVERLAPPED *, DWORD *,
                                          BOOL, DWORD *);
int WINAPI __real_shutdown(SOCKET, int);

static int sends;      /* calls of WSASend so far */
static int most_parts; /* the most parts that one had */
static DWORD failure;  /* has it fail, unless 0 */
static int results;    /* that were asked for */
static int shutdowns;

int WINAPI __wrap_WSASend(SOCKET s, WSABUF *parts, DWORD count, DWORD *sent,
                          DWORD flags, WSAOVERLAPPED *overlapped,
                          COMPLETION_ROUTINE routine)
{
    sends++;
    if ((int)count > most_parts)
        most_parts = (int)count;
    if (failure == 0)
        return __real_WSASend(s, parts, count, sent, flags, overlapped,
                              routine);
    WSASetLastError((int)failure);
    return -1;
}

BOOL WINAPI __wrap_WSAGetOverlappedResult(SOCKET s, WSAOVERLAPPED *overlapped,
                                          DWORD *bytes, BOOL wait, DWORD *flags)
{
    results++;
    return __real_WSAGetOverlappedResult(s, overlapped, bytes, wait, flags);
}

int WINAPI __wrap_shutdown(SOCKET s, int how)
{
    shutdowns++;
    return __real_shutdown(s, how);
}

static char big[BIG];

static DWORD want_room(TcpStream *stream, Token token)
{
    return tcp_stream_register(stream, &registrator, token, WRITABLE);
}

static DWORD unsent(TcpStream *stream)
{
    DWORD bytes;
    must("asking", tcp_stream_unsent(stream, &bytes));
    return bytes;
}

/* A connection that has been used: it has its port. */
static SOCKET ready(TcpStream *stream)
{
    SOCKET peer = meet(stream);
    must("registering", want_room(stream, 1));
    must("becoming writable", next_event().error);
    return peer;
}

static Event told; /* the last event that drain has seen */
static int tellings;

static void look(void)
{
    Event event;
    Events events = {.list = &event, .capacity = 1};
    must("polling", poll_wait(&poll, &events, 0));
    if (events.count > 0) {
        told = event;
        tellings++;
    }
}

/* Has the peer read up to this place, while the loop runs; from the place that it
   has come to. Returns where it stops: early at a wrong byte, at the end, or if
   asked to, with the first event. */
static size_t drain(SOCKET peer, size_t place, size_t to, BOOL until_told)
{
    static char piece[PIECE];
    while (place < to && !(until_told && tellings > 0)) {
        size_t size = to - place < PIECE ? to - place : PIECE;
        int got = recv(peer, piece, (int)size, 0);
        if (got <= 0 || first_wrong(piece, (size_t)got, place) != (size_t)got)
            break;
        place += (size_t)got;
        look();
    }
    return place;
}

/* Writes until there is no room; returns how many bytes were taken. */
static size_t stuff(TcpStream *stream, size_t from)
{
    size_t place = from;
    DWORD count;
    while (tcp_stream_write(stream, big + place, PIECE, &count) == 0)
        place += count;
    return place - from;
}

/* Until nothing more goes to the system. That may take a bit more when it asks the
   peer's, a few times in the first half second, whether there is room again. */
static size_t stuff_all(TcpStream *stream)
{
    size_t place = 0;
    for (int quiet = 0; quiet < 20;) {
        Event event;
        Events events = {.list = &event, .capacity = 1};
        size_t taken = stuff(stream, place);
        place += taken;
        quiet = taken > 0 ? 0 : quiet + 1;
        must("polling", poll_wait(&poll, &events, A_WHILE));
    }
    return place;
}

static void a_full_stream(void)
{
    TcpStream stream;
    DWORD count = 99;
    SOCKET peer = ready(&stream);
    size_t taken = stuff_all(&stream);
    ok(taken > CONNECTION_MARK && taken < BIG, "%lu bytes fit",
       (unsigned long)taken);
    ok(unsent(&stream) <= CONNECTION_MARK, "of which we hold the mark at most");
    is(tcp_stream_write(&stream, big, 1, &count), WSAEWOULDBLOCK,
       "one more would have to wait");
    is(count, 0, "and is not taken");
    int before = sends, refused = 0;
    for (int i = 0; i < 10000; i++)
        refused +=
            tcp_stream_write(&stream, big, PIECE, &count) == WSAEWOULDBLOCK;
    is((unsigned)refused, 10000, "ten thousand more, too");
    is((unsigned)sends, (unsigned)before, "without any call");
    ok(silence(), "nothing is told that was not asked for");
    is(want_room(&stream, 5), 0, "room is asked for");
    is(want_room(&stream, 6), WSAEALREADY, "once");
    ok(silence(), "it does not come while nobody reads");
    tellings = 0;
    size_t got = drain(peer, 0, taken, TRUE);
    ok(tellings == 1 && told.token == 5 && told.ready == WRITABLE &&
           told.error == 0,
       "it comes when the peer reads");
    ok(told.bytes >= CONNECTION_MARK / 2, "half the mark or more: %lu",
       told.bytes);
    is(tcp_stream_write(&stream, big + taken, told.bytes, &count), 0,
       "so many bytes can be written");
    is(count, told.bytes, "all of them");
    ok(silence(), "it came once");
    is(tcp_stream_shutdown(&stream), 0, "then the end");
    is(drain(peer, got, taken + count, FALSE), taken + count,
       "the peer gets the rest, in order");
    is((unsigned)tellings, 1, "nothing more was told");
    char end;
    is((unsigned)recv(peer, &end, 1, 0), 0, "and the end");
    close_socket(peer);
    is(tcp_stream_close(&stream), 0, "and the stream is closed");
}

static void one_big_write(void)
{
    TcpStream stream;
    DWORD count;
    SOCKET peer = ready(&stream);
    is(tcp_stream_set_mark(&stream, 0), ERROR_INVALID_PARAMETER,
       "a mark of 0 is refused");
    is(tcp_stream_set_mark(&stream, BIG + 3), 0, "a higher mark");
    is(tcp_stream_write(&stream, big, BIG, &count), 0, "takes a big write");
    is(count, BIG, "at once");
    is(tcp_stream_write(&stream, "BBB", 3, &count), 0, "and a small one");
    is(unsent(&stream), BIG + 3, "all of it waits");
    is(tcp_stream_set_mark(&stream, 1), ERROR_BUSY,
       "the mark can't be changed now");
    is(want_room(&stream, 2), 0, "room is asked for");
    ok(silence(), "nothing completes while nobody reads");
    size_t got = 0;
    static char piece[PIECE];
    int right = 1, falls = 1, more;
    DWORD waits = BIG + 3;
    while (got < BIG + 3 && (more = recv(peer, piece, PIECE, 0)) > 0) {
        for (int i = 0; i < more; i++, got++)
            right =
                right && (got < BIG ? piece[i] == big[got] : piece[i] == 'B');
        Event event;
        Events events = {.list = &event, .capacity = 1};
        must("polling", poll_wait(&poll, &events, 0));
        DWORD now = unsent(&stream);
        falls = falls && now <= waits;
        waits = now;
    }
    is(got, BIG + 3, "the peer gets all of it");
    ok(right, "in the order of the calls");
    ok(falls, "what waits only gets less");
    for (int i = 0; i < 100 && unsent(&stream) > 0; i++)
        silence();
    is(unsent(&stream), 0, "nothing waits any more");
    close_socket(peer);
    tcp_stream_close(&stream);
}

/* The caller's buffer is its own again when write has returned. */
static void buffers_are_copied(void)
{
    TcpStream stream;
    SOCKET peer = ready(&stream);
    char buffer[1024], got[16 * 1024];
    int size = 0, more;
    sends = most_parts = 0;
    for (size_t i = 0; i < 16; i++) {
        fill(buffer, sizeof buffer, i * sizeof buffer);
        must("writing", write_bytes(&stream, buffer, sizeof buffer));
        memset(buffer, 0, sizeof buffer);
    }
    silence();
    ok(sends <= 3, "sixteen writes, %d sends", sends);
    while (size < (int)sizeof got &&
           (more = recv(peer, got + size, (int)sizeof got - size, 0)) > 0)
        size += more;
    is(first_wrong(got, (size_t)size, 0), sizeof got,
       "the peer reads them all");
    close_socket(peer);
    tcp_stream_close(&stream);
}

static void thousand_small_writes(void)
{
    TcpStream stream;
    SOCKET peer = ready(&stream);
    char got[1000];
    int size = 0, more;
    sends = 0;
    for (size_t i = 0; i < 1000; i++) {
        char byte = (char)content(i);
        must("writing", write_bytes(&stream, &byte, 1));
    }
    silence();
    ok(sends <= 5, "a thousand writes of a byte, %d sends", sends);
    while (size < 1000 && (more = recv(peer, got + size, 1000 - size, 0)) > 0)
        size += more;
    is(first_wrong(got, (size_t)size, 0), 1000, "in order");
    close_socket(peer);
    tcp_stream_close(&stream);
}

/* Every place in the ring where a write may begin and end. */
static void round_the_ring(void)
{
    enum { MARK = 37, TOTAL = 20000 };
    TcpStream stream;
    SOCKET peer = ready(&stream);
    static char got[TOTAL];
    size_t place = 0;
    int size = 0, more = 1;
    must("setting the mark", tcp_stream_set_mark(&stream, MARK));
    most_parts = 0;
    while (place < TOTAL) {
        DWORD count;
        size_t piece = 1 + place % 29;
        Event event;
        Events events = {.list = &event, .capacity = 1};
        if (piece > TOTAL - place)
            piece = TOTAL - place;
        DWORD error = tcp_stream_write(&stream, big + place, piece, &count);
        must("writing", error == WSAEWOULDBLOCK ? 0 : error);
        place += count;
        if (count < piece || place % 3 == 0)
            must("polling", poll_wait(&poll, &events, 0));
    }
    must("ending", tcp_stream_shutdown(&stream));
    must("registering", want_room(&stream, 3));
    must("sending", next_event().error);
    while (size < TOTAL && more > 0)
        size += more = recv(peer, got + size, TOTAL - size, 0);
    is(first_wrong(got, TOTAL, 0), TOTAL, "%d bytes through a ring of %d",
       TOTAL, MARK);
    is((unsigned)most_parts, 2, "some in two parts");
    close_socket(peer);
    tcp_stream_close(&stream);
}

static void shutting_down(void)
{
    TcpStream stream;
    DWORD count;
    SOCKET peer = ready(&stream);
    size_t taken = stuff_all(&stream);
    shutdowns = 0;
    is(tcp_stream_shutdown(&stream), 0, "the end is asked for");
    is((unsigned)shutdowns, 0, "and waits behind what is unsent");
    is(tcp_stream_write(&stream, "x", 1, &count), WSAESHUTDOWN,
       "nothing can be written after it");
    is(tcp_stream_shutdown(&stream), WSAESHUTDOWN, "nor another end");
    is(want_room(&stream, 4), 0, "WRITABLE is asked for");
    ok(silence(), "not while something is unsent");
    must("registering", await(&stream, 9));
    tellings = 0;
    is(drain(peer, 0, taken, FALSE), taken, "the peer reads all");
    char end;
    while (tellings == 0)
        look();
    is((unsigned)recv(peer, &end, 1, 0), 0, "and then the end");
    is((unsigned)shutdowns, 1, "by one call");
    ok(tellings == 1 && told.token == 4 && told.ready == WRITABLE &&
           told.error == 0,
       "WRITABLE told that all was sent");
    say(peer, "and yours");
    is(next_event().bytes, 9, "reading goes on");
    close_socket(peer);
    is(tcp_stream_close(&stream), 0, "and the stream is closed");
}

static void reset_while_full(void)
{
    TcpStream stream;
    DWORD count;
    SOCKET peer = ready(&stream);
    say(peer, "last words");
    must("registering", await(&stream, 1));
    is(next_event().bytes, 10, "bytes come before the reset");
    stuff_all(&stream);
    must("registering", want_room(&stream, 2));
    reset(peer);
    Event event = next_event();
    ok(event.token == 2 && event.error == WSAECONNRESET,
       "a reset ends the send");
    char text[16];
    is(tcp_stream_read(&stream, text, sizeof text, &count), 0,
       "what had arrived can still be read");
    is(count, 10, "all of it");
    is(unsent(&stream), 0, "what was unsent is given up");
    is(tcp_stream_write(&stream, "x", 1, &count), WSAECONNRESET,
       "writing tells why");
    is(tcp_stream_shutdown(&stream), WSAECONNRESET, "and so does shutdown");
    is(want_room(&stream, 3), 0, "WRITABLE");
    is(next_event().error, WSAECONNRESET, "too");
    is(tcp_stream_close(&stream), 0, "and the stream is closed");
}

static void reset_while_ending(void)
{
    TcpStream stream;
    DWORD count;
    SOCKET peer = ready(&stream);
    stuff_all(&stream);
    is(tcp_stream_shutdown(&stream), 0, "the end is asked for");
    must("registering", want_room(&stream, 2));
    shutdowns = 0;
    reset(peer);
    is(next_event().error, WSAECONNRESET, "a reset before it is told");
    is(shutdowns, 0, "and no end is sent behind it");
    is(tcp_stream_write(&stream, "x", 1, &count), WSAECONNRESET,
       "it stays the reason");
    is(tcp_stream_close(&stream), 0, "the stream is closed");
}

static void reset_both_ways(void)
{
    TcpStream stream;
    Interests told = 0;
    SOCKET peer = ready(&stream);
    must("registering", await(&stream, 1));
    stuff_all(&stream);
    must("registering", want_room(&stream, 1));
    reset(peer);
    for (int i = 0; i < 2; i++) {
        Event event = next_event();
        is(event.error, WSAECONNRESET, "a reset is told");
        ok((told & event.ready) == 0, "once to each direction");
        told |= event.ready;
    }
    ok(silence(), "and that was all");
    tcp_stream_close(&stream);
}

static void peer_gone(void)
{
    TcpStream stream;
    DWORD count;
    DWORD error = 0;
    SOCKET peer = ready(&stream);
    close_socket(peer);
    is(tcp_stream_write(&stream, "x", 1, &count), 0,
       "a write to a peer that is gone is taken");
    for (int i = 0; i < 40 && error == 0; i++) {
        silence();
        error = tcp_stream_write(&stream, "x", 1, &count);
    }
    ok(error == WSAECONNRESET || error == 10053, "a later one tells: %lu",
       error);
    tcp_stream_close(&stream);
}

static void closing(void)
{
    TcpStream stream;
    DWORD count;
    char got[8];
    SOCKET peer = ready(&stream);
    is(tcp_stream_write(&stream, "1234", 4, &count), 0, "a small write");
    is(tcp_stream_close(&stream), 0, "and close");
    is((unsigned)recv(peer, got, 8, 0), 4, "the peer gets it");
    is((unsigned)recv(peer, got, 8, 0), 0, "and the end");
    close_socket(peer);

    peer = ready(&stream);
    stuff_all(&stream);
    must("registering", await(&stream, 2));
    must("registering", want_room(&stream, 2));
    is(tcp_stream_close(&stream), 0, "a full stream is closed");
    ok(silence(), "and tells nothing");
    is(poll.loop->selector.lent, 0, "its packets are out");
    close_socket(peer);
}

/* Far more than the system takes is written and given up. */
static void closing_early(void)
{
    static char piece[PIECE];
    TcpStream stream;
    DWORD count;
    size_t got = 0;
    int more;
    SOCKET peer = ready(&stream);
    must("a higher mark", tcp_stream_set_mark(&stream, BIG));
    must("writing", tcp_stream_write(&stream, big, BIG, &count));
    is(tcp_stream_close(&stream), 0, "closed with much unsent");
    while ((more = recv(peer, piece, PIECE, 0)) > 0 &&
           first_wrong(piece, (size_t)more, got) == (size_t)more)
        got += (size_t)more;
    ok(more <= 0, "what the system has taken arrives as it was written");
    ok(got < BIG, "what waited with us does not: %lu bytes",
       (unsigned long)got);
    ok(silence(), "and nothing is told");
    close_socket(peer);
}

/* Each write is taken, in part or whole, or refused; what was taken arrives. */
static void ten_thousand_writes(void)
{
    enum { WRITES = 10000, SIZE = 1000 };
    TcpStream stream;
    DWORD count;
    size_t taken = 0, got = 0;
    int whole = 0, part = 0, none = 0;
    SOCKET peer = ready(&stream);
    tellings = 1; /* there is room */
    for (int i = 0; i < WRITES; i++) {
        DWORD error = tcp_stream_write(&stream, big + taken, SIZE, &count);
        taken += count;
        whole += error == 0 && count == SIZE;
        part += error == 0 && count > 0 && count < SIZE;
        none += error == WSAEWOULDBLOCK && count == 0;
        if (error == WSAEWOULDBLOCK && tellings > 0) {
            tellings = 0;
            must("registering", want_room(&stream, 1));
        }
        if (i < WRITES / 2)
            look(); /* nobody reads yet */
        else if (i % 64 == 0)
            got = drain(peer, got, got + PIECE, FALSE);
    }
    is((unsigned)(whole + part + none), WRITES,
       "ten thousand writes: %d whole, %d in part, %d refused", whole, part,
       none);
    ok(none > 0 && part > 0, "each of which has happened");
    must("ending", tcp_stream_shutdown(&stream));
    is(drain(peer, got, BIG, FALSE), taken, "what was taken arrives, once");
    close_socket(peer);
    tcp_stream_close(&stream);
}

static void starts_that_fail(void)
{
    TcpStream stream;
    DWORD count = 99;
    SOCKET peer = ready(&stream);
    failure = 10055;
    is(tcp_stream_write(&stream, "x", 1, &count), 10055,
       "write tells why a send can't start");
    failure = 0;
    is(count, 0, "and takes nothing");
    is(poll.loop->selector.lent, 0, "nothing is lent");
    ok(silence(), "no packet comes");
    is(tcp_stream_write(&stream, "x", 1, &count), 10055, "it stays so");
    close_socket(peer);
    is(tcp_stream_close(&stream), 0, "and the stream is closed");
}

static void of_nothing(void)
{
    TcpStream stream;
    DWORD count = 99;
    SOCKET peer = ready(&stream);
    sends = 0;
    is(tcp_stream_write(&stream, NULL, 0, &count), 0, "a write of nothing");
    is(count, 0, "takes nothing");
    is((unsigned)sends, 0, "and makes no call");
    ok(silence(), "nor an event");
    is(tcp_stream_register(&stream, &registrator, 1, 0),
       ERROR_INVALID_PARAMETER, "no interest is refused");
    is(tcp_stream_register(&stream, &registrator, 1, (Interests)64),
       ERROR_INVALID_PARAMETER, "an unknown one, too");
    close_socket(peer);
    tcp_stream_close(&stream);
}

static void before_the_port(void)
{
    TcpStream stream;
    DWORD count;
    char got[8];
    SOCKET peer = meet(&stream);
    is(tcp_stream_write(&stream, "early", 5, &count), 0,
       "a write before the first register is taken");
    is(unsent(&stream), 5, "and waits");
    must("registering", await(&stream, 1));
    is((unsigned)recv(peer, got, 8, 0), 5, "register sends it");
    close_socket(peer);
    tcp_stream_close(&stream);
}

typedef struct Side {
    TcpStream stream;
    size_t written, read;
    int wrong, ended;
} Side;

static void advance(Side *side, Interests ready)
{
    char piece[READ_SIZE];
    DWORD count, error = 0;
    if (ready == WRITABLE) {
        while (side->written < BIG / 4 && error == 0) {
            error = tcp_stream_write(&side->stream, big + side->written,
                                     BIG / 4 - side->written, &count);
            side->written += count;
        }
        if (side->written == BIG / 4)
            must("ending", tcp_stream_shutdown(&side->stream));
        else
            must("registering", tcp_stream_register(&side->stream, &registrator,
                                                    (Token)side, WRITABLE));
        return;
    }
    while ((error = tcp_stream_read(&side->stream, piece, sizeof piece,
                                    &count)) == 0 &&
           count > 0) {
        side->wrong += first_wrong(piece, count, side->read) != count;
        side->read += count;
    }
    if (error == WSAEWOULDBLOCK)
        must("registering", await(&side->stream, (Token)side));
    else
        side->ended = 1;
}

/* Two streams, each other's peer. */
static void both_ways(void)
{
    Side sides[2] = {0};
    SOCKET far_end = meet(&sides[0].stream);
    must("a stream", adopt(&sides[1].stream, far_end));
    for (int i = 0; i < 2; i++)
        must("registering",
             tcp_stream_register(&sides[i].stream, &registrator,
                                 (Token)&sides[i], READABLE | WRITABLE));
    while (!sides[0].ended || !sides[1].ended) {
        Event event = next_event();
        advance((Side *)event.token, event.ready);
    }
    for (int i = 0; i < 2; i++) {
        is(sides[i].read, BIG / 4, "side %d reads all, both writing", i);
        is((unsigned)sides[i].wrong, 0, "as it was written");
        tcp_stream_close(&sides[i].stream);
    }
}

static void room_at_once(void)
{
    TcpStream stream;
    SOCKET peer = ready(&stream);
    results = 0;
    is(want_room(&stream, 2), 0, "there is room already");
    Event event = next_event();
    ok(event.token == 2 && event.error == 0, "which is told");
    is((unsigned)results, 0, "no result is asked for: nothing was started");
    close_socket(peer);
    tcp_stream_close(&stream);
}

int main(void)
{
    fill(big, BIG, 0);
    set_up();
    room_at_once();
    a_full_stream();
    one_big_write();
    buffers_are_copied();
    thousand_small_writes();
    round_the_ring();
    shutting_down();
    reset_while_full();
    reset_while_ending();
    reset_both_ways();
    peer_gone();
    closing();
    closing_early();
    ten_thousand_writes();
    starts_that_fail();
    of_nothing();
    before_the_port();
    both_ways();
    tear_down();
    return done_testing();
}
