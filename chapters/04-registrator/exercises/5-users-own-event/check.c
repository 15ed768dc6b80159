// wrap: malloc calloc realloc free PostQueuedCompletionStatus
// sizes: Poll Registrator Event Event.token Event.bytes Event.error
/* Posts events with every kind of token and number, alone and among those of
   streams, and counts what is left in memory. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "guard.h"
#include "poll.h"
#include "streams.h"

enum {
    CAPACITY = 4,
    STREAM = 5,
    SOON_MS = 1000,
    STACK = 1 << 20,
    NO_QUOTA = 8,
    PENDING = 200
};

void WINAPI SetLastError(DWORD dwErrCode);
WRAPPED(PostQueuedCompletionStatus);

extern const unsigned long long size_of_Poll, size_of_Registrator,
    size_of_Event, offset_of_Event_token, offset_of_Event_bytes,
    offset_of_Event_error;

static int posts, on_stack;
static DWORD fail_post; /* the next one is to fail so */

BOOL WINAPI __wrap_PostQueuedCompletionStatus(HANDLE port, DWORD bytes,
                                              ULONG_PTR key,
                                              OVERLAPPED *overlapped)
{
    char here;
    intptr_t distance = (char *)overlapped - &here;
    DWORD error = fail_post;
    posts++;
    on_stack = distance > -STACK && distance < STACK;
    fail_post = 0;
    if (error == 0)
        return __real_PostQueuedCompletionStatus(port, bytes, key, overlapped);
    SetLastError(error);
    return 0;
}

/* What a user posts, and finds in the event. */
typedef struct Own {
    Token token;
    DWORD number;
} Own;

static Poll *loop;
static Registrator *registrator;
static char *list;
static Events events;
static Operation *stream;
static SOCKET peer;
static int living; /* blocks of memory before the loop was made */

static Own event_at(ULONG i)
{
    const char *event = list + i * size_of_Event;
    return (Own){*(const Token *)(event + offset_of_Event_token),
                 *(const DWORD *)(event + offset_of_Event_bytes)};
}

static DWORD error_at(ULONG i)
{
    return *(const DWORD *)(list + i * size_of_Event + offset_of_Event_error);
}

static void open_loop(void)
{
    living = guard_living();
    require(poll_create(loop) == 0 && poll_registrator(loop, registrator) == 0,
            "no loop could be made");
    stream = new_stream(&peer);
}

static void start_read(void)
{
    DWORD error = registrator_register(registrator, stream, STREAM, READABLE);
    require(error == 0, "registrator_register gave error %lu", error);
}

/* Polls until there is an event, an error or no time left. */
static DWORD next_events(void)
{
    unsigned long start = milliseconds();
    DWORD error = 0;
    events.count = 0;
    /* What isn't written isn't 0. */
    memset(list, 0xAA, CAPACITY * size_of_Event);
    while (error == 0 && events.count == 0 && milliseconds() - start < SOON_MS)
        error = poll_wait(loop, &events, 50);
    return error;
}

static void post(Own own)
{
    DWORD error = registrator_post(registrator, own.token, own.number);
    need(error == 0, "an event is posted", "registrator_post gave error %lu",
         error);
}

/* Takes these events out, in any order. */
static void take(const Own *posted, ULONG count, const char *when)
{
    BOOL found[8] = {FALSE};
    for (ULONG taken = 0; taken < count; taken += events.count) {
        DWORD error = next_events();
        need(error != ERROR_ABANDONED_WAIT_0, "the event is handed out",
             "%s, %lu of %lu events came out, and then poll_wait gave 735: "
             "which packet was taken for the order to end? (token %llu, number "
             "%lu was one that was posted)",
             when, taken, count, (unsigned long long)posted[taken].token,
             posted[taken].number);
        need(error == 0 && events.count > 0 && events.count <= CAPACITY,
             "the event is handed out",
             "%s, %lu of %lu events came out, and then poll_wait gave error "
             "%lu and %lu events",
             when, taken, count, error, events.count);
        for (ULONG i = 0; i < events.count; i++) {
            Own own = event_at(i);
            ULONG j = 0;
            while (j < count && (found[j] || posted[j].token != own.token ||
                                 posted[j].number != own.number))
                j++;
            need(j < count && error_at(i) == 0,
                 "the event says what was posted",
                 "%s, an event came with token %llu, bytes %lu, error %lu, "
                 "which nobody posted (one posted was %llu, %lu)",
                 when, (unsigned long long)own.token, own.number, error_at(i),
                 (unsigned long long)posted[0].token, posted[0].number);
            found[j] = TRUE;
        }
    }
}

static void one(void)
{
    stage("one event");
    const Own own = {7, 42};
    DWORD error = registrator_post(registrator, own.token, own.number);
    need(error == 0 && posts == 1, "an event is a packet",
         "registrator_post gave error %lu and posted %d packets", error, posts);
    need(!on_stack, "a packet carries nothing that is gone",
         "the packet carries an address on the stack of the thread that posts: "
         "what will be there when the packet is taken out?");
    error = next_events();
    need(error != ERROR_ABANDONED_WAIT_0, "an event doesn't end the loop",
         "an event was posted (token 7, number 42), and poll_wait gave 735: "
         "what does select take a packet with a null pointer for?");
    need(error == 0 && events.count == 1, "an event comes out",
         "an event was posted, and poll_wait gave error %lu and %lu events",
         error, events.count);
    need(
        event_at(0).token == 7 && event_at(0).number == 42 && error_at(0) == 0,
        "it says what was posted",
        "token 7 and number 42 were posted, and an event came with token %llu, "
        "bytes %lu, error %lu",
        (unsigned long long)event_at(0).token, event_at(0).number, error_at(0));
}

static void any(void)
{
    static const Own posted[] = {
        {0, 0},
        {0, 1},
        {1, 0},
        {2, 997},
        {(Token)-1, 0xFFFFFFFF},
        {(Token)1 << (sizeof(Token) * 8 - 1), 258},
        {(Token)7 << (sizeof(Token) * 4), 5},
    };
    const ULONG count = sizeof posted / sizeof *posted;
    stage("tokens and numbers of every kind");
    for (ULONG i = 0; i < count; i++) {
        post(posted[i]);
        take(&posted[i], 1, "after one post");
    }
    stage("more events than the caller's array has room for");
    for (ULONG i = 0; i < count; i++)
        post(posted[i]);
    take(posted, count, "after seven posts");
}

static void many(void)
{
    static BOOL seen[PENDING];
    DWORD error = 0;
    ULONG taken = 0, right = 0;
    stage("%d events that nobody has taken out yet", PENDING);
    for (DWORD i = 0; i < PENDING; i++)
        post((Own){i, i});
    while (taken < PENDING && error == 0) {
        error = next_events();
        if (events.count == 0)
            break;
        for (ULONG i = 0; i < events.count; i++, taken++) {
            Own own = event_at(i);
            if (own.token < PENDING && own.number == own.token &&
                !seen[own.token]) {
                seen[own.token] = TRUE;
                right++;
            }
        }
    }
    need(right == PENDING, "none is lost, none comes twice",
         "%d events were posted before anybody polled: %lu came out, %lu of "
         "them as they were posted and once (the last error was %lu)",
         PENDING, taken, right, error);
}

static void post_later(void *unused)
{
    (void)unused;
    pause_ms(40);
    registrator_post(registrator, 3, 4);
}

static void asleep(void)
{
    stage("an event while a thread waits");
    in_thread(post_later, NULL);
    unsigned long start = milliseconds();
    DWORD error = poll_wait(loop, &events, 2000);
    expect(error == 0 && events.count == 1 && milliseconds() - start < SOON_MS,
           "the waiter is woken",
           "an event was posted to a thread in its wait: poll_wait gave error "
           "%lu and %lu events after %lu ms",
           error, events.count, milliseconds() - start);
}

static void among_streams(void)
{
    static const Own all[] = {{STREAM, 5}, {STREAM, 6}};
    stage("an event with the token of a stream");
    for (int i = 0; i < 2; i++) {
        start_read();
        require(send_all(peer, "hello", 5) == 0, "sending failed");
        post(all[1]);
        take(all, 2, "after 5 bytes for a stream, and a post");
    }
}

static void close_loop(void)
{
    static const Own posted[] = {{0, 1}, {8, 2}};
    stage("posting, then closing the loop");
    post(posted[0]);
    post(posted[1]);
    require(registrator_close_loop(registrator) == 0, "closing failed");
    take(posted, 2, "after two posts and close_loop");
    DWORD error = next_events();
    expect(error == ERROR_ABANDONED_WAIT_0, "then comes 735",
           "a closed loop without events gave error %lu from poll_wait", error);
    error = registrator_post(registrator, 1, 1);
    expect(error == ERROR_ABANDONED_WAIT_0, "no events after that",
           "posting to a closed loop gave error %lu", error);
}

static void behind_the_end(void)
{
    stage("closing the loop, and then a byte for a stream");
    start_read();
    require(registrator_close_loop(registrator) == 0, "closing failed");
    require(send_all(peer, "x", 1) == 0, "sending failed");
    pause_ms(20);
    DWORD error = next_events();
    need(error == 0 && events.count == 1 && event_at(0).token == STREAM,
         "what is behind the closing packet is handed out",
         "a read ended when the loop had been closed and before anybody "
         "polled: poll_wait gave error %lu and %lu events. Are all packets of "
         "a batch looked at?",
         error, events.count);
    error = next_events();
    expect(error == ERROR_ABANDONED_WAIT_0, "and then comes 735",
           "after that poll_wait gave error %lu", error);
}

static void end_loop(void)
{
    DWORD error = poll_destroy(loop);
    need(error == 0, "the poll is destroyed", "poll_destroy gave error %lu",
         error);
    registrator_release(registrator);
}

static void closed_in_flight(void)
{
    stage("closing a stream with a read in flight, after some events");
    open_loop();
    for (DWORD i = 0; i < 3; i++)
        post((Own){1, i});
    take((Own[]){{1, 0}, {1, 1}, {1, 2}}, 3, "after three posts");
    int left = guard_living() - living - 2; /* the loop and the stream */
    expect(left <= 0, "nothing is left of an event",
           "three events were handed out, and %d blocks of memory are left: "
           "who frees what a packet carries?",
           left);
    start_read();
    operation_close(stream);
    end_loop();
    need(guard_living() <= living, "the poll waits for closed streams",
         "a stream was closed with its read in flight, and poll_destroy didn't "
         "wait for the packet, so the operation was never freed: is lent still "
         "right after an event that was never lent to anyone?");
    close_socket(peer);
}

static void destroyed_too_soon(void)
{
    stage("destroying the poll while a stream is open and an event is in the "
          "port");
    open_loop();
    start_read();
    post((Own){9, 9});
    DWORD error = poll_destroy(loop);
    need(error == ERROR_BUSY, "an open stream keeps the poll",
         "a stream was open, and poll_destroy gave error %lu, not 170", error);
    error = next_events();
    need(error == 0 || error == ERROR_ABANDONED_WAIT_0, "it can be polled",
         "poll_wait gave error %lu", error);
    expect(error == 0 && events.count == 1 && event_at(0).token == 9,
           "and has lost nothing",
           "poll_destroy gave 170, and the event that had been posted before "
           "was gone: poll_wait gave error %lu and %lu events",
           error, events.count);
    operation_close(stream);
    close_socket(peer);
    end_loop();
}

static void never_taken(void)
{
    stage("destroying the poll while events are in the port");
    open_loop();
    for (DWORD i = 0; i < 3; i++)
        post((Own){1, i});
    operation_close(stream);
    close_socket(peer);
    end_loop();
    expect(guard_living() <= living, "nothing is left of the events",
           "three events were in the port when the poll was destroyed, and %d "
           "blocks of memory are left: who frees what a packet carries, if "
           "nobody takes it out?",
           guard_living() - living);
}

static void not_posted(void)
{
    stage("posting, when the system has no room (error 8)");
    open_loop();
    fail_post = NO_QUOTA;
    DWORD error = registrator_post(registrator, 1, 1);
    expect(
        error == NO_QUOTA, "the error is handed on",
        "PostQueuedCompletionStatus failed with 8, and registrator_post gave "
        "%lu",
        error);
    operation_close(stream);
    close_socket(peer);
    end_loop();
    expect(guard_living() <= living, "nothing is left of it",
           "posting failed, and %d blocks of memory are left",
           guard_living() - living);
}

void examine(const Checker *table)
{
    BEGIN(table);
    stage("making a loop");
    loop = calloc(1, size_of_Poll);
    registrator = calloc(1, size_of_Registrator);
    list = calloc(CAPACITY, size_of_Event);
    require(loop != NULL && registrator != NULL && list != NULL &&
                wsa_startup() == 0,
            "no memory, or Winsock did not start");
    events = (Events){.list = (Event *)list, .capacity = CAPACITY};
    open_loop();
    one();
    any();
    many();
    asleep();
    among_streams();
    close_loop();
    operation_close(stream);
    close_socket(peer);
    end_loop();
    open_loop();
    behind_the_end();
    operation_close(stream);
    close_socket(peer);
    end_loop();
    closed_in_flight();
    destroyed_too_soon();
    never_taken();
    not_posted();
}
