// wrap: PostQueuedCompletionStatus CreateIoCompletionPort
/* Nudges, closes and feeds a loop, and looks at the key and the pointer of each
   packet that is posted on the way. */
#include "check.h"
#include "poll.h"
#include "streams.h"

enum {
    CAPACITY = 4,
    FAR_OFF = 1000,
    TOKEN = 5,
    LONG_MS = 2000,
    SOON_MS = 1000
};

WRAPPED(CreateIoCompletionPort);
WRAPPED(PostQueuedCompletionStatus);

static ULONG_PTR stream_key; /* of the last association */
static ULONG_PTR posted_key; /* of the last packet posted */
static ULONG_PTR closing_key;
static int posts;
static const ULONG_PTR *other_key; /* goes out in place of a packet's key */
static OVERLAPPED *instead;        /* goes out in place of a packet's pointer */

HANDLE WINAPI __wrap_CreateIoCompletionPort(HANDLE file, HANDLE port,
                                            ULONG_PTR key, DWORD threads)
{
    if (port != NULL)
        stream_key = key;
    return __real_CreateIoCompletionPort(file, port, key, threads);
}

BOOL WINAPI __wrap_PostQueuedCompletionStatus(HANDLE port, DWORD bytes,
                                              ULONG_PTR key,
                                              OVERLAPPED *overlapped)
{
    posts++;
    posted_key = key;
    return __real_PostQueuedCompletionStatus(
        port, bytes, other_key != NULL ? *other_key : key,
        instead != NULL ? instead : overlapped);
}

static Poll loop;
static Registrator registrator;
static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};
static Operation *stream;
static SOCKET peer;

static void open_loop(void)
{
    require(poll_create(&loop) == 0 &&
                poll_registrator(&loop, &registrator) == 0,
            "no loop could be made");
    stream = new_stream(&peer);
}

static void close_all(void)
{
    operation_close(stream);
    close_socket(peer);
    DWORD error = poll_destroy(&loop);
    expect(error == 0, "the poll is destroyed", "poll_destroy gave error %lu",
           error);
    registrator_release(&registrator);
}

static void start_read(void)
{
    DWORD error = registrator_register(&registrator, stream, TOKEN, READABLE);
    require(error == 0, "registrator_register gave error %lu", error);
}

static void send_hello(void)
{
    require(send_all(peer, "hello", 5) == 0, "sending failed");
    pause_ms(20);
}

static void feed(void)
{
    start_read();
    send_hello();
}

/* Polls until there is an event, an error or no time left. */
static DWORD next_event(void)
{
    unsigned long start = milliseconds();
    DWORD error = 0;
    events.count = 0;
    while (error == 0 && events.count == 0 && milliseconds() - start < SOON_MS)
        error = poll_wait(&loop, &events, 50);
    return error;
}

static int is_ours(DWORD error)
{
    return error == 0 && events.count == 1 && list[0].token == TOKEN &&
           list[0].bytes == 5 && list[0].error == 0;
}

static void nudge_ahead(void)
{
    stage("a nudge while nobody waits");
    DWORD error = registrator_nudge(&registrator);
    need(error == 0 && posts == 1, "a nudge is a packet",
         "registrator_nudge gave error %lu and posted %d packets", error,
         posts);
    unsigned long start = milliseconds();
    error = poll_wait(&loop, &events, LONG_MS);
    need(error != ERROR_ABANDONED_WAIT_0, "a nudge doesn't end the loop",
         "after a nudge poll_wait gave 735: the nudge was taken for the order "
         "to close. Both have a null pointer; what else is in a packet?");
    need(error == 0 && events.count == 0, "a nudge brings an empty batch",
         "after a nudge poll_wait gave error %lu and %lu events", error,
         events.count);
    expect(milliseconds() - start < SOON_MS, "a nudge isn't lost",
           "a nudge came before the wait, and poll_wait still waited %lu ms",
           milliseconds() - start);
}

static void nudge_later(void *unused)
{
    (void)unused;
    pause_ms(40);
    registrator_nudge(&registrator);
}

static void nudge_asleep(void)
{
    stage("a nudge while a thread waits");
    in_thread(nudge_later, NULL);
    unsigned long start = milliseconds();
    DWORD error = poll_wait(&loop, &events, LONG_MS);
    expect(error == 0 && events.count == 0 && milliseconds() - start < SOON_MS,
           "a nudge wakes a waiter",
           "a thread was nudged in its wait of %d ms: poll_wait gave error %lu "
           "after %lu ms",
           LONG_MS, error, milliseconds() - start);
}

static void streams(void)
{
    stage("a stream's packet");
    feed();
    DWORD error = next_event();
    need(is_ours(error), "a stream's event is handed out",
         "a stream got 5 bytes: poll_wait gave error %lu and %lu events. Its "
         "socket is associated with key %llu: is that a key of its own?",
         error, events.count, (unsigned long long)stream_key);

    stage("a nudge and a stream's packet at once");
    feed();
    registrator_nudge(&registrator);
    error = next_event();
    expect(is_ours(error), "a nudge doesn't cost an event",
           "a stream's packet was in the port, and then a nudge: poll_wait "
           "gave error %lu and %lu events",
           error, events.count);

    stage("a nudge, and a stream's packet behind it");
    start_read();
    registrator_nudge(&registrator);
    send_hello();
    error = next_event();
    expect(is_ours(error), "an event behind a nudge is handed out",
           "a nudge was in the port, and a stream's packet behind it: "
           "poll_wait gave error %lu and %lu events. Were all packets of the "
           "batch looked at?",
           error, events.count);
    expect(poll_wait(&loop, &events, 0) == 0, "the loop goes on",
           "after events and nudges poll_wait gave an error");
}

static void then_the_end(void)
{
    for (int i = 0; i < 2; i++) {
        DWORD error = next_event();
        expect(error == ERROR_ABANDONED_WAIT_0, "then comes 735",
               "a closed loop that has handed out its events gave error %lu "
               "from poll_wait: were all packets of the batch looked at, and "
               "does the loop stay closed whatever comes behind?",
               error);
    }
}

static void close_loop(void)
{
    stage("closing the loop while an event and a nudge are in the port");
    feed();
    registrator_nudge(&registrator);
    ULONG_PTR nudge_key = posted_key;
    int before = posts;
    DWORD error = registrator_close_loop(&registrator);
    need(error == 0 && posts > before, "the loop is closed by a packet",
         "registrator_close_loop gave error %lu and posted %d packets: how is "
         "a waiting thread to hear of it?",
         error, posts - before);
    closing_key = posted_key;
    expect(posted_key != stream_key && posted_key != nudge_key,
           "the closing packet has a key of its own",
           "the closing packet was posted with key %llu, a stream's packet has "
           "%llu and a nudge %llu: how can select tell them apart by it?",
           (unsigned long long)posted_key, (unsigned long long)stream_key,
           (unsigned long long)nudge_key);
    error = next_event();
    expect(is_ours(error), "what has completed is handed out first",
           "an event was in the port when the loop was closed: poll_wait gave "
           "error %lu and %lu events",
           error, events.count);
    then_the_end();
}

static void event_behind(void)
{
    stage("an event behind the closing packet");
    start_read();
    DWORD error = registrator_close_loop(&registrator);
    require(error == 0, "registrator_close_loop gave error %lu", error);
    send_hello();
    error = next_event();
    expect(is_ours(error), "an event behind the closing packet is handed out",
           "the closing packet and a stream's packet behind it came out "
           "together: poll_wait gave error %lu and %lu events. Were all "
           "packets of the batch looked at?",
           error, events.count);
    then_the_end();
}

static void nudge_with(ULONG_PTR key)
{
    stage("a packet with a null pointer and key %llu", (unsigned long long)key);
    other_key = &key;
    DWORD error = registrator_nudge(&registrator);
    other_key = NULL;
    require(error == 0, "registrator_nudge gave error %lu", error);
    error = poll_wait(&loop, &events, LONG_MS);
    need(error == 0 && events.count == 0, "a null pointer is a nudge",
         "a packet had a null pointer and key %llu, which isn't the closing "
         "one, %llu: poll_wait gave error %lu and %lu events. Which keys close "
         "the loop, and which pointers are followed?",
         (unsigned long long)key, (unsigned long long)closing_key, error,
         events.count);
}

static void other_keys(void)
{
    nudge_with(closing_key + FAR_OFF);
    feed();
    require(is_ours(next_event()), "a stream's event wasn't handed out");
    nudge_with(stream_key);
}

static void close_with_pointer(void)
{
    stage("a closing packet with a pointer that is no good (don't follow it)");
    instead = (OVERLAPPED *)16;
    DWORD error = registrator_close_loop(&registrator);
    instead = NULL;
    require(error == 0, "registrator_close_loop gave error %lu", error);
    error = next_event();
    expect(error == ERROR_ABANDONED_WAIT_0, "the key alone closes the loop",
           "the closing packet was given another pointer on its way: "
           "poll_wait gave error %lu",
           error);
}

void examine(const Checker *table)
{
    BEGIN(table);
    stage("making a loop");
    require(wsa_startup() == 0, "Winsock did not start");
    open_loop();
    nudge_ahead();
    nudge_asleep();
    streams();
    close_loop();
    stage("destroying the poll");
    close_all();
    open_loop();
    event_behind();
    stage("destroying the poll after an event behind the closing packet");
    close_all();
    open_loop();
    other_keys();
    close_with_pointer();
    stage("destroying the poll after a closing packet with a pointer");
    close_all();
}
