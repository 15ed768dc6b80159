// wrap: WSARecv
/* Fills inboxes of all sizes, and knows which reads are in flight. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "inbox.h"
#include "talk.h"

enum {
    SIZE = 5000,
    ROOM = 8192,
    GUARD = 16,
    TOKEN = 4,
    PATIENCE = 1000,
    CALL_MS = 20
};

WRAPPED(WSARecv);

typedef struct Talk {
    TcpStream stream;
    SOCKET peer;
    Token token;
    Inbox inbox;
    char room[ROOM];
    char all[ROOM]; /* what has been taken out of the inbox, */
    DWORD total;    /* so many bytes */
} Talk;

static char data[SIZE];
static Event list[1];
static Events events = {.list = list, .capacity = 1};
static int reads; /* started so far */

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    reads++;
    return __real_WSARecv(s, buffers, count, received, flags, overlapped,
                          routine);
}

static Talk *begin_talk(DWORD capacity)
{
    static Talk talks[12];
    static int next;
    Talk *talk = &talks[next++];
    talk->token = (Token)(TOKEN + next);
    talk->peer = connect_stream(&talk->stream);
    memset(talk->room, 0x5A, ROOM);
    talk->inbox = (Inbox){.data = talk->room, .capacity = capacity};
    return talk;
}

static void end_talk(Talk *talk)
{
    tcp_stream_close(&talk->stream);
    if (talk->peer != INVALID_SOCKET)
        close_socket(talk->peer);
}

static int in_flight(const Talk *talk)
{
    return talk->stream.operation->state == OPERATION_IN_FLIGHT;
}

static DWORD fill(Talk *talk)
{
    DWORD before = talk->inbox.size;
    DWORD error =
        tcp_stream_fill(&talk->stream, &registrator, talk->token, &talk->inbox);
    require(talk->inbox.size <= talk->inbox.capacity &&
                talk->room[talk->inbox.capacity] == 0x5A,
            "the inbox has room for %lu bytes, and got %lu",
            talk->inbox.capacity, talk->inbox.size);
    require(talk->inbox.size >= before, "bytes have gone from the inbox");
    require(talk->total + talk->inbox.size <= SIZE,
            "more bytes came out than were sent");
    return error;
}

static void empty(Talk *talk)
{
    memcpy(talk->all + talk->total, talk->room, talk->inbox.size);
    talk->total += talk->inbox.size;
    talk->inbox.size = 0;
}

static void wait_for_event(const Talk *talk)
{
    unsigned long start = milliseconds();
    do /* the packets of closed streams make empty batches */
        require(poll_wait(&the_poll, &events, PATIENCE) == 0,
                "poll_wait failed");
    while (events.count == 0 && milliseconds() - start < PATIENCE);
    require(
        events.count == 1,
        "tcp_stream_fill said 10035 after %lu bytes, so an event was to come, "
        "and none came: is a read in flight?",
        talk->total);
    require(list[0].token == talk->token,
            "tcp_stream_fill was called with token %lu, and the event has "
            "token %lu: how is the caller to know which stream it is for?",
            (unsigned long)talk->token, (unsigned long)list[0].token);
}

/* As main.c does it: until fill says something that ends it. */
static DWORD receive(Talk *talk)
{
    for (int round = 0; round < 2 * SIZE; round++) {
        int begun = reads;
        DWORD error = fill(talk);
        DWORD came = talk->inbox.size;
        int full = came == talk->inbox.capacity;
        empty(talk);
        if (error == WSAEWOULDBLOCK) {
            require(in_flight(talk),
                    "tcp_stream_fill said 10035, an event will come, after "
                    "%lu bytes; but no read is in flight: who has started one?",
                    talk->total);
            wait_for_event(talk);
        } else if (error == ERROR_MORE_DATA) {
            require(
                full,
                "tcp_stream_fill gave 234 after %lu bytes, but the inbox "
                "has room for %lu and got only %lu: one event may stand for "
                "more bytes than one tcp_stream_read takes",
                talk->total, talk->inbox.capacity, came);
        } else {
            require(reads == begun,
                    "tcp_stream_fill gave %lu after %lu bytes, and started a "
                    "read all the same: what is that one to bring?",
                    error, talk->total);
            return error;
        }
    }
    return 1;
}

static void whole(DWORD capacity)
{
    stage("%d bytes and the end, through an inbox of %lu", SIZE, capacity);
    Talk *talk = begin_talk(capacity);
    require(send_all(talk->peer, data, SIZE) == 0, "sending failed");
    close_socket(talk->peer);
    talk->peer = INVALID_SOCKET;
    DWORD error = receive(talk);
    need(error == 0, "the stream ends with 0",
         "%d bytes and the end were sent; through an inbox of %lu came %lu "
         "bytes, then error %lu%s",
         SIZE, capacity, talk->total, error,
         error == ERROR_INVALID_PARAMETER
             ? ": what does tcp_stream_read say when there is no room left?"
             : "");
    need(talk->total == SIZE && memcmp(talk->all, data, SIZE) == 0,
         "with all bytes, in order",
         "%d bytes were sent; through an inbox of %lu came %lu, then the end",
         SIZE, capacity, talk->total);
    error = fill(talk);
    for (int i = 0; i < 3 && error == WSAEWOULDBLOCK; i++) {
        wait_for_event(talk);
        error = fill(talk);
    }
    expect(error == 0 && talk->inbox.size == 0, "the end stays the end",
           "asked again at the end it gave %lu, and %lu bytes", error,
           talk->inbox.size);
    end_talk(talk);
}

static void in_pieces(void)
{
    stage("a peer that sends a little at a time");
    Talk *talk = begin_talk(1000);
    DWORD error = fill(talk);
    need(error == WSAEWOULDBLOCK && in_flight(talk),
         "the first call starts a read",
         "the first tcp_stream_fill of a stream gave %lu, not 10035", error);
    int begun = reads;
    error = fill(talk);
    expect(
        error == WSAEWOULDBLOCK && reads == begun, "one more call does no harm",
        "tcp_stream_fill was called while a read was in flight: it gave %lu, "
        "not 10035%s",
        error,
        error == WSAEALREADY ? ". A read that is in flight already is what "
                               "was wanted"
                             : "");
    unsigned long shortest = PATIENCE;
    for (int i = 0; i < 5; i++) {
        unsigned long start = milliseconds();
        fill(talk);
        unsigned long took = milliseconds() - start;
        if (took < shortest)
            shortest = took;
    }
    expect(shortest < CALL_MS, "it doesn't wait",
           "tcp_stream_fill was called five times while nothing had come, and "
           "the shortest call took %lu ms: who is to wait for the event?",
           shortest);
    for (DWORD sent = 0; sent < 300; sent += 100) {
        send_all(talk->peer, data + sent, 100);
        wait_for_event(talk);
        error = fill(talk);
        expect(
            error == WSAEWOULDBLOCK && talk->inbox.size == sent + 100,
            "what comes is added",
            "after %lu bytes the inbox has %lu, and tcp_stream_fill gave %lu",
            sent + 100, talk->inbox.size, error);
    }
    expect(memcmp(talk->room, data, 300) == 0, "behind what is there",
           "the inbox holds other bytes than were sent");
    end_talk(talk);
}

static void full(void)
{
    stage("an inbox that stays full");
    Talk *talk = begin_talk(100);
    require(fill(talk) == WSAEWOULDBLOCK, "no read was started");
    send_all(talk->peer, data, 250);
    wait_for_event(talk);
    int begun = reads;
    for (int i = 0; i < 2; i++) {
        DWORD error = fill(talk);
        need(error == ERROR_MORE_DATA && talk->inbox.size == 100,
             "a full inbox gives 234",
             "250 bytes came for an inbox of 100, and call %d of "
             "tcp_stream_fill gave %lu, with %lu bytes in it",
             i + 1, error, talk->inbox.size);
        expect(reads == begun, "and no read is started",
               "150 bytes wait in the stream, and another read was started: "
               "into which buffer?");
    }
    empty(talk);
    fill(talk);
    empty(talk);
    DWORD error = fill(talk);
    expect(error == WSAEWOULDBLOCK && in_flight(talk) &&
               talk->inbox.size == 50 &&
               memcmp(talk->all, data, talk->total) == 0,
           "emptied twice, it takes the rest",
           "the last 50 of 250 bytes were due; the inbox got %lu, and "
           "tcp_stream_fill gave %lu",
           talk->inbox.size, error);
    talk->inbox.size = talk->inbox.capacity;
    error = fill(talk);
    expect(error == ERROR_MORE_DATA, "full, while a read is in flight",
           "the inbox is full and a read is in flight: tcp_stream_fill gave "
           "%lu, not 234",
           error);
    end_talk(talk);
}

static void two_streams(void)
{
    stage("two streams in turns");
    Talk *one = begin_talk(100), *other = begin_talk(100);
    require(fill(one) == WSAEWOULDBLOCK, "no read was started");
    send_all(one->peer, data, 150);
    wait_for_event(one);
    require(fill(other) == WSAEWOULDBLOCK, "no read was started");
    send_all(other->peer, data + 1000, 50);
    wait_for_event(other);
    fill(one);
    DWORD error = fill(other);
    expect(error == WSAEWOULDBLOCK && other->inbox.size == 50 &&
               memcmp(other->room, data + 1000, 50) == 0,
           "each has its own bytes",
           "150 bytes came on one stream, whose inbox of 100 was filled, and "
           "50 others on a second: its inbox got %lu bytes, %s, and "
           "tcp_stream_fill gave %lu",
           other->inbox.size,
           memcmp(other->room, data + 1000, other->inbox.size) == 0
               ? "its own"
               : "and not its own: whose are they",
           error);
    empty(one);
    error = fill(one);
    expect(error == WSAEWOULDBLOCK && one->inbox.size == 50 &&
               memcmp(one->room, data + 100, 50) == 0,
           "and loses none",
           "the last 50 of 150 bytes were due, after another stream had its "
           "turn; the inbox got %lu, and tcp_stream_fill gave %lu",
           one->inbox.size, error);
    end_talk(one);
    end_talk(other);
}

static void just_full(void)
{
    stage("an inbox that is just full");
    Talk *talk = begin_talk(100);
    require(fill(talk) == WSAEWOULDBLOCK, "no read was started");
    send_all(talk->peer, data, 100);
    close_socket(talk->peer);
    talk->peer = INVALID_SOCKET;
    wait_for_event(talk);
    int begun = reads;
    DWORD error = fill(talk);
    need(error == ERROR_MORE_DATA && reads == begun,
         "a full inbox gives 234, whatever is left",
         "100 bytes came for an inbox of 100, which is full now, and "
         "tcp_stream_fill gave %lu and started %d read: who can take what "
         "that brings, while there is no room?",
         error, reads - begun);
    empty(talk);
    expect(receive(talk) == 0 && talk->total == 100,
           "emptied, it comes to the end", "of 100 bytes came %lu",
           talk->total);
    end_talk(talk);
}

static void broken(void)
{
    stage("a connection that is reset");
    Talk *talk = begin_talk(100);
    require(fill(talk) == WSAEWOULDBLOCK, "no read was started");
    close_will_reset(talk->peer);
    close_socket(talk->peer);
    talk->peer = INVALID_SOCKET;
    wait_for_event(talk);
    DWORD error = fill(talk);
    expect(error == WSAECONNRESET, "its error is handed on",
           "the connection was reset, and tcp_stream_fill gave %lu, not 10054",
           error);
    end_talk(talk);

    stage("a stream that is closed");
    error = fill(talk);
    expect(error == WSAENOTSOCK, "it is no stream any more",
           "the stream was closed with tcp_stream_close, and tcp_stream_fill "
           "gave %lu, not 10038: has the peer said that no more will come?",
           error);
}

static void closed_loop(void)
{
    stage("a loop that is closed");
    Talk *talk = begin_talk(100);
    require(registrator_close_loop(&registrator) == 0,
            "the loop couldn't be closed");
    DWORD error = fill(talk);
    expect(error == ERROR_ABANDONED_WAIT_0, "no read, and its error is told",
           "the loop is closed, so that no read can be started; "
           "tcp_stream_fill gave %lu, not 735%s",
           error,
           error == WSAEWOULDBLOCK
               ? ": how long is the caller to wait for the event?"
               : "");
    end_talk(talk);
}

void examine(const Checker *table)
{
    BEGIN(table);
    open_listener();
    open_poll();
    for (int i = 0; i < SIZE; i++)
        data[i] = (char)('!' + i % 89);
    whole(ROOM - GUARD);
    whole(300);
    whole(OPERATION_BUFFER);
    whole(7);
    in_pieces();
    broken();
    just_full();
    full();
    two_streams();
    closed_loop();
}
