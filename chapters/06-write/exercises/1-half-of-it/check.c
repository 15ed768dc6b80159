// wrap: WSASend GetQueuedCompletionStatusEx free
// sizes: TcpStream
/* Stands before WSASend: counts the sends, has some done in part, and looks
   whether what is lent stays as it is. */
#include "sends.h"
#include "talk.h"

enum { CAPACITY = 8, MARK = 65536, LONG = 300000, PIECE = 7000, CUT = 1000 };

extern const unsigned long long size_of_TcpStream;

static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};
static TcpStream *stream;
static Peer peer;

static void begin(void)
{
    stream = calloc(1, size_of_TcpStream);
    peer_begin(&peer, connect_stream(stream));
    DWORD error = tcp_stream_register(stream, &registrator, 1, WRITABLE);
    require(error == 0, "tcp_stream_register gave error %lu", error);
    poll_wait(&the_poll, &events, 500);
    require(events.count == 1, "there was no event of WRITABLE");
    sends = 0;
}

static void end(void)
{
    tcp_stream_close(stream);
    wait_until(peer.ended, 500);
    close_socket(peer.socket);
}

static void look(void)
{
    DWORD error = poll_wait(&the_poll, &events, 10);
    require(error == 0, "poll_wait gave error %lu", error);
}

static DWORD unsent(void)
{
    DWORD bytes = 0;
    DWORD error = tcp_stream_unsent(stream, &bytes);
    require(error == 0, "tcp_stream_unsent gave error %lu", error);
    return bytes;
}

/* Until all is sent, and its packets are out. */
static void settle(void)
{
    unsigned long start = milliseconds();
    while ((unsent() > 0 || sends_in_flight() > 0) &&
           milliseconds() - start < 1000)
        look();
    need(unsent() == 0, "what waits is sent in the end",
         "nothing more is in flight and %lu bytes still wait: who starts the "
         "next send?",
         unsent());
}

static DWORD write_some(const char *data, size_t size)
{
    DWORD count;
    DWORD error = tcp_stream_write(stream, data, size, &count);
    require(error == 0 || error == WSAEWOULDBLOCK,
            "tcp_stream_write gave error %lu", error);
    return count;
}

static char letter(DWORD position)
{
    return (char)('a' + (position + position / 26) % 26);
}

/* The first byte that is not as it was written; size if all are. */
static DWORD first_wrong(DWORD size)
{
    for (DWORD i = 0; i < size; i++)
        if (peer.bytes[i] != letter(i))
            return i;
    return size;
}

static void two_pieces(void)
{
    stage("two pieces, one after the other");
    begin();
    DWORD first = write_some("head ", 5);
    DWORD second = write_some("body", 4);
    need(first == 5 && second == 4, "both are taken",
         "\"head \" and \"body\" were written, and %lu and %lu bytes of them "
         "taken, with the mark at %d: is a send in flight a reason to take "
         "nothing?",
         first, second, MARK);
    settle();
    peer_expects(&peer, 9);
    need(peer.size == 9 && memcmp(peer.bytes, "head body", 9) == 0,
         "both arrive",
         "\"head \" and \"body\" were written and nothing is unsent, but the "
         "peer got \"%.20s\": %s",
         peer.bytes,
         peer.size < 9 ? "the first send was of one of them; when its packet "
                         "came, what became of the other?"
                       : "which bytes were sent twice?");
    end();
}

/* Writes LONG bytes as fast as the stream takes them. */
static void write_long(DWORD *most)
{
    static char data[LONG];
    DWORD written = 0;
    unsigned long start = milliseconds();
    for (DWORD i = 0; i < LONG; i++)
        data[i] = letter(i);
    while (written < LONG && milliseconds() - start < 2000) {
        DWORD size = LONG - written < PIECE ? LONG - written : PIECE;
        DWORD count = write_some(data + written, size);
        written += count;
        if (unsent() > *most)
            *most = unsent();
        if (count < size)
            look();
    }
    need(written == LONG, "it goes on being written",
         "%lu of %d bytes were taken in two seconds, the peer has %lu, and "
         "%lu are unsent: who makes room?",
         written, LONG, peer.size, unsent());
}

static void in_order(const char *how)
{
    settle();
    peer_expects(&peer, LONG);
    need(first_wrong(LONG) == LONG, "each byte arrives once, in order",
         "%d bytes were written%s; the peer got %lu, and they are wrong from "
         "byte %lu on. How many bytes does a packet say are done, and how many "
         "were dropped?",
         LONG, how, peer.size, first_wrong(LONG));
    need(peer.size == LONG, "and none is sent twice",
         "%d bytes were written%s, and the peer got %lu", LONG, how, peer.size);
}

static void much(void)
{
    DWORD most = 0;
    stage("%d bytes, as fast as they are taken", LONG);
    begin();
    write_long(&most);
    in_order("");
    need(most <= MARK, "no more waits than the mark",
         "%lu bytes were unsent at one time, and the mark is %d", most, MARK);
    end();
}

static void in_part(void)
{
    DWORD most = 0;
    stage("sends of which only a part is done");
    begin();
    sends_limit = CUT;
    write_long(&most);
    in_order(", and no send was done for more than 1000 of its bytes");
    sends_limit = 0;
    end();
}

static void many(void)
{
    stage("a thousand writes of one byte");
    begin();
    for (DWORD i = 0; i < 1000; i++) {
        char byte = letter(i);
        DWORD count = write_some(&byte, 1);
        if (count != 1)
            need(0, "each is taken",
                 "write number %lu of a byte was refused with %lu bytes unsent",
                 i + 1, unsent());
    }
    settle();
    peer_expects(&peer, 1000);
    need(peer.size == 1000 && first_wrong(1000) == 1000, "they arrive",
         "1000 bytes were written, and the peer got %lu, wrong from byte %lu "
         "on",
         peer.size, first_wrong(1000));
    expect(sends <= 4, "with few sends",
           "1000 writes of a byte between two looks at the port took %d sends: "
           "the first was in flight all the time; what could wait?",
           sends);
    end();
}

static void shut_down(void)
{
    stage("shutdown with bytes behind a send in flight");
    begin();
    write_some("one", 3);
    write_some("two", 3);
    DWORD error = tcp_stream_shutdown(stream);
    require(error == 0, "tcp_stream_shutdown gave error %lu", error);
    unsigned long start = milliseconds();
    while (!peer.ended && milliseconds() - start < 500)
        look();
    need(peer.ended && peer.size == 6 && memcmp(peer.bytes, "onetwo", 6) == 0,
         "all arrives, then the end",
         "\"one\" and \"two\" were written, then the end; the peer got "
         "\"%.10s\"%s",
         peer.bytes, peer.ended ? " and the end" : " and no end");
    end();
}

void examine(const Checker *table)
{
    BEGIN(table);
    open_listener();
    open_poll();
    two_pieces();
    much();
    in_part();
    many();
    shut_down();
}
