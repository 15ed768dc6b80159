// wrap: WSARecv GetQueuedCompletionStatusEx closesocket
// wrap: malloc calloc realloc free
// sizes: Selector Event Event.token Event.bytes Event.error Operation.state
/* Knows of each stream when its read is started, when its packet is taken out
   and when its event comes. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "guard.h"
#include "selector.h"
#include "streams.h"

enum {
    STREAMS = 6,
    TOKEN = 100, /* of stream 0 */
    CAPACITY = 8,
    BEHIND = 16, /* places behind the list, to be left alone */
    FILL = 0xA5,
    PATIENCE = 1000,
    STARTS = 256,
    RESET = 10054
};

extern const unsigned long long size_of_Selector, size_of_Event,
    offset_of_Event_token, offset_of_Event_bytes, offset_of_Event_error,
    offset_of_Operation_state;

void WINAPI WSASetLastError(int iError);
WRAPPED(WSARecv);
WRAPPED(GetQueuedCompletionStatusEx);
WRAPPED(closesocket);

typedef struct Stream {
    Operation *operation, *memory; /* operation is NULL once it is closed */
    SOCKET socket, peer;
    const OVERLAPPED *lent; /* with the read in flight, or NULL */
    BOOL broken;            /* its reads can't be started */
    int starts;             /* reads, those that failed as well */
    int ends;               /* packets taken out, and starts that failed */
    int events;
    DWORD bytes, error; /* as its last event said */
    int closed;
} Stream;

static Selector *selector;
static ULONG limit;
static Stream streams[STREAMS];
static int most_in_flight;
static int started[STARTS]; /* which streams' reads, in this order */
static int starts;
static BOOL slept;         /* it would have waited for ever */
static int then_in_flight; /* when there was nothing more to hear */
static BOOL closing;

static unsigned char *list;
static Events events;

static Stream *stream_of(SOCKET s)
{
    for (int i = 0; i < STREAMS; i++)
        if (streams[i].socket == s)
            return &streams[i];
    return NULL;
}

static int in_flight(void)
{
    int count = 0;
    for (int i = 0; i < STREAMS; i++)
        count += streams[i].lent != NULL;
    return count;
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    int result = -1;
    Stream *stream = stream_of(s);
    if (stream != NULL) {
        stream->starts++;
        if (starts < STARTS)
            started[starts++] = (int)(stream - streams);
    }
    if (stream != NULL && stream->broken)
        WSASetLastError(RESET);
    else
        result = __real_WSARecv(s, buffers, count, received, flags, overlapped,
                                routine);
    if (stream == NULL)
        return result;
    if (result != 0 && WSAGetLastError() != WSA_IO_PENDING) {
        stream->ends++;
        return result;
    }
    stream->lent = overlapped;
    if (in_flight() > most_in_flight)
        most_in_flight = in_flight();
    return result;
}

/* Packets that no read stands behind are of no interest. */
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    DWORD most = timeout > PATIENCE ? PATIENCE : timeout;
    BOOL succeeded = __real_GetQueuedCompletionStatusEx(
        port, entries, capacity, removed, most, alertable);
    if (!succeeded) {
        BOOL for_ever = timeout > PATIENCE && GetLastError() == WAIT_TIMEOUT;
        slept = slept || for_ever;
        then_in_flight = in_flight();
        if (for_ever && closing)
            need(0, "selector_close comes to an end",
                 "selector_close waits for packets, and there are %d reads in "
                 "flight: how many are lent, by the selector's count?",
                 in_flight());
        return FALSE;
    }
    for (ULONG i = 0; i < *removed; i++)
        for (int j = 0; j < STREAMS; j++)
            if (streams[j].lent != NULL &&
                streams[j].lent == entries[i].lpOverlapped) {
                streams[j].lent = NULL;
                streams[j].ends++;
            }
    return TRUE;
}

int WINAPI __wrap_closesocket(SOCKET s)
{
    Stream *stream = stream_of(s);
    if (stream != NULL)
        stream->closed++;
    return __real_closesocket(s);
}

static void open_selector(ULONG new_limit)
{
    limit = new_limit;
    selector = calloc(1, size_of_Selector);
    require(selector != NULL && selector_open(selector, limit) == 0,
            "selector_open failed");
}

static void open_all(ULONG new_limit)
{
    open_selector(new_limit);
    events.capacity = CAPACITY;
    most_in_flight = starts = 0;
    memset(streams, 0, sizeof streams);
    for (int i = 0; i < STREAMS; i++) {
        Operation *operation = new_stream(&streams[i].peer);
        streams[i].operation = streams[i].memory = operation;
        streams[i].socket = operation->socket;
    }
}

/* Has this stream's read, which is in flight or waits, end with bytes. */
static void speak(int stream)
{
    require(send_all(streams[stream].peer, "hello", 5) == 0, "sending failed");
}

/* Until what was sent has arrived, and made packets. */
static void let_arrive(void)
{
    pause_ms(30);
}

static DWORD register_again(int stream)
{
    return selector_register(selector, streams[stream].operation,
                             (Token)(TOKEN + stream));
}

static void start(int stream)
{
    DWORD error = register_again(stream);
    if (error != 0)
        need(0, "registering gives 0, now or later",
             "registering stream %d gave %lu, with %d reads in flight and a "
             "limit of %lu: too many reads is no error, it is a reason to wait",
             stream, error, in_flight(), limit);
}

static void start_up_to(int last)
{
    for (int i = 0; i <= last; i++)
        start(i);
}

static void take_event(const unsigned char *event)
{
    Token token = *(const Token *)(event + offset_of_Event_token);
    if (token < TOKEN || token >= TOKEN + STREAMS)
        need(0, "an event has its stream's token",
             "the streams were registered with tokens %d to %d, and an event "
             "has token %lu: who remembers the token while a stream waits?",
             TOKEN, TOKEN + STREAMS - 1, (unsigned long)token);
    int i = (int)(token - TOKEN);
    if (streams[i].operation == NULL)
        need(0, "no event of a closed stream",
             "stream %d was closed, and there is an event of it: who waits for "
             "it?",
             i);
    if (streams[i].events == streams[i].ends)
        need(0, "one event for each read",
             "stream %d has had %d events, and this one tells of no read that "
             "has ended: is it the second one of its read?",
             i, streams[i].events);
    streams[i].events++;
    streams[i].bytes = *(const DWORD *)(event + offset_of_Event_bytes);
    streams[i].error = *(const DWORD *)(event + offset_of_Event_error);
}

static void look(DWORD timeout)
{
    size_t used = (size_t)(events.capacity * size_of_Event);
    size_t all = (size_t)((CAPACITY + BEHIND) * size_of_Event);
    memset(list, FILL, all);
    DWORD error = selector_select(selector, &events, timeout);
    if (error != 0)
        need(0, "selector_select succeeds",
             "selector_select gave error %lu, with a list for %lu events, %lu "
             "in it, and %d reads in flight",
             error, events.capacity, events.count, in_flight());
    if (events.count > events.capacity)
        need(0, "no more events than there is room for",
             "selector_select put %lu events into a list for %lu: where do the "
             "others stand?",
             events.count, events.capacity);
    for (size_t i = used; i < all; i++)
        if (list[i] != FILL)
            need(0, "nothing is written behind the list",
                 "selector_select gave %lu events in a list for %lu, and wrote "
                 "something behind the end of the list",
                 events.count, events.capacity);
    for (ULONG i = 0; i < events.count; i++)
        take_event(list + i * size_of_Event);
}

/* Waits as a program does: for ever, and again after an empty batch. FALSE if
   there was nothing to wait for. */
static BOOL hear(void)
{
    unsigned long begun = milliseconds();
    slept = FALSE;
    do
        look(INFINITE);
    while (events.count == 0 && !slept && milliseconds() - begun < PATIENCE);
    if (!slept)
        then_in_flight = in_flight();
    return events.count > 0 && !slept;
}

/* Has one of them had this many events? Waits until it has, or for nothing. */
static BOOL hear_from(int stream, int number)
{
    while (streams[stream].events < number)
        if (!hear())
            return FALSE;
    return TRUE;
}

/* Of a stream that has spoken, and whose read is in flight or next. */
static void must_hear_from(int stream, int number)
{
    BOOL heard = hear_from(stream, number);
    need(heard, "who speaks is heard",
         "stream %d spoke, and it has had %d events, not %d, with %d reads in "
         "flight and a limit of %lu",
         stream, streams[stream].events, number, then_in_flight, limit);
}

/* Lets whoever waits be started. */
static void take_turns(void)
{
    for (int i = 0; i < 4; i++)
        look(3);
}

static int state_of(int stream)
{
    int state;
    memcpy(&state,
           (const char *)streams[stream].operation + offset_of_Operation_state,
           sizeof state);
    return state;
}

static void close_stream(int i)
{
    DWORD error = operation_close(streams[i].operation);
    streams[i].operation = NULL;
    if (error != 0 || streams[i].closed == 0)
        need(0, "an operation closes",
             "operation_close(stream %d) gave %lu, and closesocket was called "
             "%d times: what does its peer see?",
             i, error, streams[i].closed);
}

static void close_selector(void)
{
    closing = TRUE;
    DWORD error = selector_close(selector);
    closing = FALSE;
    expect(error == 0, "the selector closes", "selector_close gave %lu", error);
    free(selector);
}

static void nothing_left(void)
{
    int lost = 0;
    expect(in_flight() == 0, "nothing is left in flight",
           "the selector is closed, and %d packets of closed operations have "
           "not been taken out: when is a buffer back that was in flight?",
           in_flight());
    for (int i = 0; i < STREAMS; i++)
        lost += guard_lives(streams[i].memory);
    expect(lost == 0, "every operation is freed",
           "all %d operations are closed, and so is the selector, and %d of "
           "them have not been freed: who frees one that waited, and no packet "
           "will come?",
           STREAMS, lost);
}

static void close_streams(void)
{
    for (int i = 0; i < STREAMS; i++) {
        if (streams[i].operation != NULL)
            close_stream(i);
        close_socket(streams[i].peer);
    }
}

static void close_all(void)
{
    expect(most_in_flight <= (int)limit, "never more than the limit",
           "the limit was %lu, and %d reads were in flight", limit,
           most_in_flight);
    stage("closing all streams, some of which wait, and the selector");
    close_streams();
    close_selector();
    nothing_left();
}

static void below_the_limit(void)
{
    stage("two registrations with a limit of 2");
    start(0);
    start(1);
    need(in_flight() == 2, "below the limit a read starts at once",
         "two registrations with a limit of 2, and %d reads in flight",
         in_flight());
}

static void above_the_limit(void)
{
    stage("more registrations with a limit of 2");
    for (int i = 2; i < STREAMS; i++)
        start(i);
    need(most_in_flight == 2, "above the limit it waits",
         "the limit is 2, and %d reads are in flight", most_in_flight);
    DWORD error = register_again(3);
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
    must_hear_from(1, 1);
    need(streams[1].bytes == 5, "its event tells of the bytes",
         "a read ended with 5 bytes, and its event has %lu", streams[1].bytes);
    int done = state_of(1);
    start(1);
    int waiting = state_of(1);
    take_turns();
    need(in_flight() == 2, "when a read comes back, another starts",
         "a read ended and four streams waited; after four calls of "
         "selector_select %d were in flight, not 2",
         in_flight());
    need(starts == 3 && started[2] == 2,
         "and it is the one that waited longest",
         "streams 2, 3, 4, 5 were waiting, in this order, when stream 1 was "
         "registered again. Started was stream %d: whose turn was it?",
         started[2]);
    expect(waiting != done, "an operation that waits is not done",
           "stream 1's read had ended, and its state was %d (OPERATION_DONE). "
           "It was registered again and waits, and its state is %d still: "
           "which bytes would tcp_stream_read hand out now?",
           done, waiting);
}

static void everybody_talks(void)
{
    int before[STREAMS];
    stage("all talk, and each is registered again after its event");
    for (int i = 0; i < STREAMS; i++) {
        before[i] = streams[i].events;
        speak(i);
    }
    for (int total = 0; total < 30;) {
        int known[STREAMS];
        for (int i = 0; i < STREAMS; i++)
            known[i] = streams[i].events;
        if (!hear())
            need(0, "all are heard in the end",
                 "streams wait and their bytes are there, but after %d events "
                 "nothing comes any more, with %d reads in flight and a limit "
                 "of %lu",
                 total, then_in_flight, limit);
        for (int i = 0; i < STREAMS; i++)
            if (streams[i].events > known[i]) {
                total++;
                speak(i);
                start(i);
            }
    }
    for (int i = 0; i < STREAMS; i++) {
        int heard = streams[i].events - before[i];
        expect(heard >= 4 && heard <= 6, "each as often as the others",
               "of 30 events, stream %d had %d: all %d talked all the time", i,
               heard, STREAMS);
    }
}

static void several_come_back(void)
{
    stage("three reads that end at once, with three streams waiting");
    open_all(3);
    start_up_to(5);
    for (int i = 0; i < 3; i++)
        speak(i);
    let_arrive();
    for (int i = 0; i < 3; i++)
        must_hear_from(i, 1);
    speak(5);
    BOOL heard = hear_from(5, 1);
    need(heard, "all buffers are lent again",
         "three reads ended, limit 3, and streams 3, 4, 5 waited. The last has "
         "spoken; selector_select waits for ever with %d reads in flight: how "
         "many may it start?",
         then_in_flight);
    close_all();
}

static void a_full_list(void)
{
    stage("a list for one event");
    open_all(1);
    events.capacity = 1;
    start_up_to(1);
    speak(0);
    speak(1);
    let_arrive();
    must_hear_from(0, 1);
    BOOL heard = hear_from(1, 1);
    need(heard, "a full list holds nobody up",
         "the limit was 1, stream 1 waited, and stream 0's event filled a list "
         "for one. The next selector_select waits for ever with %d reads in "
         "flight: who starts stream 1, and when?",
         then_in_flight);
    close_all();
}

static void both_always_talk(void)
{
    stage("two streams that talk all the time, a limit of 1 and a list for one "
          "event");
    int heard[2] = {0, 0};
    open_all(1);
    events.capacity = 1;
    start_up_to(1);
    speak(0);
    speak(1);
    for (int turn = 0; turn < 6 && hear(); turn++)
        for (int i = 0; i < 2; i++)
            if (streams[i].events > heard[i]) {
                heard[i]++;
                speak(i);
                start(i);
            }
    expect(heard[0] == 3 && heard[1] == 3, "a free buffer is for who waits",
           "streams 0 and 1 talked all the time, and each was registered again "
           "right after its event. The limit was 1 and the list had room for "
           "one event: stream 0 had %d, stream 1 had %d. A buffer is free and "
           "somebody waits: who may have it?",
           heard[0], heard[1]);
    close_all();
}

static void fails_when_started(void)
{
    stage("a read that can't be started when its turn comes");
    open_all(1);
    start(1);
    speak(1);
    must_hear_from(1, 1);
    start_up_to(2);
    streams[1].broken = TRUE;
    speak(0);
    speak(2);
    BOOL next_heard = hear_from(2, 1) && hear_from(1, 2);
    need(streams[1].events == 2 && streams[1].error == RESET,
         "its event tells the error",
         "stream 1 waited, and when its turn came WSARecv failed with 10054. "
         "selector_register had said 0 long ago; stream 1 has had %d events of "
         "it, with error %lu: who tells the caller?",
         streams[1].events - 1, streams[1].error);
    expect(streams[1].bytes == 0, "with 0 bytes",
           "the event of a read that could not be started has %lu bytes, not 0",
           streams[1].bytes);
    need(next_heard, "the next one has its turn",
         "stream 1 could not be started. Behind it waits stream 2, which has "
         "spoken, but selector_select waits for ever with %d reads in flight "
         "and a limit of 1: does a failed start hold a buffer? If not, who "
         "starts the next one?",
         then_in_flight);
    streams[1].broken = FALSE;
    DWORD error = register_again(1);
    need(error == 0, "and the stream can be registered again",
         "the event of stream 1 told of a failed start; registering it again "
         "gave %lu: in which state was it left?",
         error);
    speak(1);
    must_hear_from(1, 3);
    close_all();
}

static void fails_when_the_list_is_full(void)
{
    stage("a read that can't be started, and a list that is full");
    open_all(2);
    events.capacity = 2;
    start_up_to(2);
    streams[2].broken = TRUE;
    speak(0);
    speak(1);
    let_arrive();
    hear_from(0, 1);
    hear_from(1, 1);
    BOOL told = streams[2].events > 0;
    DWORD error = told ? WSAEALREADY : register_again(2);
    BOOL heard = hear_from(2, 1);
    need(streams[2].events == 1, "its event comes with a later call",
         "two events filled a list for two, and the stream whose turn it was "
         "then could not be started. There have been %d events of it: what "
         "becomes of an event that finds no room?",
         streams[2].events);
    expect(
        error == WSAEALREADY, "until it is told, it waits",
        "stream 2 waited, and before there was an event of it, it was "
        "registered again. That gave %lu, not 10037 (WSAEALREADY): what does "
        "its owner know of its turn?",
        error);
    expect(heard, "and at once",
           "WSARecv failed for stream 2, and selector_select waited for a "
           "packet, with %d reads in flight, before it told: for how long, if "
           "no peer speaks?",
           then_in_flight);
    close_all();
}

static void more_than_the_list_holds(void)
{
    stage("more failed starts than the list has room for");
    open_all(1);
    events.capacity = 1;
    start_up_to(4);
    for (int i = 1; i <= 3; i++)
        streams[i].broken = TRUE;
    speak(0);
    speak(4);
    let_arrive();
    hear_from(4, 1);
    int told = 0;
    for (int i = 1; i <= 3; i++)
        told += streams[i].events;
    need(told == 3, "none is lost",
         "three reads failed when their turn came, the list had room for one "
         "event, and in the end there were events of %d of them: what becomes "
         "of those that find no room?",
         told);
    must_hear_from(0, 1);
    must_hear_from(4, 1);
    close_all();
}

static void failures_and_packets(void)
{
    stage("a failed start and two packets that come together");
    open_all(3);
    events.capacity = 1;
    start_up_to(3);
    streams[3].broken = TRUE;
    speak(0);
    must_hear_from(0, 1);
    speak(1);
    speak(2);
    let_arrive();
    events.capacity = 2;
    for (int i = 1; i <= 3; i++) {
        BOOL heard = hear_from(i, 1);
        need(heard, "each has its event",
             "two packets and a failed start were to be told of, in a list for "
             "two, and stream %d has had %d events",
             i, streams[i].events);
    }
    close_all();
}

static void closed_while_waiting(void)
{
    stage("closing streams that wait (is it still in the queue?)");
    open_all(1);
    start_up_to(4);
    close_stream(4);
    close_stream(2);
    close_stream(1);
    speak(3);
    speak(0);
    must_hear_from(0, 1);
    hear_from(3, 1);
    need(streams[3].events == 1 && streams[3].error == 0,
         "a closed stream is passed over",
         "streams 1, 2, 4 were closed while they waited, and it was stream 3's "
         "turn; it had %d events, with error %lu: is a closed operation still "
         "in the queue?",
         streams[3].events, streams[3].error);
    expect(starts == 2, "and never started",
           "%d reads were started, though only two streams were left", starts);
    start(0);
    start(3);
    take_turns();
    expect(in_flight() == 1 && starts == 3, "and the queue is whole",
           "two were registered with a limit of 1, and %d are in flight",
           in_flight());
    close_all();
}

static void closed_at_the_end(void)
{
    stage("registering a stream after the last of the queue was closed (who is "
          "the last now?)");
    open_all(1);
    start_up_to(2);
    close_stream(2);
    start(3);
    speak(0);
    must_hear_from(0, 1);
    speak(1);
    must_hear_from(1, 1);
    speak(3);
    BOOL heard = hear_from(3, 1);
    need(heard, "who comes after it is heard",
         "streams 1 and 2 waited, 2 was closed, and then stream 3 was "
         "registered, which is never heard: who is the last in the queue now?");
    start(3);
    start(4);
    close_stream(4);
    start(5);
    speak(3);
    must_hear_from(3, 2);
    speak(5);
    heard = hear_from(5, 1);
    need(heard, "also when nobody is left",
         "the only stream that waited was closed, and then stream 5 was "
         "registered, which is never heard: what is left of a queue when its "
         "only one goes?");
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
    speak(1);
    BOOL heard = hear_from(1, 1);
    need(heard, "then the next one starts",
         "stream 0 was closed with its read in flight, limit 1, and stream 1, "
         "which waited and spoke, is never heard: %d reads are in flight",
         then_in_flight);
    close_all();
}

static void two_selectors(void)
{
    stage("two selectors");
    open_all(1);
    start_up_to(1);
    Selector *first = selector;
    open_selector(2);
    Selector *second = selector;
    start(2);
    expect(in_flight() == 2, "each selector has its own limit and queue",
           "a stream waited in one selector, and the first one was registered "
           "with another: %d reads are in flight, not 2. Whom does it wait "
           "for?",
           in_flight());
    take_turns();
    expect(streams[1].starts == 0, "and starts its own streams",
           "a selector with a limit of 1 and one read in flight has a stream "
           "that waits, and selector_select of another selector started it: "
           "in whose queue was it?");
    start(3);
    start(4);
    selector = first;
    limit = 1;
    speak(0);
    speak(1);
    must_hear_from(0, 1);
    must_hear_from(1, 1);
    selector = second;
    limit = 2;
    speak(2);
    speak(4);
    must_hear_from(2, 1);
    must_hear_from(4, 1);
    stage("closing two selectors and their streams");
    close_streams();
    close_selector();
    selector = first;
    close_selector();
    nothing_left();
}

void examine(const Checker *table)
{
    BEGIN(table);
    require(wsa_startup() == 0, "Winsock didn't start");
    list = malloc((CAPACITY + BEHIND) * size_of_Event);
    require(list != NULL, "no memory");
    events = (Events){.list = (Event *)list, .capacity = CAPACITY};
    open_all(2);
    below_the_limit();
    above_the_limit();
    one_comes_back();
    everybody_talks();
    close_all();
    several_come_back();
    a_full_list();
    both_always_talk();
    fails_when_started();
    fails_when_the_list_is_full();
    more_than_the_list_holds();
    failures_and_packets();
    closed_while_waiting();
    closed_at_the_end();
    closed_in_flight();
    two_selectors();
}
