// wrap: malloc calloc realloc free GetQueuedCompletionStatusEx
// sizes: Poll Registrator Event Event.token Event.bytes Event.error
/* Registers timers from this thread and from others, alone and among streams,
   and looks at how the port is asked meanwhile. */
#include <stdlib.h>

#include "check.h"
#include "guard.h"
#include "loopback.h"
#include "poll.h"

enum {
    CAPACITY = 2,
    STREAM = 99,
    EARLY_MS = 20,
    LATE_MS = 700
}; /* or the machine is slow */
enum { SHORT_MS = 20, FAR_MS = 50, LOOKS = 4, FLOOD = 40 };

BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);

extern const unsigned long long size_of_Poll, size_of_Registrator,
    size_of_Event, offset_of_Event_token, offset_of_Event_bytes,
    offset_of_Event_error;

static unsigned long far_from; /* until then there is nothing to look for */
static int looks;              /* waits that were short, and before that */

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    if (timeout < SHORT_MS && milliseconds() < far_from)
        looks++;
    return __real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                              timeout, alertable);
}

static Poll *loop;
static Registrator *registrator;
static char *list; /* ends where the next byte can't be touched */
static Events events;
static Operation *stream;
static SOCKET peer;
static int living; /* blocks of memory before the loop was made */
static unsigned long start;

static Token token_at(ULONG i)
{
    return *(const Token *)(list + i * size_of_Event + offset_of_Event_token);
}

static DWORD bytes_at(ULONG i)
{
    return *(const DWORD *)(list + i * size_of_Event + offset_of_Event_bytes);
}

static DWORD error_at(ULONG i)
{
    return *(const DWORD *)(list + i * size_of_Event + offset_of_Event_error);
}

static unsigned long gone(void)
{
    return milliseconds() - start;
}

static void open_loop(void)
{
    SOCKET pair[2];
    living = guard_living();
    require(poll_create(loop) == 0 && poll_registrator(loop, registrator) == 0,
            "no loop could be made");
    require(loopback_pair(pair) == 0 && operation_new(pair[0], &stream) == 0,
            "no stream could be made");
    peer = pair[1];
    start = milliseconds();
}

static void end_loop(void)
{
    operation_close(stream);
    close_socket(peer);
    DWORD error = poll_destroy(loop);
    need(error == 0, "the poll is destroyed", "poll_destroy gave error %lu",
         error);
    registrator_release(registrator);
}

static void start_read(void)
{
    DWORD error = registrator_register(registrator, stream, STREAM, READABLE);
    require(error == 0, "registrator_register gave error %lu", error);
}

static void speak(void)
{
    require(send_all(peer, "hello", 5) == 0, "sending failed");
}

static void set(DWORD delay)
{
    DWORD error = registrator_register_timer(registrator, delay, delay);
    need(error == 0, "a timer is registered",
         "registrator_register_timer gave error %lu", error);
}

/* Polls until there is an event or an error, or at most until so much has gone
   by since the start. */
static DWORD next_until(unsigned long end, DWORD timeout)
{
    DWORD error = 0;
    events.count = 0;
    while (error == 0 && events.count == 0 && gone() < end)
        error = poll_wait(loop, &events, timeout);
    return error;
}

static void one(void)
{
    stage("a timer of 60 ms, and a wait of a second");
    open_loop();
    set(60);
    DWORD error = next_until(1000, 1000);
    unsigned long took = gone();
    need(error == 0 && events.count == 1, "a timer is an event",
         "a timer of 60 ms was registered: poll_wait gave error %lu and %lu "
         "events in %lu ms",
         error, events.count, took);
    need(token_at(0) == 60 && bytes_at(0) == 0 && error_at(0) == 0,
         "the event is the timer's",
         "the timer has token 60: the event has token %llu, %lu bytes, error "
         "%lu",
         (unsigned long long)token_at(0), bytes_at(0), error_at(0));
    need(took >= 60 - EARLY_MS, "a timer isn't early",
         "a timer of 60 ms came after %lu ms", took);
    need(took < 60 + LATE_MS, "a timer isn't late",
         "a timer of 60 ms came after %lu ms, in a wait of 1000: when should "
         "the port give up waiting for packets?",
         took);
    error = next_until(gone() + 20, 10);
    expect(error == 0 && events.count == 0, "a timer comes once",
           "after a timer's event there was another: error %lu, %lu events",
           error, events.count);
}

static void in_order(void)
{
    static const DWORD due[] = {40, 80, 120};
    stage("timers of 120, 40 and 80 ms, and a wait without end");
    start = milliseconds();
    set(120);
    set(40);
    set(80);
    for (int come = 0; come < 3; come += (int)events.count) {
        DWORD error = next_until(2000, INFINITE);
        BOOL right = error == 0 && events.count > 0;
        for (ULONG i = 0; i < events.count && right; i++) {
            DWORD time = due[come + (int)i];
            right = token_at(i) == time && gone() + EARLY_MS >= time;
        }
        if (!right)
            need(
                0, "they come when they are due",
                "timers of 120, 40 and 80 ms: number %d to come was token %llu "
                "after %lu ms (error %lu, %lu events)",
                come + 1, (unsigned long long)token_at(0), gone(), error,
                events.count);
    }
    expect(1, "they come when they are due", "%s", "");
}

static void asleep_until_due(void)
{
    stage("a timer of 150 ms, and nothing to do until then");
    start = milliseconds();
    set(150);
    looks = 0;
    far_from = start + 150 - FAR_MS;
    DWORD error = next_until(2000, 1000);
    far_from = 0;
    expect(error == 0 && events.count == 1 && token_at(0) == 150,
           "the timer comes", "poll_wait gave error %lu and %lu events", error,
           events.count);
    expect(looks <= LOOKS, "the waiter sleeps until then",
           "a timer was 150 ms off, and the port was asked %d times to wait "
           "less than %d ms: how long is there nothing to do?",
           looks, SHORT_MS);
}

static void set_later(void *unused)
{
    (void)unused;
    pause_ms(40);
    registrator_register_timer(registrator, 30, 30);
}

static void from_outside(void)
{
    stage("a timer of 30 ms, registered in another thread 40 ms into a wait of "
          "1000");
    start = milliseconds();
    in_thread(set_later, NULL);
    DWORD error = next_until(1000, 1000);
    expect(error == 0 && events.count == 1 && token_at(0) == 30 &&
               gone() < 70 + LATE_MS,
           "the waiter is told of a new timer",
           "a thread waited; a timer of 30 ms was registered in another thread "
           "after 40 ms, and its event came after %lu ms (error %lu, %lu "
           "events): who tells the waiter that there is less to wait for?",
           gone(), error, events.count);
}

static void more_than_room(void)
{
    stage("six timers that are due, and room for two events");
    unsigned seen = 0;
    ULONG most = 0, count = 0;
    start = milliseconds();
    for (DWORD delay = 1; delay <= 6; delay++)
        set(delay);
    pause_ms(30);
    while (count < 6 && next_until(1000, 100) == 0 && events.count > 0) {
        most = events.count > most ? events.count : most;
        for (ULONG i = 0; i < events.count && i < CAPACITY; i++, count++)
            seen |= 1U << (token_at(i) & 31);
    }
    expect(count == 6 && seen == 0x7E && most <= CAPACITY,
           "each comes in its turn",
           "of six timers that were due, %lu events came out (at most %lu at "
           "once)",
           count, most);
}

static void among_many(void)
{
    stage("a timer among many events of a stream, and room for one");
    int waits = 0;
    events.capacity = 1;
    events.list = (Event *)(list + (CAPACITY - 1) * size_of_Event);
    char *whole = list;
    list = (char *)events.list;
    start = milliseconds();
    set(40);
    poll_wait(loop, &events, 0);
    BOOL found = events.count > 0; /* on a machine that slow it is due */
    start_read();
    speak();
    pause_ms(60);
    for (; waits < FLOOD && !found; waits++) {
        DWORD error = next_until(1000, 100);
        require(error == 0 && events.count == 1,
                "among timers and streams, poll_wait gave error %lu and %lu "
                "events",
                error, events.count);
        found = token_at(0) == 40;
        if (!found) { /* the next one completes at once */
            speak();
            start_read();
            pause_ms(1);
        }
    }
    expect(found, "a timer isn't starved",
           "a timer was due, and %d events of a stream were handed out without "
           "it: whose turn is it, when there are always packets?",
           waits);
    list = whole;
    events.list = (Event *)list;
    events.capacity = CAPACITY;
    next_until(1000, 100); /* the read that is in flight */
}

static void caller_first(void)
{
    stage("a timer of 1500 ms, and a wait of 50 ms");
    start = milliseconds();
    set(1500);
    DWORD error = next_until(40, 50);
    expect(error == 0 && events.count == 0 && gone() < 50 + LATE_MS,
           "the caller's timeout holds",
           "a timer was 1500 ms off, and a wait of 50 ms took %lu (error %lu, "
           "%lu events)",
           gone(), error, events.count);
}

static void closed(void)
{
    stage("closing the loop while one timer is due, one is not, and a stream "
          "has an event");
    BOOL timer = FALSE, read = FALSE;
    start = milliseconds();
    set(10);
    start_read();
    speak();
    pause_ms(40);
    require(registrator_close_loop(registrator) == 0, "closing failed");
    DWORD error = 0;
    while (error == 0 && gone() < 2000) {
        error = next_until(2000, 2000);
        for (ULONG i = 0; i < events.count; i++) {
            timer |= token_at(i) == 10;
            read |= token_at(i) == STREAM;
        }
    }
    expect(timer && read, "what is due and what has completed comes out",
           "the loop was closed, and %s of a stream and %s of a timer that was "
           "due came out before 735",
           read ? "the event" : "no event", timer ? "that" : "none");
    expect(
        error == ERROR_ABANDONED_WAIT_0 && gone() < 1000,
        "then comes 735, at once",
        "a closed loop gave error %lu after %lu ms: does it wait for a timer "
        "that is not due?",
        error, gone());
    error = registrator_register_timer(registrator, 1, 1);
    expect(error == ERROR_ABANDONED_WAIT_0, "no timers after that",
           "a timer was registered with a closed loop: error %lu", error);
}

static void nothing_left(const char *what)
{
    expect(guard_living() <= living, "nothing is left in memory",
           "%s, and %d blocks of memory are left: whose are they?", what,
           guard_living() - living);
}

static void in_flight(void)
{
    stage("destroying the poll after a timer, with a closed stream's read in "
          "flight");
    open_loop();
    set(1);
    next_until(1000, 100);
    start_read();
    end_loop();
    need(guard_living() <= living, "the poll waits for closed streams",
         "a timer came; then a stream was closed with its read in flight, and "
         "poll_destroy didn't wait for the packet: is lent still right?");
}

static void never_taken(void)
{
    stage("destroying the poll while timers are in the port");
    open_loop();
    for (DWORD delay = 2000; delay < 2003; delay++)
        set(delay);
    end_loop();
    expect(gone() < 1500, "the poll doesn't wait for timers",
           "destroying the poll with timers of 2000 ms took %lu", gone());
    DWORD error = registrator_register_timer(registrator, 1, 1);
    expect(error == ERROR_ABANDONED_WAIT_0, "a released registrator takes none",
           "a timer was registered with a registrator that had been released: "
           "error %lu",
           error);
    nothing_left("three timers were registered, nobody polled, and the loop "
                 "was destroyed");
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
    one();
    in_order();
    asleep_until_due();
    from_outside();
    more_than_room();
    among_many();
    caller_first();
    closed();
    stage("destroying the poll while a timer is not due");
    end_loop();
    nothing_left("the loop was closed and destroyed with a timer that was not "
                 "due");
    in_flight();
    never_taken();
}
