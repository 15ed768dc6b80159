// wrap: CancelIoEx
// sizes: TcpStream
/* Has deadlines pass while bytes lie in the port, and in the very moment between
   the deadline and the cancelling. */
#include <string.h>

#include "ends.h"

enum { CAPACITY = 4, DEADLINE = 20, LATE = 200, MUCH = 16 * 1024 * 1024 };

extern const unsigned long long size_of_TcpStream;

WRAPPED(CancelIoEx);

static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};
static TcpStream *stream;
static SOCKET far_end;
static BOOL speaks_in_between; /* just before the next cancelling */
static int cancels;

BOOL WINAPI __wrap_CancelIoEx(HANDLE handle, OVERLAPPED *overlapped)
{
    cancels++;
    if (speaks_in_between) {
        speaks_in_between = FALSE;
        say(far_end, "hello", 5);
        pause_ms(20);
    }
    return __real_CancelIoEx(handle, overlapped);
}

static void ask_for(Interests interests)
{
    DWORD error = tcp_stream_register(stream, &registrator, 1, interests);
    need(error == 0, "the stream can be registered",
         "registering for %s gave error %lu%s",
         interests == READABLE ? "READABLE" : "WRITABLE", error,
         error == WSAEALREADY
             ? " (WSAEALREADY): an event was handed out, and its operation is "
               "still in flight"
             : "");
}

static void set_deadline(Interests interests, DWORD timeout)
{
    DWORD error = tcp_stream_set_deadline(stream, interests, timeout);
    require(error == 0, "tcp_stream_set_deadline gave error %lu", error);
}

static void begin(void)
{
    stream = calloc(1, size_of_TcpStream);
    far_end = new_stream(stream);
    cancels = 0;
}

static void end(void)
{
    tcp_stream_close(stream);
    close_socket(far_end);
    poll_wait(&the_poll, &events, 0);
}

/* Waits for an event; returns how long it took. */
static DWORD wait_for_event(DWORD patience)
{
    unsigned long start = milliseconds();
    DWORD gone = 0;
    do {
        DWORD error = poll_wait(&the_poll, &events, patience - gone);
        require(error == 0, "poll_wait gave error %lu", error);
        gone = milliseconds() - start;
    } while (events.count == 0 && gone < patience);
    return gone;
}

static BOOL can_read(const char *text)
{
    char bytes[16];
    DWORD size = (DWORD)strlen(text), count;
    DWORD error = tcp_stream_read(stream, bytes, sizeof bytes, &count);
    return error == 0 && count == size && memcmp(bytes, text, size) == 0;
}

static void one_event(void)
{
    poll_wait(&the_poll, &events, 10);
    need(events.count == 0, "one read, one event",
         "a read had its event, and then there was another, with error %lu",
         list[0].error);
}

static void in_the_port(void)
{
    stage("bytes in the port when the deadline passes");
    begin();
    ask_for(READABLE);
    set_deadline(READABLE, DEADLINE);
    say(far_end, "hello", 5);
    pause_ms(3 * DEADLINE);
    wait_for_event(LATE);
    need(events.count == 1 && list[0].error == 0 && list[0].bytes == 5,
         "are read",
         "5 bytes lay in the port when the deadline passed; %lu events, with "
         "%lu bytes and error %lu. Which of them knows how the read ended, the "
         "deadline or the packet?",
         events.count, list[0].bytes, list[0].error);
    need(can_read("hello"), "and handed out",
         "the event had no error, and tcp_stream_read doesn't give the bytes");
    one_event();

    stage("bytes that wait to be read when a deadline passes");
    set_deadline(READABLE, INFINITE);
    ask_for(READABLE);
    say(far_end, "unread", 6);
    wait_for_event(LATE);
    set_deadline(READABLE, DEADLINE);
    wait_for_event(2 * DEADLINE);
    need(can_read("unread"), "stay readable",
         "6 bytes had been announced by their event, then a deadline passed, "
         "and "
         "tcp_stream_read doesn't give them: which read was it for?");

    stage("the next read");
    set_deadline(READABLE, INFINITE);
    ask_for(READABLE);
    say(far_end, "again", 5);
    wait_for_event(LATE);
    need(events.count == 1 && list[0].error == 0 && can_read("again"),
         "is as any other",
         "another deadline was set, and 5 bytes came: %lu events, error %lu",
         events.count, list[0].error);
    end();
}

static void in_between(void)
{
    stage("bytes that arrive just before the cancelling");
    begin();
    ask_for(READABLE);
    set_deadline(READABLE, DEADLINE);
    speaks_in_between = TRUE;
    wait_for_event(LATE);
    BOOL spoke = !speaks_in_between;
    speaks_in_between = FALSE;
    need(spoke, "a late read is cancelled",
         "the peer said nothing, the deadline passed, and CancelIoEx was not "
         "called: the read is in flight as ever, and has the buffer");
    need(events.count == 1 && list[0].error == 0 && list[0].bytes == 5 &&
             can_read("hello"),
         "are read",
         "5 bytes arrived just before CancelIoEx was called; %lu events, with "
         "%lu bytes and error %lu. A cancel is a wish: what says whether it "
         "was granted?",
         events.count, list[0].bytes, list[0].error);
    one_event();
    end();
}

static void silence(void)
{
    stage("a peer that says nothing");
    begin();
    ask_for(READABLE);
    set_deadline(READABLE, DEADLINE);
    DWORD took = wait_for_event(2 * LATE);
    need(events.count == 1 && list[0].error == WSAETIMEDOUT,
         "the deadline has an event",
         "the peer said nothing and the deadline passed; after %lu ms there "
         "were %lu events, with error %lu, and it was to be one, with %d "
         "(WSAETIMEDOUT)",
         took, events.count, list[0].error, WSAETIMEDOUT);
    expect(took + 1 >= DEADLINE, "not before its time",
           "a deadline of %d ms came after %lu", DEADLINE, took);
    say(far_end, "later", 5);
    set_deadline(READABLE, INFINITE);
    ask_for(READABLE);
    wait_for_event(LATE);
    need(events.count == 1 && list[0].error == 0 && can_read("later"),
         "what comes later is read later",
         "after the deadline 5 bytes came and another read was started: %lu "
         "events, with error %lu",
         events.count, list[0].error);
    one_event();
    end();
}

static void reset(void)
{
    stage("a reset in the port when the deadline passes");
    begin();
    ask_for(READABLE);
    set_deadline(READABLE, DEADLINE);
    close_will_reset(far_end);
    close_socket(far_end);
    pause_ms(3 * DEADLINE);
    wait_for_event(LATE);
    need(events.count == 1 && list[0].error == WSAECONNRESET, "stays a reset",
         "the peer had reset the connection when the deadline passed; %lu "
         "events, with error %lu: was that the deadline's doing?",
         events.count, list[0].error);
    tcp_stream_close(stream);
}

static DWORD put(const char *text)
{
    DWORD count;
    return tcp_stream_write(stream, text, strlen(text), &count);
}

static void written(void)
{
    char bytes[16];
    stage("a send in the port when the deadline passes");
    begin();
    ask_for(READABLE);
    require(put("hello") == 0, "writing failed");
    ask_for(WRITABLE);
    set_deadline(WRITABLE, DEADLINE);
    pause_ms(3 * DEADLINE);
    wait_for_event(LATE);
    need(events.count == 1 && list[0].ready == WRITABLE && list[0].error == 0,
         "was in time",
         "5 bytes had been sent when the deadline passed; %lu events, with "
         "error %lu: what does the packet of the send say?",
         events.count, list[0].error);
    set_deadline(WRITABLE, INFINITE);
    DWORD error = put("again");
    need(error == 0, "writing goes on",
         "a send was in time, another deadline was set, and a write gave %lu",
         error);
    wait_for_event(10);
    int got = 0;
    for (int more = 1; got < 10 && more > 0; got += more)
        more = recv(far_end, bytes + got, (int)sizeof bytes - got, 0);
    expect(got == 10 && memcmp(bytes, "helloagain", 10) == 0,
           "all of it arrives", "10 bytes were written, and %d arrived", got);
    end();
}

static void stuck(void)
{
    static char much[MUCH];
    DWORD count;
    stage("a peer that takes nothing");
    begin();
    require(tcp_stream_set_mark(stream, MUCH) == 0, "no such mark");
    ask_for(READABLE);
    DWORD error = tcp_stream_write(stream, much, MUCH, &count);
    require(error == 0 && count == MUCH, "writing gave error %lu", error);
    ask_for(WRITABLE);
    set_deadline(READABLE, DEADLINE);
    wait_for_event(2 * LATE);
    ULONG came = events.count;
    need(came > 0 && list[0].error == WSAETIMEDOUT,
         "a deadline for reading is one",
         "16 MiB were being sent, and the deadline for reading passed; %lu "
         "events, error %lu",
         came, list[0].error);
    wait_for_event(3 * DEADLINE);
    came += events.count;
    need(came == 1, "and leaves the sending alone",
         "16 MiB were being sent, the deadline for reading passed, and there "
         "was an event of the sending as well, with error %lu: what was "
         "cancelled?",
         list[0].error);
    set_deadline(WRITABLE, DEADLINE);
    wait_for_event(2 * LATE);
    need(events.count == 1 && list[0].ready == WRITABLE &&
             list[0].error == WSAETIMEDOUT,
         "is not waited for",
         "16 MiB were written, nobody read, and the deadline passed; %lu "
         "events, error %lu, and it was to be %d",
         events.count, list[0].error, WSAETIMEDOUT);
    end();
}

void examine(const Checker *table)
{
    BEGIN(table);
    open_poll();
    open_listener();
    in_the_port();
    in_between();
    silence();
    reset();
    written();
    stuck();
}
