// wrap: WSARecv CancelIoEx GetQueuedCompletionStatusEx closesocket
// wrap: CloseHandle free
/* Keeps book of what the system has of ours, and looks up when something is
   closed or freed. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "peers.h"
#include "shutdown.h"

enum { STREAMS = 24, BRIEFLY = 40, LONG = 1500, PACE = 60, PACED = 150 };

#define ERROR_INVALID_HANDLE 6
#define ERROR_NOT_FOUND 1168
#define ERROR_NO_SYSTEM_RESOURCES 1450
#define WSAENETDOWN 10050

typedef struct Stream {
    SOCKET pair[2];
    Operation *operation;
    const char *text; /* that its last words are, or NULL */
    DWORD error;      /* that its last words are, or 0 */
    BOOL end;         /* its last words are that there will be no more */
    int told;
    BOOL over; /* there is nothing to call off */
    BOOL in_flight, called_off, freed, closed;
} Stream;

void WINAPI SetLastError(DWORD);
void WINAPI WSASetLastError(int);
WRAPPED(WSARecv);
WRAPPED(CancelIoEx);
WRAPPED(GetQueuedCompletionStatusEx);
WRAPPED(closesocket);
WRAPPED(CloseHandle);
void __real_free(void *);
void __wrap_free(void *);

static Selector selector;
static Stream streams[STREAMS];
static Operation *list[STREAMS]; /* those that shut_down is to close */
static ULONG listed;
static HANDLE port;
static BOOL port_closed;
static Stream *stuck;      /* a driver has its read and takes its time */
static Stream *hasty;      /* speaks just before it is called off */
static Stream *unclosable; /* closing it gives an error */
static BOOL port_unclosable;
static BOOL closing_before;       /* the checker closes, not shut_down */
static DWORD patience;            /* as long as shut_down was told to wait */
static DWORD waited;              /* in vain, since the last packet */
static BOOL one_by_one;           /* the port hands out one packet a call */
static unsigned long next_packet; /* not before that, if not 0 */
static int good_calls; /* after so many the port gives errors; or -1 */

/* As if packets came every so often: waits for the next one, or in vain. */
static BOOL in_time(DWORD timeout)
{
    unsigned long now = milliseconds();
    if (next_packet == 0 || now >= next_packet)
        return TRUE;
    unsigned long off = next_packet - now;
    pause_ms(off < timeout ? off : timeout);
    return off <= timeout;
}

static int system_has(void)
{
    int count = 0;
    for (int i = 0; i < STREAMS; i++)
        count += streams[i].in_flight;
    return count;
}

static Stream *stream_of(const void *operation)
{
    for (int i = 0; i < STREAMS; i++)
        if (operation != NULL && streams[i].operation == operation &&
            !streams[i].freed)
            return &streams[i];
    return NULL;
}

static Stream *stream_with(SOCKET s)
{
    for (int i = 0; i < STREAMS; i++)
        if (streams[i].operation != NULL && streams[i].pair[0] == s)
            return &streams[i];
    return NULL;
}

static void say(Stream *stream, const char *text)
{
    stream->text = text;
    stream->over = TRUE;
    require(send_all(stream->pair[1], text, strlen(text)) == 0,
            "nothing could be sent");
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    stream_of(overlapped)->in_flight = TRUE;
    return __real_WSARecv(s, buffers, count, received, flags, overlapped,
                          routine);
}

BOOL WINAPI __wrap_CancelIoEx(HANDLE handle, OVERLAPPED *overlapped)
{
    Stream *stream = stream_with((SOCKET)handle);
    if (stream == NULL)
        return __real_CancelIoEx(handle, overlapped);
    stream->called_off = TRUE;
    if (stream == stuck)
        return TRUE;
    if (stream == hasty && !stream->over) {
        say(stream, "just in time");
        pause_ms(BRIEFLY);
    }
    /* What Windows says. Wine reports success while the packet is in the
       port. */
    if (stream->over || !stream->in_flight) {
        SetLastError(ERROR_NOT_FOUND);
        return FALSE;
    }
    return __real_CancelIoEx(handle, overlapped);
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE from,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    if (stuck != NULL &&
        (timeout > patience || waited + timeout > patience + 20))
        need(FALSE, "it waits no longer than it was told",
             "a driver takes its time to call off a read. shut_down was told "
             "to wait %lu ms for a packet, had waited %lu, and asked the port "
             "to wait %lu: what if that packet never comes?",
             patience, waited, timeout);
    if (timeout > 0 && system_has() == 0)
        need(FALSE, "it waits only while packets are missing",
             "the packets of all reads were out, and it asked the port to wait "
             "%lu ms: what for?",
             timeout);
    if (good_calls == 0) {
        SetLastError(ERROR_NO_SYSTEM_RESOURCES);
        *removed = 0;
        return FALSE;
    }
    if (!in_time(timeout)) {
        SetLastError(WAIT_TIMEOUT);
        *removed = 0;
        return FALSE;
    }
    BOOL succeeded = __real_GetQueuedCompletionStatusEx(
        from, entries, one_by_one ? 1 : capacity, removed, timeout, alertable);
    if (next_packet != 0)
        next_packet = milliseconds() + PACE;
    if (succeeded && good_calls > 0)
        good_calls--;
    waited = succeeded ? 0 : waited + timeout;
    for (ULONG i = 0; succeeded && i < *removed; i++) {
        Stream *stream = stream_of(entries[i].lpOverlapped);
        if (stream != NULL)
            stream->in_flight = FALSE;
    }
    return succeeded;
}

int WINAPI __wrap_closesocket(SOCKET s)
{
    Stream *stream = stream_with(s);
    if (stream == NULL)
        return __real_closesocket(s);
    int number = (int)(stream - streams);
    if (stream->closed)
        need(FALSE, "each socket is closed once",
             "the socket of stream %d was closed twice. The number may by now "
             "be that of another socket: who closes it, after operation_new?",
             number);
    if (!closing_before && stuck != NULL)
        need(FALSE, "nothing is closed while a packet is missing",
             "stream %d was closed although the packet of a read was still "
             "missing. If it doesn't come, shut_down is to give up, and may be "
             "called again: what will it find then?",
             number);
    if (good_calls == 0)
        need(FALSE, "nothing is closed after an error of the port",
             "the port gave error %d while the packet of a read was missing, "
             "and stream %d was closed. shut_down may be called again: what "
             "will it find then?",
             ERROR_NO_SYSTEM_RESOURCES, number);
    stream->closed = TRUE;
    if (stream == stuck)
        return 0; /* later: see let_go */
    int result = __real_closesocket(s);
    if (stream == unclosable) {
        WSASetLastError(WSAENETDOWN);
        return -1;
    }
    return result;
}

BOOL WINAPI __wrap_CloseHandle(HANDLE handle)
{
    if (handle == port && port != NULL) {
        if (system_has() > 0)
            need(FALSE, "the port is closed last",
                 "the port was closed while the system had %d of our reads: "
                 "their packets have nowhere to go now. How will you ever know "
                 "when that memory may be freed?",
                 system_has());
        port_closed = TRUE;
        if (port_unclosable) {
            __real_CloseHandle(handle);
            SetLastError(ERROR_INVALID_HANDLE);
            return FALSE;
        }
    }
    return __real_CloseHandle(handle);
}

void __wrap_free(void *memory)
{
    Stream *stream = stream_of(memory);
    if (stream != NULL) {
        if (stream->in_flight)
            need(FALSE, "nothing is freed that the system has",
                 "stream %d was freed while its read was in flight: the system "
                 "has the address and will write there. What tells you that it "
                 "has let go?",
                 (int)(stream - streams));
        stream->freed = TRUE;
        memset(memory, 0xDD, sizeof *stream->operation);
    }
    __real_free(memory);
}

static void hear(const Event *event)
{
    Stream *stream = &streams[event->token];
    int number = (int)event->token;
    require(event->token < STREAMS, "last_words heard of a token %llu",
            (unsigned long long)event->token);
    stream->told++;
    if (stream->freed || stream->closed)
        expect(FALSE, "the stream is still there",
               "stream %d is closed, and only now are we told of its read: the "
               "bytes were in its buffer",
               number);
    else if (event->error == ERROR_OPERATION_ABORTED)
        expect(FALSE, "what we call off is no news",
               "we were told of error 995 on stream %d, a read that was called "
               "off by ourselves: is that anybody's last word?",
               number);
    else if (event->error != stream->error)
        expect(FALSE, "the errors are right",
               "we were told of an error on stream %d: %lu, not %lu", number,
               event->error, stream->error);
    else if (stream->text != NULL)
        expect(event->bytes == strlen(stream->text) &&
                   memcmp(stream->operation->buffer, stream->text,
                          event->bytes) == 0,
               "the bytes are right",
               "we were told of %lu bytes on stream %d, and its last words "
               "were \"%s\"",
               event->bytes, number, stream->text);
    else if (stream->end)
        expect(event->bytes == 0, "the end of a stream has no bytes",
               "stream %d had ended, and we were told of %lu bytes", number,
               event->bytes);
}

/* A stream with a read in flight. */
static Stream *silent(int number)
{
    Stream *stream = &streams[number];
    require(
        loopback_pair(stream->pair) == 0 &&
            operation_new(stream->pair[0], &stream->operation) == 0 &&
            selector_register(&selector, stream->operation, (Token)number) == 0,
        "no stream could be made");
    list[listed++] = stream->operation;
    return stream;
}

static void begin(void)
{
    memset(streams, 0, sizeof streams);
    listed = 0;
    port_closed = port_unclosable = one_by_one = closing_before = FALSE;
    stuck = hasty = unclosable = NULL;
    good_calls = -1;
    next_packet = 0;
    patience = LONG;
    waited = 0;
    require(selector_open(&selector) == 0, "selector_open failed");
    port = selector.port;
}

static DWORD shut(DWORD timeout)
{
    patience = timeout;
    waited = 0;
    return shut_down(&selector, list, listed, timeout, hear);
}

/* What a stream has to tell was told. */
static void heard(const Stream *stream)
{
    int number = (int)(stream - streams);
    if (stream->text != NULL)
        expect(stream->told == 1, "bytes that have come are told of once",
               "%d bytes had come on stream %d %s, and %s",
               (int)strlen(stream->text), number,
               stream == hasty ? "just before its read was called off"
                               : "when it was to end",
               stream->told == 0 ? "nobody was told: they are lost"
                                 : "we were told more than once");
    else if (stream->error != 0)
        expect(stream->told == 1, "so are errors",
               "the read on stream %d had ended with an error of its own, %lu, "
               "and we were told %d times, not once",
               number, stream->error, stream->told);
    else if (stream->end)
        expect(stream->told == 1, "so is the end of a stream",
               "the peer of stream %d had hung up, and we were told %d times, "
               "not once: no bytes and no error, is that nothing?",
               number, stream->told);
    else if (stream->over)
        expect(stream->told == 0, "what was told before isn't told again",
               "selector_select had told of the read on stream %d before "
               "shut_down was called, and we were told again. What does a "
               "stream's state say, and what doesn't it?",
               number);
}

static void succeeded(DWORD error)
{
    int number = 0;
    while (number < STREAMS &&
           (!streams[number].in_flight || streams[number].called_off))
        number++;
    if (error == WAIT_TIMEOUT && number < STREAMS)
        expect(FALSE, "all reads are called off",
               "it returned 258: the read on stream %d is in flight, and it "
               "was never called off. What is to end it?",
               number);
    else
        expect(error == 0, "shut_down succeeds", "it returned %lu%s", error,
               error == WAIT_TIMEOUT ? ", but no packet was late. Is an empty "
                                       "batch always a sign that time is up?"
               : listed == 0 ? ". No stream was in the list, but packets "
                               "may be on the way all the same. Which call "
                               "gave that error, and for what?"
                             : "");
}

/* Everybody was heard, everything is closed. */
static void all_done(DWORD error, DWORD wanted)
{
    if (error == ERROR_NOT_FOUND)
        need(FALSE, "a read that is over is no failure",
             "it returned 1168, which is CancelIoEx's way to say that it found "
             "nothing to call off. The read had ended by itself: what is "
             "different now for what is left to do?");
    for (int i = 0; i < STREAMS; i++)
        heard(&streams[i]);
    if (wanted == 0)
        succeeded(error);
    else
        expect(
            error == wanted, "the first error of closing is returned",
            "closing %s gave error %lu%s, and shut_down returned %lu: how is "
            "the caller to know?",
            unclosable != NULL ? "one of the streams" : "the port", wanted,
            unclosable != NULL && port_unclosable
                ? ", then the port gave another"
                : "",
            error);
    int open = 0, kept = 0;
    for (int i = 0; i < STREAMS; i++) {
        open += streams[i].operation != NULL && !streams[i].closed;
        kept += streams[i].operation != NULL && !streams[i].freed;
    }
    expect(open == 0 && kept == 0 && port_closed,
           "streams and port are closed, and the memory freed",
           "afterwards %d sockets are open, %d operations haven't been freed, "
           "and the port is %s%s",
           open, kept, port_closed ? "closed" : "open",
           unclosable != NULL ? ". Closing one of the streams gave an error: "
                                "and the others?"
                              : "");
    port = NULL;
}

static void hang_up(void)
{
    for (int i = 0; i < STREAMS; i++)
        if (streams[i].operation != NULL && streams[i].pair[1] != 0)
            __real_closesocket(streams[i].pair[1]);
}

static void reset(Stream *stream)
{
    close_will_reset(stream->pair[1]);
    __real_closesocket(stream->pair[1]);
    stream->pair[1] = 0;
    stream->error = 10054;
    stream->over = TRUE;
}

static void end(Stream *stream)
{
    __real_closesocket(stream->pair[1]);
    stream->pair[1] = 0;
    stream->end = TRUE;
    stream->over = TRUE;
}

/* A stream that was registered and has no read in flight. */
static void idle(int number)
{
    Event event;
    Events events = {.list = &event, .capacity = 1};
    Stream *stream = silent(number);
    say(stream, "x");
    require(selector_select(&selector, &events, LONG) == 0 && events.count == 1,
            "no packet came for a read that has something to read");
    stream->text = NULL;
}

/* Closes a stream before shut_down is called. */
static void close_before(Stream *stream)
{
    closing_before = TRUE;
    operation_close(stream->operation);
    closing_before = FALSE;
    ULONG kept = 0;
    for (ULONG i = 0; i < listed; i++)
        if (list[i] != stream->operation)
            list[kept++] = list[i];
    listed = kept;
}

/* The driver is done with the read. */
static void let_go(void)
{
    Stream *stream = stuck;
    stuck = NULL;
    if (stream->closed)
        __real_closesocket(stream->pair[0]);
    else
        say(stream, "late");
    pause_ms(BRIEFLY);
}

static void of_all_kinds(void)
{
    stage("streams of all kinds: silent, spoken, broken, at the end, idle");
    begin();
    idle(0);
    silent(1);
    say(silent(2), "my last words");
    reset(silent(3));
    end(silent(4));
    pause_ms(BRIEFLY);
    all_done(shut(LONG), 0);
    hang_up();
}

static void at_the_last_moment(void)
{
    stage("bytes that come just before a read is called off");
    begin();
    silent(0);
    hasty = silent(1);
    all_done(shut(LONG), 0);
    hang_up();
}

static void closed_before(int others)
{
    stage("streams that were closed before, their packets still to come, and "
          "%d others",
          others);
    begin();
    for (int i = 0; i < 3 + others; i++)
        silent(i);
    for (int i = 0; i < 3; i++)
        close_before(&streams[i]);
    one_by_one = TRUE;
    all_done(shut(LONG), 0);
    hang_up();
}

static void gives_up(DWORD timeout)
{
    unsigned long start = milliseconds();
    DWORD error = shut(timeout);
    unsigned long took = milliseconds() - start;
    if (error == ERROR_NOT_FOUND)
        all_done(error, 0);
    need(error == WAIT_TIMEOUT, "it gives up when no packet comes",
         "the packet of a read was missing and none came for %lu ms, and "
         "shut_down returned %lu, not 258 (WAIT_TIMEOUT)",
         timeout, error);
    expect(took + 20 >= timeout, "it doesn't give up before",
           "the packet of a read was missing. shut_down was told to wait %lu "
           "ms for it, and gave up after %lu",
           timeout, took);
}

static void late(void)
{
    stage("a read that can't be called off at once, and one that has ended");
    begin();
    silent(0);
    stuck = silent(1);
    say(silent(2), "in time");
    pause_ms(BRIEFLY);
    gives_up(BRIEFLY);
    stage("the same, called again with a timeout of 0");
    gives_up(0);
    stage("the same, called again when the packet has come");
    let_go();
    all_done(shut(LONG), 0);
    hang_up();
}

static void late_and_closed_before(void)
{
    stage("a read of a stream that was closed before, and its packet is late");
    begin();
    silent(0);
    stuck = silent(1);
    close_before(stuck);
    gives_up(BRIEFLY);
    stage("the same, called again when the packet has come");
    let_go();
    all_done(shut(LONG), 0);
    hang_up();
}

static void one_after_the_other(void)
{
    stage("packets that come every %d ms, and a timeout of %d", PACE, PACED);
    begin();
    for (int i = 0; i < 5; i++)
        silent(i);
    one_by_one = TRUE;
    next_packet = milliseconds() + PACE;
    DWORD error = shut(PACED);
    need(error != WAIT_TIMEOUT, "each packet starts the time anew",
         "five packets came, one every %d ms. shut_down was told to give up "
         "when none comes for %d ms, and gave up with %d still missing: since "
         "when does its time run?",
         PACE, PACED, system_has());
    all_done(error, 0);
    hang_up();
}

static void port_fails(void)
{
    stage("a port that gives an error after the first packet");
    begin();
    say(silent(0), "in time");
    silent(1);
    pause_ms(BRIEFLY);
    one_by_one = TRUE;
    good_calls = 1;
    DWORD error = shut(LONG);
    if (error == ERROR_NOT_FOUND)
        all_done(error, 0);
    need(error == ERROR_NO_SYSTEM_RESOURCES,
         "an error of selector_select is returned",
         "selector_select gave error %d, and shut_down returned %lu: how is "
         "the caller to know?",
         ERROR_NO_SYSTEM_RESOURCES, error);
    stage("the same, called again when the port gives no more errors");
    good_calls = -1;
    all_done(shut(LONG), 0);
    hang_up();
}

static void closing_fails(void)
{
    stage("a stream whose closing gives an error");
    begin();
    for (int i = 0; i < 3; i++)
        silent(i);
    unclosable = &streams[1];
    all_done(shut(LONG), WSAENETDOWN);
    hang_up();
    stage("a port whose closing gives an error");
    begin();
    silent(0);
    port_unclosable = TRUE;
    all_done(shut(LONG), ERROR_INVALID_HANDLE);
    hang_up();
    stage("a stream and then the port, whose closing gives errors");
    begin();
    unclosable = silent(0);
    silent(1);
    port_unclosable = TRUE;
    all_done(shut(LONG), WSAENETDOWN);
    hang_up();
}

static void many(void)
{
    stage("%d streams, each with last words", STREAMS);
    begin();
    for (int i = 0; i < STREAMS; i++)
        say(silent(i), "goodbye");
    pause_ms(BRIEFLY);
    all_done(shut(LONG), 0);
    hang_up();
}

void examine(const Checker *table)
{
    BEGIN(table);
    stage("starting Winsock");
    require(wsa_startup() == 0, "Winsock did not start");
    of_all_kinds();
    at_the_last_moment();
    closed_before(1);
    closed_before(0);
    late();
    late_and_closed_before();
    many();
    one_after_the_other();
    port_fails();
    closing_fails();
    stage("nothing to shut down");
    begin();
    all_done(shut(LONG), 0);
}
