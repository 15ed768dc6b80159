// wrap: WSARecv CancelIoEx GetQueuedCompletionStatusEx closesocket
// wrap: CloseHandle free
/* Keeps book of what the system has of ours, and looks up when something is
   closed or freed. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "loopback.h"
#include "shutdown.h"

enum { STREAMS = 24, BRIEFLY = 40, LONG = 1500 };

typedef struct Stream {
    SOCKET pair[2];
    Operation *operation;
    const char *text; /* that its last words are, or NULL */
    DWORD error;      /* that its last words are, or 0 */
    int told;
    BOOL in_flight, freed, closed;
} Stream;

struct linger {
    unsigned short l_onoff;
    unsigned short l_linger;
};

int WINAPI setsockopt(SOCKET, int, int, const char *, int);
int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
BOOL WINAPI __real_CancelIoEx(HANDLE, OVERLAPPED *);
BOOL WINAPI __wrap_CancelIoEx(HANDLE, OVERLAPPED *);
BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
int WINAPI __real_closesocket(SOCKET);
int WINAPI __wrap_closesocket(SOCKET);
BOOL WINAPI __real_CloseHandle(HANDLE);
BOOL WINAPI __wrap_CloseHandle(HANDLE);
void __real_free(void *);
void __wrap_free(void *);

static Selector selector;
static Stream streams[STREAMS];
static Operation *list[STREAMS]; /* those that shut_down is to close */
static ULONG listed;
static HANDLE port;
static BOOL port_closed;
static SOCKET stuck;    /* a driver has its read and takes its time */
static DWORD patience;  /* as long as shut_down was told to wait */
static BOOL one_by_one; /* the port hands out one packet a call */

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
    if ((SOCKET)handle == stuck)
        return TRUE;
    return __real_CancelIoEx(handle, overlapped);
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE from,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    if (stuck != INVALID_SOCKET && timeout > patience)
        need(FALSE, "it waits no longer than it was told",
             "a driver takes its time to call off a read. shut_down was told "
             "to wait %lu ms for a packet, and asked the port to wait %lu: "
             "what if that packet never comes?",
             patience, timeout);
    BOOL succeeded = __real_GetQueuedCompletionStatusEx(
        from, entries, one_by_one ? 1 : capacity, removed, timeout, alertable);
    for (ULONG i = 0; succeeded && i < *removed; i++) {
        Stream *stream = stream_of(entries[i].lpOverlapped);
        if (stream != NULL)
            stream->in_flight = FALSE;
    }
    return succeeded;
}

int WINAPI __wrap_closesocket(SOCKET s)
{
    for (int i = 0; i < STREAMS; i++) {
        Stream *stream = &streams[i];
        if (stream->operation == NULL || stream->pair[0] != s)
            continue;
        if (stream->closed)
            need(FALSE, "each socket is closed once",
                 "the socket of stream %d was closed twice. The number may by "
                 "now be that of another socket: who closes it, after "
                 "operation_new?",
                 i);
        if (stuck != INVALID_SOCKET)
            need(FALSE, "nothing is closed while a packet is missing",
                 "stream %d was closed although the packet of a read was still "
                 "missing, and time was up. shut_down may be called again: "
                 "what will it find then?",
                 i);
        stream->closed = TRUE;
    }
    return __real_closesocket(s);
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

static void say(Stream *stream, const char *text)
{
    stream->text = text;
    require(send_all(stream->pair[1], text, strlen(text)) == 0,
            "nothing could be sent");
}

static void begin(void)
{
    memset(streams, 0, sizeof streams);
    listed = 0;
    port_closed = one_by_one = FALSE;
    stuck = INVALID_SOCKET;
    require(selector_open(&selector) == 0, "selector_open failed");
    port = selector.port;
}

/* Everybody was heard, everything is closed. */
static void all_done(DWORD error)
{
    for (int i = 0; i < STREAMS; i++) {
        const Stream *stream = &streams[i];
        if (stream->text != NULL)
            expect(stream->told == 1, "bytes that have come are told of once",
                   "%d bytes had come on stream %d when it was to end, and %s",
                   (int)strlen(stream->text), i,
                   stream->told == 0 ? "nobody was told: they are lost"
                                     : "we were told more than once");
        if (stream->error != 0)
            expect(stream->told == 1, "so are errors",
                   "the read on stream %d had ended with an error of its own, "
                   "%lu, and we were told %d times, not once",
                   i, stream->error, stream->told);
    }
    expect(error == 0, "shut_down succeeds", "it returned %lu%s", error,
           error == WAIT_TIMEOUT ? ", but no packet was late. Is an empty "
                                   "batch always a sign that time is up?"
                                 : "");
    int open = 0, kept = 0;
    for (int i = 0; i < STREAMS; i++) {
        open += streams[i].operation != NULL && !streams[i].closed;
        kept += streams[i].operation != NULL && !streams[i].freed;
    }
    expect(open == 0 && kept == 0 && port_closed,
           "streams and port are closed, and the memory freed",
           "afterwards %d sockets are open, %d operations haven't been freed, "
           "and the port is %s",
           open, kept, port_closed ? "closed" : "open");
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
    struct linger at_once = {1, 0};
    require(setsockopt(stream->pair[1], 0xFFFF, 0x80, (char *)&at_once,
                       sizeof at_once) == 0,
            "no reset could be arranged");
    __real_closesocket(stream->pair[1]);
    stream->pair[1] = 0;
    stream->error = 10054;
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

static void of_all_kinds(void)
{
    stage("streams of all kinds: silent, spoken, broken, idle");
    begin();
    idle(0);
    silent(1);
    say(silent(2), "my last words");
    reset(silent(3));
    pause_ms(BRIEFLY);
    patience = LONG;
    all_done(shut_down(&selector, list, listed, LONG, hear));
    hang_up();
}

static void closed_before(void)
{
    stage("streams that were closed before, their packets still to come");
    begin();
    for (int i = 0; i < 3; i++)
        silent(i);
    silent(3);
    for (int i = 0; i < 3; i++)
        operation_close(streams[i].operation);
    list[0] = streams[3].operation;
    listed = 1;
    one_by_one = TRUE;
    patience = LONG;
    all_done(shut_down(&selector, list, listed, LONG, hear));
    hang_up();
}

static void late(void)
{
    stage("a read that can't be called off at once");
    begin();
    silent(0);
    Stream *slow = silent(1);
    stuck = slow->pair[0];
    patience = BRIEFLY;
    DWORD error = shut_down(&selector, list, listed, BRIEFLY, hear);
    need(error == WAIT_TIMEOUT, "it gives up when no packet comes",
         "the packet of a read was missing and none came for %d ms, and "
         "shut_down returned %lu, not 258 (WAIT_TIMEOUT)",
         BRIEFLY, error);
    stage("the same, called again when the packet has come");
    say(slow, "late");
    stuck = INVALID_SOCKET;
    pause_ms(BRIEFLY);
    patience = LONG;
    all_done(shut_down(&selector, list, listed, LONG, hear));
    hang_up();
}

static void many(void)
{
    stage("%d streams, each with last words", STREAMS);
    begin();
    for (int i = 0; i < STREAMS; i++)
        say(silent(i), "goodbye");
    pause_ms(BRIEFLY);
    patience = LONG;
    all_done(shut_down(&selector, list, listed, LONG, hear));
    hang_up();
}

void examine(const Checker *table)
{
    BEGIN(table);
    stage("starting Winsock");
    require(wsa_startup() == 0, "Winsock did not start");
    of_all_kinds();
    closed_before();
    late();
    many();
    stage("nothing to shut down");
    begin();
    all_done(shut_down(&selector, list, 0, LONG, hear));
}
