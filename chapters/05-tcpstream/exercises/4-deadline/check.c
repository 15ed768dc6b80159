// wrap: CancelIoEx
/* Has peers speak early, never, and in the very moment of the deadline: after
   the decision to cancel and before the cancelling. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "deadline.h"
#include "loopback.h"

enum { CAPACITY = 4 };

BOOL WINAPI __real_CancelIoEx(HANDLE, OVERLAPPED *);
BOOL WINAPI __wrap_CancelIoEx(HANDLE, OVERLAPPED *);

typedef struct Talk {
    TcpStream stream;
    SOCKET peer;
} Talk;

static Poll the_poll;
static Registrator registrator;
static SOCKET listener;
static char port[8];
static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};

static int cancelled;            /* calls so far */
static SOCKET speaks_in_between; /* or 0 */

BOOL WINAPI __wrap_CancelIoEx(HANDLE handle, OVERLAPPED *overlapped)
{
    cancelled++;
    if (speaks_in_between != 0) {
        send_all(speaks_in_between, "just in time", 12);
        speaks_in_between = 0;
        pause_ms(60);
    }
    return __real_CancelIoEx(handle, overlapped);
}

static void begin(void)
{
    struct sockaddr_in address;
    require(wsa_startup() == 0 && poll_create(&the_poll) == 0 &&
                poll_registrator(&the_poll, &registrator) == 0 &&
                loopback_listen(&listener, &address) == 0,
            "no poll could be made");
    sprintf(port, "%u", ntohs(address.sin_port));
}

static void begin_talk(Talk *talk)
{
    require(tcp_stream_connect(&talk->stream, "127.0.0.1", port) == 0,
            "no connection");
    talk->peer = accept(listener, NULL, NULL);
    require(talk->peer != INVALID_SOCKET, "no connection");
}

static void end_talk(Talk *talk)
{
    tcp_stream_close(&talk->stream);
    close_socket(talk->peer);
}

static DWORD start_read(Talk *talk, Token token)
{
    return tcp_stream_register(&talk->stream, &registrator, token, READABLE);
}

static Deadline deadline_in(Talk *talk, Token token, DWORD time)
{
    return (Deadline){.stream = &talk->stream,
                      .token = token,
                      .time = GetTickCount64() + time};
}

/* Waits as a program does: again after an empty batch, until an event comes or
   timeout is over. Returns how long it took. */
static DWORD wait_for_event(DWORD timeout, Deadline *deadlines, int count)
{
    unsigned long start = milliseconds();
    DWORD gone = 0;
    int batches = 0;
    do {
        DWORD error = poll_wait_with_deadlines(
            &the_poll, &events, timeout == INFINITE ? INFINITE : timeout - gone,
            deadlines, count);
        gone = milliseconds() - start;
        require(error == 0, "poll_wait_with_deadlines gave %lu%s", error,
                error == 1168 ? " (ERROR_NOT_FOUND). CancelIoEx says that when "
                                "the read ended a moment before: is that a "
                                "fault?"
                              : "");
        require(++batches < 1000, "it returns at once, a thousand times: is "
                                  "it waiting at all?");
    } while (events.count == 0 && gone < timeout);
    return gone;
}

static void silent_peer(void)
{
    Talk talk;
    Deadline deadline;
    stage("a peer that is silent, and a deadline of 150 ms");
    begin_talk(&talk);
    require(start_read(&talk, 7) == 0, "no read could be started");
    deadline = deadline_in(&talk, 7, 150);
    DWORD took = wait_for_event(800, &deadline, 1);
    need(events.count == 1, "the deadline comes, and an event",
         "the peer was silent and the deadline 150 ms away; after %lu ms there "
         "was no event, and CancelIoEx was called %d times: who ends the wait "
         "when the deadline comes, and who the read?",
         took, cancelled);
    need(cancelled > 0, "the read is cancelled",
         "an event was handed out, but the read never cancelled: it is still "
         "in flight, and buffer and operation are still the system's");
    need(list[0].token == 7 && list[0].error == ERROR_OPERATION_ABORTED,
         "the event has the token and error 995",
         "the read was cancelled, and its event had token %lu, %lu bytes and "
         "error %lu, not 995",
         (unsigned long)list[0].token, list[0].bytes, list[0].error);
    expect(took >= 110, "not before its time",
           "a deadline of 150 ms came after %lu", took);
    expect(took < 650, "and not long after it",
           "a deadline of 150 ms came after %lu", took);
    expect(deadline.stream == NULL, "the deadline is over",
           "the deadline has come, but its stream is not NULL");

    stage("reading on after a deadline");
    DWORD error = start_read(&talk, 8);
    need(error == 0, "the stream can be read again",
         "registering after a deadline gave %lu%s", error,
         error == WSAEALREADY
             ? ": the cancelled read's packet has not been taken out, the "
               "event did not come from it"
         : error == WSAENOTSOCK
             ? ": the stream is closed, but only the read was to end"
             : "");
    require(send_all(talk.peer, "hello", 5) == 0, "sending failed");
    wait_for_event(800, &deadline, 1);
    expect(events.count == 1 && list[0].token == 8 && list[0].bytes == 5 &&
               list[0].error == 0,
           "and what comes is read",
           "the read after the deadline: %lu events, token %lu, %lu bytes, "
           "error %lu; it was to be token 8 with 5 bytes",
           events.count, (unsigned long)list[0].token, list[0].bytes,
           list[0].error);
    end_talk(&talk);
}

static void early_peer(void)
{
    Talk talk;
    Deadline deadline;
    stage("a peer that speaks before the deadline");
    begin_talk(&talk);
    require(start_read(&talk, 3) == 0, "no read could be started");
    deadline = deadline_in(&talk, 3, 150);
    require(send_all(talk.peer, "hello", 5) == 0, "sending failed");
    DWORD took = wait_for_event(800, &deadline, 1);
    need(events.count == 1 && list[0].bytes == 5 && list[0].error == 0,
         "the bytes come as an event",
         "5 bytes came before the deadline; there were %lu events, with %lu "
         "bytes and error %lu",
         events.count, list[0].bytes, list[0].error);
    expect(took < 650, "at once",
           "the bytes were there at once, the event after %lu ms", took);
    expect(deadline.stream == NULL, "the event ends the deadline",
           "the event of token 3 was handed out, but the deadline of the read "
           "with token 3 still stands: which read will it hit?");

    stage("the next read of that stream, without a deadline");
    char byte[8];
    DWORD got;
    tcp_stream_read(&talk.stream, byte, sizeof byte, &got);
    require(start_read(&talk, 3) == 0, "no read could be started");
    wait_for_event(250, &deadline, 1);
    expect(events.count == 0, "has no deadline",
           "a read without a deadline ended with error %lu: its stream's last "
           "read had a deadline, but that read was over",
           list[0].error);
    end_talk(&talk);
    poll_wait(&the_poll, &events, 0);
}

static void late_peer(void)
{
    Talk talk;
    Deadline deadline;
    char text[16];
    DWORD got = 0;
    stage("a peer that speaks just before the read is cancelled");
    begin_talk(&talk);
    require(start_read(&talk, 5) == 0, "no read could be started");
    deadline = deadline_in(&talk, 5, 60);
    speaks_in_between = talk.peer;
    wait_for_event(800, &deadline, 1);
    speaks_in_between = 0;
    need(events.count == 1 && list[0].token == 5 && list[0].error == 0 &&
             list[0].bytes == 12,
         "bytes that arrive before the cancelling are not lost",
         "12 bytes arrived just before CancelIoEx was called, so the read "
         "ended with them; handed out were %lu events, with %lu bytes and "
         "error %lu: who knows how a read ended, its deadline or its packet?",
         events.count, list[0].bytes, list[0].error);
    DWORD error = tcp_stream_read(&talk.stream, text, sizeof text, &got);
    expect(error == 0 && got == 12 && memcmp(text, "just in time", 12) == 0,
           "they can be read", "tcp_stream_read gave error %lu and %lu bytes",
           error, got);
    expect(deadline.stream == NULL, "the deadline is over",
           "the deadline has come, but its stream is not NULL");
    wait_for_event(100, &deadline, 1);
    expect(events.count == 0, "one read, one event",
           "the read's event was handed out, and then another, with error %lu",
           list[0].error);
    end_talk(&talk);
}

static void several(void)
{
    Talk talks[3];
    Deadline deadlines[3];
    DWORD took[3];
    stage("three deadlines, the last one first");
    for (int i = 0; i < 3; i++) {
        begin_talk(&talks[i]);
        require(start_read(&talks[i], (Token)i) == 0, "no read was started");
    }
    for (int i = 0; i < 3; i++)
        deadlines[i] = deadline_in(&talks[i], (Token)i, 100);
    deadlines[0].time += 80;
    deadlines[1].stream = NULL;
    unsigned long start = milliseconds();
    for (int i = 0; i < 2; i++) {
        wait_for_event(INFINITE, deadlines, 3);
        took[i] = milliseconds() - start;
        expect(events.count == 1 && list[0].token == (i == 0 ? 2u : 0u) &&
                   list[0].error == ERROR_OPERATION_ABORTED,
               i == 0 ? "the first that comes" : "then the other",
               "deadlines after 180 ms (token 0) and 100 ms (token 2); event "
               "%d had token %lu, error %lu",
               i + 1, (unsigned long)list[0].token, list[0].error);
    }
    expect(took[0] >= 70 && took[0] < 700, "at its time",
           "a deadline of 100 ms came after %lu, in a wait without an end",
           took[0]);
    expect(took[1] >= 150 && took[1] < 800, "at its time, too",
           "a deadline of 180 ms came after %lu, in a wait without an end",
           took[1]);

    stage("a timeout before the deadline");
    require(start_read(&talks[2], 2) == 0, "no read was started");
    deadlines[2] = deadline_in(&talks[2], 2, 2000);
    start = milliseconds();
    DWORD error =
        poll_wait_with_deadlines(&the_poll, &events, 50, deadlines, 3);
    took[2] = milliseconds() - start;
    expect(error == 0 && events.count == 0 && took[2] < 800,
           "the timeout is kept",
           "a wait of 50 ms, the deadline 2000 ms away: error %lu, %lu events "
           "after %lu ms",
           error, events.count, took[2]);
    for (int i = 0; i < 3; i++)
        end_talk(&talks[i]);
}

void examine(const Checker *table)
{
    BEGIN(table);
    begin();
    silent_peer();
    early_peer();
    late_peer();
    several();

    stage("destroying the poll");
    DWORD error = poll_destroy(&the_poll);
    expect(error == 0, "every packet can be waited for",
           "poll_destroy gave %lu", error);
}
