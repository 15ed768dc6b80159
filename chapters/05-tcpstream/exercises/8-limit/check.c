// wrap: WSARecv GetQueuedCompletionStatusEx free
// sizes: Selector
/* Counts the reads in flight and writes down the order in which they start. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "loopback.h"
#include "selector.h"

enum { STREAMS = 5, CAPACITY = 8, PATIENCE = 700, STARTS = 256, RESET = 10054 };

extern const unsigned long long size_of_Selector;

void WINAPI WSASetLastError(int iError);
__declspec(dllimport) size_t _msize(void *);
void __wrap_free(void *);
int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);

typedef struct Stream {
    Operation *operation;
    SOCKET socket, peer;
} Stream;

static int in_flight, most_in_flight;
static SOCKET started[STARTS]; /* which sockets' reads, in this order */
static int starts;
static SOCKET broken; /* a socket whose reads fail, or 0 */

static Selector *selector;
static Stream streams[STREAMS];
static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};

/* What is freed is made useless, and stays where it is. */
void __wrap_free(void *block)
{
    if (block != NULL)
        memset(block, 0xDD, _msize(block));
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    if (starts < STARTS)
        started[starts++] = s;
    if (s == broken) {
        WSASetLastError(RESET);
        return -1;
    }
    int result =
        __real_WSARecv(s, buffers, count, received, flags, overlapped, routine);
    if (result == 0 || WSAGetLastError() == WSA_IO_PENDING) {
        in_flight++;
        if (in_flight > most_in_flight)
            most_in_flight = in_flight;
    }
    return result;
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    BOOL succeeded = __real_GetQueuedCompletionStatusEx(
        port, entries, capacity, removed, timeout, alertable);
    if (succeeded)
        in_flight -= (int)*removed;
    return succeeded;
}

static void open_all(ULONG limit)
{
    selector = calloc(1, size_of_Selector);
    require(selector != NULL && selector_open(selector, limit) == 0,
            "selector_open failed");
    in_flight = most_in_flight = starts = 0;
    for (int i = 0; i < STREAMS; i++) {
        SOCKET pair[2];
        require(loopback_pair(pair) == 0 &&
                    operation_new(pair[0], &streams[i].operation) == 0,
                "no pair of sockets could be made");
        streams[i].socket = pair[0];
        streams[i].peer = pair[1];
    }
}

/* Has this stream's read, which is in flight or waits, end with bytes. */
static void speak(int stream)
{
    require(send_all(streams[stream].peer, "hello", 5) == 0, "sending failed");
}

static void start(int stream)
{
    DWORD error =
        selector_register(selector, streams[stream].operation, (Token)stream);
    need(error == 0, "registering gives 0, now or later",
         "registering stream %d gave %lu: too many reads is no error, it is a "
         "reason to wait",
         stream, error);
}

/* Waits as a program does: again after an empty batch. */
static void wait_for_event(void)
{
    unsigned long begun = milliseconds();
    do
        require(selector_select(selector, &events, 100) == 0,
                "selector_select failed");
    while (events.count == 0 && milliseconds() - begun < PATIENCE);
}

/* Lets whoever waits be started. */
static void take_turns(void)
{
    for (int i = 0; i < 2; i++)
        require(selector_select(selector, &events, 5) == 0,
                "selector_select failed");
}

static int stream_of(SOCKET s)
{
    for (int i = 0; i < STREAMS; i++)
        if (streams[i].socket == s)
            return i;
    return -1;
}

static void close_stream(int stream)
{
    DWORD error = operation_close(streams[stream].operation);
    expect(error == 0, "an operation closes", "operation_close gave %lu",
           error);
    streams[stream].operation = NULL;
}

static void close_all(void)
{
    stage("closing all streams, and the selector");
    for (int i = 0; i < STREAMS; i++) {
        if (streams[i].operation != NULL)
            close_stream(i);
        close_socket(streams[i].peer);
    }
    DWORD error = selector_close(selector);
    expect(error == 0, "the selector closes", "selector_close gave %lu", error);
    expect(in_flight == 0, "nothing is left in flight",
           "the selector is closed, and %d packets have not been taken out",
           in_flight);
}

static void below_the_limit(void)
{
    stage("two registrations with a limit of 2");
    start(0);
    start(1);
    need(in_flight == 2, "below the limit a read starts at once",
         "two registrations with a limit of 2, and %d reads in flight",
         in_flight);
}

static void above_the_limit(void)
{
    stage("three more registrations with a limit of 2");
    for (int i = 2; i < STREAMS; i++)
        start(i);
    need(most_in_flight == 2, "above the limit it waits",
         "the limit is 2, and %d reads are in flight", most_in_flight);
    DWORD error = selector_register(selector, streams[3].operation, 3);
    expect(error == WSAEALREADY, "once is enough",
           "a stream that waits was registered again: that gave %lu, not 10037 "
           "(WSAEALREADY)",
           error);
    take_turns();
    need(most_in_flight == 2 && events.count == 0, "and goes on waiting",
         "no read had ended, and after selector_select %d were in flight",
         most_in_flight);
}

static void one_comes_back(void)
{
    stage("a read that ends, and its stream registered again");
    speak(1);
    wait_for_event();
    need(events.count == 1 && list[0].token == 1 && list[0].bytes == 5,
         "its event comes", "there were %lu events, token %lu, %lu bytes",
         events.count, (unsigned long)list[0].token, list[0].bytes);
    start(1);
    take_turns();
    need(in_flight == 2, "when a read comes back, another starts",
         "a read ended and three streams waited; after two calls of "
         "selector_select %d were in flight, not 2",
         in_flight);
    need(starts == 3 && stream_of(started[2]) == 2,
         "and it is the one that waited longest",
         "streams 2, 3, 4 were waiting, in this order, when stream 1 was "
         "registered again. Started was stream %d: whose turn was it?",
         stream_of(started[2]));
}

/* Two streams talk all the time, two others as well, and one never. */
static void everybody_talks(void)
{
    int heard[STREAMS] = {0};
    stage("all talk, and each is registered again after its event");
    for (int i = 0; i < STREAMS; i++)
        speak(i);
    int begun = starts;
    for (int total = 0; total < 30;) {
        wait_for_event();
        need(events.count > 0, "all are heard in the end",
             "streams wait and their bytes are there, but after %d events "
             "nothing comes any more, with %d in flight",
             total, in_flight);
        for (ULONG i = 0; i < events.count; i++, total++) {
            int stream = (int)list[i].token;
            heard[stream]++;
            speak(stream);
            start(stream);
        }
    }
    for (int i = 0; i < STREAMS; i++)
        expect(heard[i] >= 5 && heard[i] <= 7, "each as often as the others",
               "of 30 events, stream %d had %d: all five talked all the time",
               i, heard[i]);
    expect(most_in_flight == 2 && starts > begun, "and never more than two",
           "the limit is 2, and %d reads were in flight", most_in_flight);
}

static void closed_while_waiting(void)
{
    stage("closing streams that wait (is it still in the queue?)");
    open_all(1);
    for (int i = 0; i < STREAMS; i++)
        start(i);
    close_stream(4);
    close_stream(2);
    close_stream(1);
    speak(3);
    speak(0);
    wait_for_event();
    need(events.count == 1 && list[0].token == 0, "the one in flight goes on",
         "there were %lu events, the first with token %lu", events.count,
         (unsigned long)list[0].token);
    wait_for_event();
    need(events.count == 1 && list[0].token == 3 && list[0].error == 0,
         "a closed stream is passed over",
         "streams 1, 2, 4 were closed while they waited, and it was stream 3's "
         "turn; there were %lu events, token %lu, error %lu: is a closed "
         "operation still in the queue?",
         events.count, (unsigned long)list[0].token, list[0].error);
    expect(starts == 2, "and never started",
           "%d reads were started, though only two streams were left", starts);
    start(0);
    start(3);
    take_turns();
    expect(in_flight == 1 && starts == 3, "and the queue is whole",
           "two were registered with a limit of 1, and %d are in flight",
           in_flight);
    close_all();
}

static void fails_when_started(void)
{
    int heard[3] = {0};
    DWORD error = 0;
    stage("a read that can't be started when its turn comes");
    open_all(1);
    for (int i = 0; i < 3; i++)
        start(i);
    broken = streams[1].socket;
    speak(0);
    speak(2);
    for (int round = 0; round < 3 && !(heard[1] && heard[2]); round++) {
        wait_for_event();
        for (ULONG i = 0; i < events.count; i++) {
            heard[list[i].token]++;
            if (list[i].token == 1)
                error = list[i].error;
        }
    }
    need(heard[1] == 1 && error == RESET, "its event tells the error",
         "stream 1 waited, and when its turn came WSARecv failed with 10054. "
         "selector_register had said 0 long ago; stream 1 has had %d events, "
         "with error %lu: who tells the caller?",
         heard[1], error);
    need(heard[2] == 1, "and the next one has its turn",
         "the read of stream 1 failed, and stream 2 waits for ever: does a "
         "read that failed still count as lent?");
    broken = 0;
    close_all();
}

static void closed_in_flight(void)
{
    stage("closing a stream whose read is in flight");
    open_all(1);
    start(0);
    close_stream(0);
    start(1);
    expect(most_in_flight == 1, "its buffer is lent until its packet is out",
           "stream 0 was closed with its read in flight, limit 1, and stream 1 "
           "was started while the packet of stream 0 was not taken out: its "
           "buffer is still lent");
    take_turns();
    expect(in_flight == 1 && starts == 2, "then the next one starts",
           "the closed stream's packet was taken out, and %d reads are in "
           "flight",
           in_flight);
    close_all();
}

void examine(const Checker *table)
{
    BEGIN(table);
    require(wsa_startup() == 0, "Winsock didn't start");
    open_all(2);
    below_the_limit();
    above_the_limit();
    one_comes_back();
    everybody_talks();
    close_all();
    closed_while_waiting();
    fails_when_started();
    closed_in_flight();
}
