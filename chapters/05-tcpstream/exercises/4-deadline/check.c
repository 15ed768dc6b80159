// wrap: CancelIoEx GetQueuedCompletionStatusEx
// sizes: TcpStream Deadline Deadline.stream Deadline.token Deadline.time
/* Has peers speak early, never, and in the very moment of the deadline: after
   the decision to cancel and before the cancelling. Stands before the port: it
   counts the waits, ends those that last too long, and sees to it that packets
   lie in the port when they are to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "deadline.h"
#include "talk.h"

enum {
    CAPACITY = 6,
    LISTED = 5,
    LATE_MS = 400,     /* so much later is too late */
    WITHOUT_END = 600, /* and so long is a wait without an end */
    MORE_WAITS = 8     /* than events */
};

extern const unsigned long long size_of_TcpStream, size_of_Deadline,
    offset_of_Deadline_stream, offset_of_Deadline_token,
    offset_of_Deadline_time;

void WINAPI SetLastError(DWORD);
WRAPPED(CancelIoEx);
WRAPPED(GetQueuedCompletionStatusEx);

typedef struct Talk {
    TcpStream *stream;
    SOCKET peer;
} Talk;

static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};
static Deadline *deadlines; /* LISTED of them */

static const char *looked_at;
static BOOL calling; /* poll_wait_with_deadlines is being called, */
static unsigned long began;
static DWORD asked; /* with this timeout */

static int waits, cancelled;       /* calls so far */
static unsigned long cancelled_at; /* the last time */
static SOCKET speaks_in_between;   /* or 0 */
static DWORD cancel_error;         /* how CancelIoEx fails, or 0 */
static ULONG coming;               /* packets that the next wait finds */
static DWORD oversleep;            /* waits that run out take longer */

BOOL WINAPI __wrap_CancelIoEx(HANDLE handle, OVERLAPPED *overlapped)
{
    if (!calling)
        return __real_CancelIoEx(handle, overlapped);
    cancelled++;
    cancelled_at = milliseconds();
    DWORD error = cancel_error;
    if (speaks_in_between != 0) {
        send_all(speaks_in_between, "just in time", 12);
        speaks_in_between = 0;
        error = ERROR_NOT_FOUND;
    }
    if (error == 0)
        return __real_CancelIoEx(handle, overlapped);
    SetLastError(error);
    return FALSE;
}

/* "50 ms" or "INFINITE" */
static const char *time_text(DWORD time, char text[16])
{
    if (time == INFINITE)
        strcpy(text, "INFINITE");
    else
        sprintf(text, "%lu ms", time);
    return text;
}

/* Waits for the packets that are on their way, as if they had been there. */
static BOOL collect(HANDLE from, OVERLAPPED_ENTRY *entries, ULONG capacity,
                    ULONG *removed, BOOL alertable)
{
    ULONG all = coming < capacity ? coming : capacity;
    ULONG count = 0, more;
    coming = 0;
    while (count < all && __real_GetQueuedCompletionStatusEx(
                              from, entries + count, capacity - count, &more,
                              WITHOUT_END, alertable))
        count += more;
    *removed = count;
    return count > 0;
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE from,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    char wait[16], whole[16];
    if (!calling)
        return __real_GetQueuedCompletionStatusEx(from, entries, capacity,
                                                  removed, timeout, alertable);
    waits++;
    if (coming > 0)
        return collect(from, entries, capacity, removed, alertable);
    DWORD limit = asked == INFINITE ? WITHOUT_END : asked + LATE_MS;
    DWORD gone = milliseconds() - began;
    DWORD rest = gone < limit ? limit - gone : 0;
    if (__real_GetQueuedCompletionStatusEx(from, entries, capacity, removed,
                                           timeout < rest ? timeout : rest,
                                           alertable))
        return TRUE;
    DWORD error = GetLastError();
    gone = milliseconds() - began;
    if (error == WAIT_TIMEOUT && gone >= limit)
        need(0, "it comes back in time",
             "%s: a call with a timeout of %s was not back after %lu ms; its "
             "last wait was to be of %s: what is to end that wait, and when?",
             looked_at, time_text(asked, whole), gone,
             time_text(timeout, wait));
    if (oversleep > 0)
        pause_ms(oversleep);
    SetLastError(error);
    return FALSE;
}

static void look_at(const char *what)
{
    stage("%s", what);
    looked_at = what;
    waits = cancelled = 0;
    coming = 0;
}

static void begin(void)
{
    deadlines = calloc(LISTED, size_of_Deadline);
    require(deadlines != NULL, "no memory");
    open_listener();
    open_poll();
}

static void begin_talk(Talk *talk)
{
    talk->stream = calloc(1, size_of_TcpStream);
    talk->peer = connect_stream(talk->stream);
}

static void end_talk(Talk *talk)
{
    tcp_stream_close(talk->stream);
    close_socket(talk->peer);
    free(talk->stream);
}

static DWORD try_read(Talk *talk, Token token)
{
    return tcp_stream_register(talk->stream, &registrator, token, READABLE);
}

/* Takes out the packets of closed streams. */
static void clear_port(void)
{
    for (int i = 0; i < 20 && the_poll.loop->selector.lent > 0; i++)
        poll_wait(&the_poll, &events, 20);
}

static void start_read(Talk *talk, Token token)
{
    DWORD error = try_read(talk, token);
    require(error == 0, "tcp_stream_register gave error %lu", error);
}

static void speak(Talk *talk)
{
    require(send_all(talk->peer, "hello", 5) == 0, "sending failed");
}

/* Takes out what has come, so that the stream can be registered again. */
static void empty(Talk *talk)
{
    char bytes[16];
    DWORD got;
    tcp_stream_read(talk->stream, bytes, sizeof bytes, &got);
}

/* A member of a deadline: a student's may have more members than ours. */
static void *member(int i, unsigned long long offset)
{
    return (char *)deadlines + (size_t)i * (size_t)size_of_Deadline + offset;
}

static BOOL stands(int i)
{
    return *(TcpStream **)member(i, offset_of_Deadline_stream) != NULL;
}

static void no_deadline(int i)
{
    memset(member(i, 0), 0, (size_t)size_of_Deadline);
}

static void set_deadline(int i, Talk *talk, Token token, long long in)
{
    no_deadline(i);
    *(TcpStream **)member(i, offset_of_Deadline_stream) = talk->stream;
    *(Token *)member(i, offset_of_Deadline_token) = token;
    *(unsigned long long *)member(i, offset_of_Deadline_time) =
        GetTickCount64() + (unsigned long long)in;
}

static DWORD call(DWORD timeout, int count)
{
    began = milliseconds();
    asked = timeout;
    calling = TRUE;
    DWORD error =
        poll_wait_with_deadlines(&the_poll, &events, timeout, deadlines, count);
    calling = FALSE;
    return error;
}

static void no_error(DWORD error)
{
    require(error == 0, "%s: poll_wait_with_deadlines gave error %lu%s",
            looked_at, error,
            error == ERROR_NOT_FOUND
                ? " (ERROR_NOT_FOUND). CancelIoEx says that when the read "
                  "ended a moment before: is that a fault?"
                : "");
}

/* Waits as a program does: again after an empty batch, until an event comes or
   timeout is over. Returns how long it took. */
static DWORD wait_for_event(DWORD timeout, int count)
{
    unsigned long start = milliseconds();
    DWORD gone = 0;
    int batches = 0;
    do {
        no_error(call(timeout == INFINITE ? INFINITE : timeout - gone, count));
        gone = milliseconds() - start;
        require(++batches < 1000, "it returns at once, a thousand times: is "
                                  "it waiting at all?");
    } while (events.count == 0 && gone < timeout);
    return gone;
}

static void silent_peer(void)
{
    Talk talk;
    begin_talk(&talk);
    look_at("a peer that is silent, and a deadline of 150 ms");
    start_read(&talk, 7);
    set_deadline(0, &talk, 7, 150);
    DWORD took = wait_for_event(500, 1);
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
         "error %lu; it was to be token 7 with error 995",
         (unsigned long)list[0].token, list[0].bytes, list[0].error);
    expect(took >= 110, "not before its time",
           "a deadline of 150 ms came after %lu", took);
    need(took < 150 + LATE_MS, "and not long after it",
         "a deadline of 150 ms came after %lu: what took the rest?", took);
    expect(!stands(0), "the deadline is over",
           "the deadline has come, but its stream is not NULL");
    expect(waits <= 1 + MORE_WAITS, "nothing wakes it meanwhile",
           "there was one deadline of 150 ms and one event, and the port was "
           "asked %d times: what was each of these waits waiting for?",
           waits);

    look_at("reading on after a deadline");
    DWORD error = try_read(&talk, 8);
    need(error == 0, "the stream can be read again",
         "registering after a deadline gave %lu%s", error,
         error == WSAEALREADY
             ? ": the cancelled read's packet has not been taken out, the "
               "event did not come from it"
         : error == WSAENOTSOCK
             ? ": the stream is closed, but only the read was to end"
             : "");
    speak(&talk);
    wait_for_event(500, 1);
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
    begin_talk(&talk);
    look_at("a peer that speaks before the deadline");
    start_read(&talk, 3);
    unsigned long start = milliseconds();
    set_deadline(0, &talk, 3, 150);
    speak(&talk);
    DWORD took = wait_for_event(500, 1);
    need(events.count == 1 && list[0].bytes == 5 && list[0].error == 0,
         "the bytes come as an event",
         "5 bytes came before the deadline; there were %lu events, with %lu "
         "bytes and error %lu",
         events.count, list[0].bytes, list[0].error);
    need(took < LATE_MS, "at once",
         "the bytes were there at once, the event after %lu ms", took);
    expect(!stands(0), "the event ends the deadline",
           "the event of token 3 was handed out, but the deadline of the read "
           "with token 3 still stands: which read will it hit?");

    look_at("the next read of that stream, without a deadline");
    empty(&talk);
    start_read(&talk, 3);
    DWORD gone = milliseconds() - start;
    wait_for_event(gone < 180 ? 190 - gone : 10, 1);
    expect(events.count == 0, "has no deadline",
           "a read without a deadline ended with error %lu: its stream's last "
           "read had a deadline, but that read was over",
           list[0].error);
    end_talk(&talk);
    clear_port();
}

static void two_at_once(void)
{
    Talk talks[2];
    look_at("two peers that speak before their deadlines, in one batch");
    for (int i = 0; i < 2; i++) {
        begin_talk(&talks[i]);
        start_read(&talks[i], (Token)i);
        set_deadline(i, &talks[i], (Token)i, 5000);
        speak(&talks[i]);
    }
    coming = 2;
    wait_for_event(500, 2);
    need(
        events.count == 2 && list[0].bytes == 5 && list[1].bytes == 5,
        "both events are handed out",
        "two reads with deadlines had ended with 5 bytes each, and the packets "
        "lay in the port; there were %lu events",
        events.count);
    expect(!stands(0) && !stands(1), "each event ends its deadline",
           "the events of tokens %lu and %lu were handed out in one batch, and "
           "the deadline of token %d still stands: which read will it hit?",
           (unsigned long)list[0].token, (unsigned long)list[1].token,
           stands(0) ? 0 : 1);
    for (int i = 0; i < 2; i++)
        end_talk(&talks[i]);
}

static void late_peer(void)
{
    Talk talk;
    char text[16];
    DWORD got = 0;
    begin_talk(&talk);
    look_at("a peer that speaks just before the read is cancelled");
    start_read(&talk, 5);
    set_deadline(0, &talk, 5, 20);
    speaks_in_between = talk.peer;
    wait_for_event(500, 1);
    speaks_in_between = 0;
    need(events.count == 1 && list[0].token == 5 && list[0].error == 0 &&
             list[0].bytes == 12,
         "bytes that arrive before the cancelling are not lost",
         "12 bytes arrived just before CancelIoEx was called, so the read "
         "ended with them; handed out were %lu events, with %lu bytes and "
         "error %lu: who knows how a read ended, its deadline or its packet?",
         events.count, list[0].bytes, list[0].error);
    DWORD error = tcp_stream_read(talk.stream, text, sizeof text, &got);
    expect(error == 0 && got == 12 && memcmp(text, "just in time", 12) == 0,
           "they can be read", "tcp_stream_read gave error %lu and %lu bytes",
           error, got);
    expect(!stands(0), "the deadline is over",
           "the deadline has come, but its stream is not NULL");
    wait_for_event(20, 1);
    expect(events.count == 0, "one read, one event",
           "the read's event was handed out, and then another, with error %lu",
           list[0].error);
    end_talk(&talk);
}

static void closed_packet(void)
{
    Talk talk, closed;
    begin_talk(&talk);
    begin_talk(&closed);
    look_at("a deadline of 60 ms, and a closed stream's packet in the port");
    start_read(&talk, 1);
    start_read(&closed, 2);
    end_talk(&closed);
    coming = 1;
    set_deadline(0, &talk, 1, 60);
    unsigned long start = milliseconds();
    DWORD took = wait_for_event(500, 1);
    need(cancelled > 0 && cancelled_at - start >= 40,
         "an empty batch cancels nothing before its time",
         "the deadline was 60 ms away, and a closed stream's packet lay in "
         "the port; CancelIoEx was called %d times, the last time after %lu "
         "ms: what had the wait before it told?",
         cancelled, cancelled > 0 ? cancelled_at - start : 0);
    expect(events.count == 1 && list[0].token == 1 &&
               list[0].error == ERROR_OPERATION_ABORTED && took >= 40,
           "the deadline comes at its time",
           "a deadline of 60 ms: there were %lu events after %lu ms, with "
           "token %lu and error %lu; it was to be one, token 1 with error 995",
           events.count, took, (unsigned long)list[0].token, list[0].error);
    end_talk(&talk);
}

/* Waits until the read with this token has ended by its deadline. */
static void comes_at(Token token, unsigned long start, DWORD time,
                     const char *name)
{
    wait_for_event(INFINITE, LISTED);
    DWORD took = milliseconds() - start;
    need(events.count == 1 && list[0].token == token &&
             list[0].error == ERROR_OPERATION_ABORTED && took + 20 >= time &&
             took < time + LATE_MS,
         name,
         "deadlines after 2000 ms (token 0), 60 ms (token 2), 120 ms (token 3) "
         "and 3000 ms (token 4), no timeout: after %lu ms there were %lu "
         "events, with token %lu and error %lu first; it was to be one, after "
         "%lu ms, with token %lu and error 995",
         took, events.count, (unsigned long)list[0].token, list[0].error, time,
         (unsigned long)token);
}

static void several(void)
{
    static const DWORD times[LISTED] = {2000, 0, 60, 120, 3000};
    Talk talks[LISTED];
    for (int i = 0; i < LISTED; i++)
        begin_talk(&talks[i]);
    look_at("deadlines of 2000, 60, 120 and 3000 ms");
    unsigned long start = milliseconds();
    for (int i = 0; i < LISTED; i++) {
        start_read(&talks[i], (Token)i);
        set_deadline(i, &talks[i], (Token)i, times[i]);
    }
    no_deadline(1);
    comes_at(2, start, 60, "the first that comes");
    comes_at(3, start, 120, "then the next");

    look_at("a timeout of 50 ms, the next deadline 2000 ms away");
    set_deadline(1, &talks[1], 1, 0x100000000 + 20);
    set_deadline(0, &talks[0], 0, 2000);
    oversleep = 20;
    DWORD error = call(50, LISTED);
    DWORD took = milliseconds() - began;
    oversleep = 0;
    expect(error == 0 && events.count == 0 && cancelled == 0 &&
               took < 50 + LATE_MS,
           "the timeout is kept",
           "a wait of 50 ms, deadlines after 2000 ms, 3000 ms and 49 days: "
           "error %lu, %lu events and %d calls of CancelIoEx after %lu ms",
           error, events.count, cancelled, took);
    for (int i = 0; i < LISTED; i++)
        end_talk(&talks[i]);
    clear_port();
}

static void overdue(void)
{
    Talk talk;
    begin_talk(&talk);
    look_at("a deadline that passed 5 ms before the call");
    start_read(&talk, 6);
    set_deadline(0, &talk, 6, -5);
    DWORD took = wait_for_event(INFINITE, 1);
    expect(list[0].token == 6 && list[0].error == ERROR_OPERATION_ABORTED &&
               took < LATE_MS,
           "a deadline that has passed has come",
           "a deadline had passed before the call: after %lu ms came token %lu "
           "with error %lu; it was to be token 6 with error 995, at once",
           took, (unsigned long)list[0].token, list[0].error);

    look_at("calls with a timeout of 0 after a deadline");
    start_read(&talk, 6);
    set_deadline(0, &talk, 6, -5);
    events.count = 0;
    for (int i = 0; i < 20 && events.count == 0; i++) {
        no_error(call(0, 1));
        pause_ms(2);
    }
    expect(events.count == 1 && list[0].error == ERROR_OPERATION_ABORTED,
           "it comes without a wait, too",
           "a deadline had passed; 20 calls with a timeout of 0 cancelled %d "
           "times and handed out %lu events: when does a call that may not "
           "wait look at the clock?",
           cancelled, events.count);
    end_talk(&talk);
}

static void talkative_peer(void)
{
    Talk silent, talkative;
    BOOL heard = FALSE;
    begin_talk(&silent);
    begin_talk(&talkative);
    look_at("a deadline that has come, while another peer speaks all the time");
    start_read(&silent, 1);
    set_deadline(0, &silent, 1, -5);
    start_read(&talkative, 2);
    int calls = 0;
    while (calls < 20 && !heard) {
        speak(&talkative);
        coming = 1;
        no_error(call(300, 1));
        calls++;
        for (ULONG i = 0; i < events.count; i++)
            if (list[i].token == 1)
                heard = TRUE;
            else {
                empty(&talkative);
                start_read(&talkative, 2);
            }
        pause_ms(1);
    }
    expect(heard, "nobody's talk keeps another's deadline away",
           "the deadline of token 1 had passed; %d calls each handed out an "
           "event of token 2, and none of token 1; CancelIoEx was called %d "
           "times: when is the clock looked at?",
           calls, cancelled);
    end_talk(&silent);
    end_talk(&talkative);
    clear_port();
}

static void closed_stream(void)
{
    Talk closed, over, talk;
    begin_talk(&closed);
    begin_talk(&over);
    begin_talk(&talk);
    look_at("a deadline of 20 ms whose stream is closed, and one of 60 ms");
    start_read(&closed, 0);
    start_read(&talk, 1);
    set_deadline(0, &closed, 0, 20);
    set_deadline(1, &talk, 1, 60);
    tcp_stream_close(closed.stream);
    DWORD took = wait_for_event(INFINITE, 2);
    expect(events.count == 1 && list[0].token == 1 &&
               list[0].error == ERROR_OPERATION_ABORTED && took >= 40,
           "a closed stream's deadline cancels nothing",
           "deadlines after 20 ms, the stream closed, and 60 ms (token 1): "
           "after %lu ms came token %lu with error %lu",
           took, (unsigned long)list[0].token, list[0].error);
    expect(!stands(0), "but it comes, and is over",
           "the deadline of a closed stream has come, but its stream is not "
           "NULL");
    expect(waits <= 2 + MORE_WAITS, "and wakes nobody again",
           "there were two deadlines in 60 ms, the first one's stream was "
           "closed, and the port was asked %d times: what is a deadline worth "
           "that has come?",
           waits);

    look_at("a deadline whose read is over");
    start_read(&over, 3);
    speak(&over);
    require(poll_wait(&the_poll, &events, WITHOUT_END) == 0 &&
                events.count == 1,
            "poll_wait gave no event");
    set_deadline(0, &over, 3, -5);
    cancel_error = ERROR_NOT_FOUND;
    wait_for_event(10, 1);
    cancel_error = 0;
    expect(events.count == 0 && !stands(0), "there is nothing to cancel",
           "poll_wait had handed out the read's event before its deadline "
           "came: now there were %lu events, and the deadline %s",
           events.count, stands(0) ? "stands" : "is over");
    end_talk(&closed);
    end_talk(&over);
    end_talk(&talk);
}

static void cancelling_fails(void)
{
    Talk silent, talk;
    DWORD error = 0;
    ULONG handed_out = 0;
    begin_talk(&silent);
    begin_talk(&talk);
    look_at("CancelIoEx fails with error 8");
    start_read(&silent, 1);
    set_deadline(0, &silent, 1, -5);
    start_read(&talk, 2);
    speak(&talk);
    cancel_error = ERROR_NOT_ENOUGH_MEMORY;
    coming = 1;
    events.count = 1;
    int calls = 0;
    while (calls < 5 && error == 0) {
        error = call(10, 1);
        calls++;
        if (error == 0)
            handed_out += events.count;
    }
    cancel_error = 0;
    need(error == ERROR_NOT_ENOUGH_MEMORY, "the caller hears of it",
         "a read was to be cancelled, and CancelIoEx failed with error 8 (not "
         "enough memory): %d calls gave error %lu; who is to know that the "
         "read goes on?",
         calls, error);
    expect(events.count == 0, "with an error comes no event",
           "CancelIoEx failed with error 8, and the call gave that error and "
           "%lu events: will a caller who sees the error look at them?",
           events.count);
    for (int i = 0; i < 20 && handed_out == 0; i++) {
        no_error(call(20, 1));
        for (ULONG j = 0; j < events.count; j++)
            handed_out += list[j].token == 2;
    }
    expect(handed_out == 1, "and none is lost",
           "an event of token 2 was ready when a call failed with error 8; it "
           "was handed out neither with an error nor in the calls after it: "
           "who has it?");
    end_talk(&silent);
    end_talk(&talk);
    clear_port();
}

static void end_of_loop(void)
{
    Talk talk;
    DWORD error = 0;
    begin_talk(&talk);
    look_at("a loop that is closed while a deadline stands");
    start_read(&talk, 4);
    set_deadline(0, &talk, 4, 5000);
    require(registrator_close_loop(&registrator) == 0,
            "registrator_close_loop failed");
    int calls = 0;
    while (calls < 3 && error == 0) {
        error = call(50, 1);
        calls++;
    }
    expect(error == ERROR_ABANDONED_WAIT_0, "its end is told",
           "the loop was closed; %d calls gave error %lu and %lu events: what "
           "does poll_wait say there?",
           calls, error, events.count);
    end_talk(&talk);
}

void examine(const Checker *table)
{
    BEGIN(table);
    begin();
    silent_peer();
    early_peer();
    two_at_once();
    late_peer();
    closed_packet();
    several();
    overdue();
    talkative_peer();
    closed_stream();
    cancelling_fails();
    end_of_loop();

    look_at("destroying the poll");
    DWORD error = poll_destroy(&the_poll);
    expect(error == 0, "every packet can be waited for",
           "poll_destroy gave %lu", error);
}
