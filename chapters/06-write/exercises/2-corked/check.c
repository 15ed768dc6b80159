// wrap: WSASend GetQueuedCompletionStatusEx free
// sizes: TcpStream
/* Counts the sends, and looks at what the peer has got. */
#include "sends.h"
#include "talk.h"

enum { CAPACITY = 8, MARK = 1000, HALF = MARK / 2, RESET = 10054 };

extern const unsigned long long size_of_TcpStream;

static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};
static char zeros[MARK];

typedef struct Talk {
    TcpStream *stream;
    Peer peer;
} Talk;

static void look(void)
{
    DWORD error = poll_wait(&the_poll, &events, 15);
    require(error == 0, "poll_wait gave error %lu", error);
}

static void look_until_quiet(void)
{
    unsigned long start = milliseconds();
    do
        look();
    while (sends_in_flight() > 0 && milliseconds() - start < 1000);
}

static DWORD ask_for(Talk *talk, Interests interests)
{
    return tcp_stream_register(talk->stream, &registrator, 1, interests);
}

static void begin_unregistered(Talk *talk)
{
    talk->stream = calloc(1, size_of_TcpStream);
    peer_begin(&talk->peer, connect_stream(talk->stream));
    sends = 0;
}

static void begin(Talk *talk)
{
    begin_unregistered(talk);
    require(tcp_stream_set_mark(talk->stream, MARK) == 0,
            "the mark could not be set");
    require(ask_for(talk, WRITABLE) == 0, "registering failed");
    look();
    require(events.count == 1, "there was no event of WRITABLE");
    require(sends == 0, "nothing was written, and there were %d sends", sends);
}

static void end(Talk *talk)
{
    tcp_stream_close(talk->stream);
    wait_until(talk->peer.ended, 500);
    close_socket(talk->peer.socket);
}

static void cork(Talk *talk)
{
    DWORD error = tcp_stream_cork(talk->stream);
    need(error == 0, "corking succeeds", "tcp_stream_cork gave error %lu",
         error);
}

static void uncork(Talk *talk)
{
    DWORD error = tcp_stream_uncork(talk->stream);
    need(error == 0, "uncorking succeeds", "tcp_stream_uncork gave error %lu",
         error);
}

static void put_bytes(Talk *talk, const char *data, DWORD size)
{
    DWORD count;
    DWORD error = tcp_stream_write(talk->stream, data, size, &count);
    need(error == 0 && count == size, "a write is taken",
         "%lu bytes were written, with a mark of %d; taken were %lu, with "
         "error %lu",
         size, MARK, count, error);
}

static void put(Talk *talk, const char *text)
{
    put_bytes(talk, text, (DWORD)strlen(text));
}

static BOOL got(Talk *talk, const char *text)
{
    DWORD size = (DWORD)strlen(text);
    look_until_quiet();
    peer_expects(&talk->peer, size);
    return talk->peer.size == size && memcmp(talk->peer.bytes, text, size) == 0;
}

static void three_pieces(void)
{
    Talk talk;
    stage("three pieces behind a cork");
    begin(&talk);
    cork(&talk);
    put(&talk, "200 OK\n");
    need(sends == 0, "the first piece waits",
         "a piece was written behind the cork, and %d sends were started: what "
         "does a write do when nothing is in flight?",
         sends);
    put(&talk, "hello\n");
    put(&talk, ".\n");
    look();
    need(sends == 0, "all of them wait",
         "three pieces were written behind the cork, and %d sends were started",
         sends);
    uncork(&talk);
    need(sends == 1, "uncorking sends them",
         "three pieces wait and the cork is out; %d sends were started when "
         "tcp_stream_uncork returned: if nothing more is written, when do they "
         "leave?",
         sends);
    need(got(&talk, "200 OK\nhello\n.\n") && sends == 1, "with one send",
         "three pieces took %d sends, and the peer got \"%.30s\"", sends,
         talk.peer.bytes);
    put(&talk, "more");
    need(sends == 2, "uncorked, a write is sent at once",
         "after tcp_stream_uncork a piece was written and not sent");
    end(&talk);
}

static void behind_a_send(void)
{
    Talk talk;
    stage("a cork behind a send in flight");
    begin(&talk);
    put(&talk, "first ");
    cork(&talk);
    put(&talk, "second ");
    look_until_quiet();
    need(sends == 1, "what is behind the cork stays",
         "one piece was in flight, the stream was corked, another was written; "
         "when the first one's packet came, the second was sent: who starts a "
         "send besides tcp_stream_write?");
    put(&talk, "third");
    uncork(&talk);
    need(got(&talk, "first second third") && sends == 2, "until it is out",
         "after uncorking there were %d sends, and the peer got \"%.30s\"",
         sends, talk.peer.bytes);
    end(&talk);
}

static void half(void)
{
    Talk talk;
    stage("more than half the mark behind a cork");
    begin(&talk);
    cork(&talk);
    put_bytes(&talk, zeros, HALF);
    need(sends == 0, "half the mark is held back",
         "with a mark of %d, %d bytes were sent that are behind the cork", MARK,
         HALF);
    put_bytes(&talk, zeros, 1);
    need(sends == 1 && sends_bytes >= HALF, "a byte more is sent",
         "with a mark of %d, %d bytes wait behind the cork, and %d sends were "
         "started: whoever asks for WRITABLE now, when does it come?",
         MARK, HALF + 1, sends);
    put_bytes(&talk, zeros, HALF / 2);
    look_until_quiet();
    need(sends == 1, "the rest is held back again",
         "more than half the mark was sent from behind the cork; after that %d "
         "bytes were left, and sent as well: who has taken the cork out?",
         HALF / 2);

    stage("WRITABLE of a corked stream");
    require(ask_for(&talk, WRITABLE) == 0, "registering failed");
    look();
    need(events.count == 1 && list[0].ready == WRITABLE,
         "comes when half the mark is free",
         "%d bytes wait behind the cork, under a mark of %d, and WRITABLE "
         "doesn't come",
         HALF / 2, MARK);
    need(sends == 1, "and sends nothing",
         "WRITABLE was asked for, and what is behind the cork was sent");
    put_bytes(&talk, zeros, MARK - HALF / 2);
    require(ask_for(&talk, WRITABLE) == 0, "registering failed");
    look_until_quiet();
    peer_expects(&talk.peer, HALF + 1 + MARK);
    need(talk.peer.size == HALF + 1 + MARK, "a full stream is sent",
         "the stream is full and corked; of %d bytes the peer has %lu",
         HALF + 1 + MARK, talk.peer.size);
    end(&talk);
}

static void ending(void)
{
    Talk talk;
    stage("the end behind a cork");
    begin(&talk);
    cork(&talk);
    put(&talk, "last words");
    DWORD error = tcp_stream_shutdown(talk.stream);
    require(error == 0, "tcp_stream_shutdown gave error %lu", error);
    got(&talk, "last words");
    look_until_quiet();
    wait_until(talk.peer.ended, 300);
    need(talk.peer.size == 10, "what waits is sent before the end",
         "\"last words\" were behind the cork when tcp_stream_shutdown was "
         "called; the peer got %lu bytes of them%s",
         talk.peer.size, talk.peer.ended ? " and the end" : " and no end");
    need(talk.peer.ended, "and then the end",
         "the peer got all that was behind the cork, but not the end");
    end(&talk);
}

static void unregistered(void)
{
    Talk talk;
    stage("a cork before the first registration");
    begin_unregistered(&talk);
    cork(&talk);
    put(&talk, "early");
    require(ask_for(&talk, READABLE) == 0, "registering failed");
    look();
    need(sends == 0, "stays in when the stream is registered",
         "a stream was corked, written to and then registered, and that sent "
         "what is behind the cork");
    uncork(&talk);
    need(got(&talk, "early"), "and comes out",
         "after uncorking the peer got \"%.10s\"", talk.peer.bytes);
    end(&talk);

    begin_unregistered(&talk);
    cork(&talk);
    put(&talk, "early");
    uncork(&talk);
    require(ask_for(&talk, READABLE) == 0, "registering failed");
    need(got(&talk, "early"), "or before",
         "a stream was corked, written to, uncorked and then registered; the "
         "peer got \"%.10s\"",
         talk.peer.bytes);
    end(&talk);
}

static void each_its_own(void)
{
    Talk corked, other;
    stage("two streams, one of them corked");
    begin(&corked);
    begin(&other);
    cork(&corked);
    put(&other, "free");
    need(got(&other, "free"), "the other one is sent",
         "a stream was corked, and another one sends nothing any more: whose "
         "is the cork?");
    put(&corked, "held");
    look_until_quiet();
    uncork(&other);
    need(corked.peer.size == 0, "and takes no other cork out",
         "one stream was corked, another was uncorked, and what was behind the "
         "first one's cork was sent");
    end(&other);

    stage("corked twice, uncorked once");
    sends = 0;
    cork(&corked);
    need(sends == 0, "corking again lets nothing through",
         "4 bytes waited behind a cork, the stream was corked again, and they "
         "were sent");
    uncork(&corked);
    need(got(&corked, "held"), "is uncorked",
         "a stream was corked twice and uncorked once; what waits was not "
         "sent");
    sends = 0;
    uncork(&corked);
    look();
    need(sends == 0, "uncorking again sends nothing",
         "nothing waits, the stream was uncorked, and %d sends were started",
         sends);
    end(&corked);
}

static void errors(void)
{
    Talk talk;
    TcpStream *closed = calloc(1, size_of_TcpStream);
    DWORD count;
    stage("errors");
    require(closed != NULL, "no memory");
    need(tcp_stream_cork(closed) == WSAENOTSOCK &&
             tcp_stream_uncork(closed) == WSAENOTSOCK,
         "a closed stream", "a closed stream gave %lu and %lu, not WSAENOTSOCK",
         tcp_stream_cork(closed), tcp_stream_uncork(closed));
    begin(&talk);
    cork(&talk);
    put(&talk, "doomed");
    sends_fail = RESET;
    DWORD error = tcp_stream_uncork(talk.stream);
    require(sends_fail == 0, "tcp_stream_uncork started no send");
    need(error == RESET, "a send that can't be started",
         "tcp_stream_uncork started a send, which failed with %d, and returned "
         "%lu",
         RESET, error);
    DWORD again = tcp_stream_cork(talk.stream);
    need(again == RESET && tcp_stream_uncork(talk.stream) == RESET,
         "sending that has failed",
         "sending has failed with %d; tcp_stream_cork gave %lu and "
         "tcp_stream_uncork %lu",
         RESET, again, tcp_stream_uncork(talk.stream));
    error = tcp_stream_write(talk.stream, "x", 1, &count);
    expect(error == RESET, "a write says so, too",
           "sending has failed with %d, and a write gave %lu", RESET, error);
    end(&talk);
}

void examine(const Checker *table)
{
    BEGIN(table);
    open_listener();
    open_poll();
    three_pieces();
    behind_a_send();
    half();
    ending();
    unregistered();
    each_its_own();
    errors();
}
