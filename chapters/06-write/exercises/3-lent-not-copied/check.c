// wrap: WSASend GetQueuedCompletionStatusEx free
// sizes: TcpStream
/* Stands before WSASend: looks where the bytes lie that are sent, has sends done
   in part, and fail. */
#include "sends.h"
#include "talk.h"

enum {
    MUCH = 100000,
    CUT = 1000,
    RESET = 10054,
    LENT_TOKEN = 7,
    ROOM_TOKEN = 8
};

extern const unsigned long long size_of_TcpStream;

static Event list[2]; /* the second one is none of their business */
static Events events = {.list = list, .capacity = 1};
static TcpStream *stream;
static Peer peer;
static char data[MUCH];
static int given_back, rooms; /* events so far */
static Event back, room;      /* the last ones */

static void begin_unregistered(void)
{
    stream = calloc(1, size_of_TcpStream);
    peer_begin(&peer, connect_stream(stream));
    sends = given_back = rooms = 0;
    sends_limit = sends_fail = sends_bytes = 0;
}

static void begin(void)
{
    begin_unregistered();
    DWORD error = tcp_stream_register(stream, &registrator, 1, READABLE);
    require(error == 0, "tcp_stream_register gave error %lu", error);
}

static void look(void)
{
    list[1] = (Event){.token = 99};
    DWORD error = poll_wait(&the_poll, &events, 15);
    require(error == 0, "poll_wait gave error %lu", error);
    if (events.count > 1 || list[1].token != 99)
        need(0, "a packet, an event",
             "a list for one event was handed in, and more was written");
    if (events.count == 0)
        return;
    if (list[0].ready == SENT) {
        given_back++;
        back = list[0];
    } else if (list[0].ready == WRITABLE) {
        rooms++;
        room = list[0];
    }
}

static DWORD unsent(void)
{
    DWORD bytes = 0;
    tcp_stream_unsent(stream, &bytes);
    return bytes;
}

static void settle(void)
{
    unsigned long start = milliseconds();
    do
        look();
    while (sends_in_flight() > 0 && milliseconds() - start < 1000);
    look();
}

static void end(void)
{
    tcp_stream_close(stream);
    settle();
    wait_until(peer.ended, 500);
    close_socket(peer.socket);
}

static DWORD lend(DWORD size)
{
    return tcp_stream_lend(stream, LENT_TOKEN, data, size);
}

static void lend_well(DWORD size)
{
    DWORD error = lend(size);
    need(error == 0, "bytes can be lent",
         "tcp_stream_lend gave error %lu, with %lu bytes unsent", error,
         unsent());
}

static void put(const char *text)
{
    DWORD count;
    DWORD error = tcp_stream_write(stream, text, strlen(text), &count);
    require(error == 0 && count == strlen(text),
            "tcp_stream_write took %lu bytes and gave error %lu", count, error);
}

static void was_given_back(DWORD bytes, DWORD error, const char *when)
{
    need(given_back > 0, "it is given back",
         "%s, and no event of SENT came: when may the caller use the memory "
         "again?",
         when);
    need(
        back.token == LENT_TOKEN && back.bytes == bytes && back.error == error,
        "by an event that says how",
        "%s; the event has token %lu, %lu bytes and error %lu, and was to have "
        "token %d, %lu bytes and error %lu",
        when, (unsigned long)back.token, back.bytes, back.error, LENT_TOKEN,
        bytes, error);
    look();
    need(given_back == 1, "once", "%s; it was given back %d times", when,
         given_back);
}

static void whole(void)
{
    stage("%d bytes that are lent", MUCH);
    begin();
    lend_well(MUCH);
    need(sends == 1, "they are sent at once",
         "bytes were lent, nothing is in flight, and %d sends were started",
         sends);
    need(sends_last == data, "from where they lie",
         "what is being sent are not the bytes that were lent, but others, at "
         "another place: who copied them?");
    expect(unsent() == MUCH, "they count as unsent",
           "%d bytes are lent, and tcp_stream_unsent says %lu", MUCH, unsent());
    settle();
    was_given_back(MUCH, 0, "100000 bytes were lent, and all sent");
    need(unsent() == 0, "nothing is unsent",
         "all is sent, and tcp_stream_unsent says %lu", unsent());
    peer_expects(&peer, MUCH);
    need(peer.size == MUCH && memcmp(peer.bytes, data, MUCH) == 0,
         "and they arrive",
         "%d bytes were lent, and %lu arrived, not all right", MUCH, peer.size);
    given_back = 0;
    lend_well(5);
    settle();
    was_given_back(5, 0, "the next 5 bytes were lent, and sent");
    end();
}

static void in_order(void)
{
    stage("one after the other");
    begin();
    put("written");
    DWORD error = lend(4);
    need(error == WSAEWOULDBLOCK, "not while written bytes wait",
         "7 bytes were written and are being sent; lending gave %lu, not "
         "WSAEWOULDBLOCK",
         error);
    settle();
    need(given_back == 0, "a refusal has no event",
         "lending was refused, and an event of SENT came all the same");
    lend_well(4);
    error = lend(4);
    need(error == WSAEWOULDBLOCK, "nor while others are lent",
         "4 bytes are lent; lending 4 more gave %lu, not WSAEWOULDBLOCK",
         error);
    put("then");
    settle();
    was_given_back(4, 0, "4 bytes were lent, and sent");
    peer_expects(&peer, 15);
    need(peer.size == 15 && memcmp(peer.bytes, "written", 7) == 0 &&
             memcmp(peer.bytes + 7, data, 4) == 0 &&
             memcmp(peer.bytes + 11, "then", 4) == 0,
         "the order is that of the calls",
         "\"written\", 4 bytes that were lent and \"then\" were to arrive; "
         "there came %lu bytes, \"%.20s\"",
         peer.size, peer.bytes);
    end();
}

static void in_part(void)
{
    stage("sends of which only a part is done");
    begin();
    sends_limit = CUT;
    lend_well(3 * CUT);
    put("behind");
    look();
    need(given_back == 0, "a part is not all",
         "3000 bytes were lent and 1000 of them sent, and the event of SENT "
         "came: what is the rest sent from, if the caller changes it now?");
    settle();
    was_given_back(3 * CUT, 0, "3000 bytes were lent, and sent in three sends");
    peer_expects(&peer, 3 * CUT + 6);
    need(peer.size == 3 * CUT + 6 && memcmp(peer.bytes, data, 3 * CUT) == 0,
         "the rest goes before what was written",
         "3000 bytes were lent, sent in parts of 1000, and 6 bytes written "
         "behind them; the peer got %lu bytes, not in this order",
         peer.size);
    end();

    stage("a send that fails after a part");
    begin();
    sends_limit = CUT;
    lend_well(2 * CUT);
    sends_fail = RESET;
    settle();
    was_given_back(CUT, RESET,
                   "2000 bytes were lent, 1000 sent, and the next send could "
                   "not be started (10054)");
    end();
}

static void with_room(void)
{
    stage("WRITABLE while bytes are lent");
    begin();
    lend_well(10);
    DWORD error =
        tcp_stream_register(stream, &registrator, ROOM_TOKEN, WRITABLE);
    require(error == 0, "registering for WRITABLE gave %lu", error);
    settle();
    was_given_back(10, 0, "10 bytes were lent, WRITABLE asked for, all sent");
    need(rooms == 1, "WRITABLE comes, too",
         "bytes are lent and WRITABLE was asked for; when the packet came, "
         "SENT's event did, and WRITABLE's didn't: one packet, one event. What "
         "brings the other?");
    need(room.token == ROOM_TOKEN && room.error == 0, "with its token",
         "WRITABLE came with token %lu and error %lu",
         (unsigned long)room.token, room.error);
    end();

    stage("bytes lent while WRITABLE is on its way");
    begin();
    error = tcp_stream_register(stream, &registrator, ROOM_TOKEN, WRITABLE);
    require(error == 0, "registering for WRITABLE gave %lu", error);
    lend_well(10);
    settle();
    was_given_back(10, 0,
                   "WRITABLE was asked for, then 10 bytes lent, all sent");
    expect(rooms == 1, "WRITABLE comes",
           "WRITABLE was asked for, then bytes were lent; WRITABLE came %d "
           "times",
           rooms);
    end();
}

static void ending(void)
{
    stage("the end behind what is lent");
    begin();
    sends_limit = CUT;
    lend_well(2 * CUT);
    DWORD error = tcp_stream_shutdown(stream);
    require(error == 0, "tcp_stream_shutdown gave %lu", error);
    error = lend(5);
    expect(error == WSAESHUTDOWN, "nothing can be lent behind it",
           "after tcp_stream_shutdown lending gave %lu", error);
    settle();
    wait_until(peer.ended, 300);
    need(peer.ended && peer.size == 2 * CUT, "comes when all is sent",
         "2000 bytes were lent, then the end; the peer got %lu bytes%s",
         peer.size, peer.ended ? " and the end" : " and no end");
    end();
}

static void closing(void)
{
    stage("closing while bytes are lent");
    begin();
    lend_well(10);
    require(tcp_stream_close(stream) == 0, "closing failed");
    settle();
    need(
        given_back == 1, "they are given back",
        "bytes were lent and the stream closed; its packet came, and %d events "
        "of SENT: when may the caller use the memory again?",
        given_back);
    need(back.token == LENT_TOKEN && back.error == ERROR_OPERATION_ABORTED,
         "with 995",
         "a closed stream gave back with token %lu and error %lu, not with %d "
         "and 995",
         (unsigned long)back.token, back.error, LENT_TOKEN);
    int left = the_poll.loop->selector.lent;
    need(left == 0, "nothing stays in flight",
         "the stream is closed and given back, and %d operations count as in "
         "flight: poll_destroy will wait for them",
         left);
    wait_until(peer.ended, 500);
    close_socket(peer.socket);

    stage("closing without anything lent");
    begin();
    put("written");
    require(tcp_stream_close(stream) == 0, "closing failed");
    settle();
    expect(
        given_back == 0, "gives nothing back",
        "nothing was lent, the stream was closed, and an event of SENT came");
    wait_until(peer.ended, 500);
    close_socket(peer.socket);
}

static void errors(void)
{
    TcpStream *closed = calloc(1, size_of_TcpStream);
    stage("errors");
    require(closed != NULL, "no memory");
    DWORD error = tcp_stream_lend(closed, LENT_TOKEN, data, 5);
    expect(error == WSAENOTSOCK, "a closed stream",
           "lending to a closed stream gave %lu", error);
    begin_unregistered();
    error = lend(5);
    expect(error == WSAENOTCONN, "before the first registration",
           "lending to a stream that was never registered gave %lu: which port "
           "would its packet come to?",
           error);
    end();
    begin();
    error = lend(0);
    expect(error == ERROR_INVALID_PARAMETER, "no bytes",
           "lending 0 bytes gave %lu", error);
    sends_fail = RESET;
    error = lend(5);
    expect(error == RESET, "a send that can't be started",
           "the send failed with 10054, and lending gave %lu", error);
    sends_fail = 0;
    settle();
    expect(given_back == 0, "gives nothing back",
           "lending gave an error, and an event of SENT came: the caller has "
           "the memory back already");
    error = lend(5);
    expect(error == RESET, "and later ones neither",
           "sending had failed with 10054, and lending gave %lu", error);
    end();
}

void examine(const Checker *table)
{
    BEGIN(table);
    for (int i = 0; i < MUCH; i++)
        data[i] = (char)('a' + (i + i / 26) % 26);
    open_listener();
    open_poll();
    whole();
    in_order();
    in_part();
    with_room();
    ending();
    closing();
    errors();
}
