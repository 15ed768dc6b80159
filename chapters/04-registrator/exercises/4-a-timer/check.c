// wrap: malloc calloc realloc free GetQueuedCompletionStatusEx PostQueuedCompletionStatus GetTickCount64
// sizes: Poll Registrator Event Event.token Event.bytes Event.error
/* Registers timers from this thread and from others, alone and among streams,
   and looks at how the port is asked meanwhile. */
#include <stdlib.h>

#define __wrap_malloc guard_malloc
#define __wrap_calloc guard_calloc
#include "check.h"
#include "guard.h"
#undef __wrap_malloc
#undef __wrap_calloc
#include "poll.h"
#include "streams.h"

enum {
    CAPACITY = 2,
    STREAM = 99,
    EARLY_MS = 20,
    LATE_MS = 700
}; /* or the machine is slow */
enum { FAR_MS = 30, LOOKS = 4, SLICES = 1, FLOOD = 40 };
enum { CALLS = 3, READINGS = 2, BLOCKED_MS = 50, NO_QUOTA = 1450 };

WRAPPED(GetQueuedCompletionStatusEx);

extern const unsigned long long size_of_Poll, size_of_Registrator,
    size_of_Event, offset_of_Event_token, offset_of_Event_bytes,
    offset_of_Event_error;

void WINAPI SetLastError(DWORD dwErrCode);
DWORD WINAPI GetCurrentThreadId(void);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
WRAPPED(PostQueuedCompletionStatus);
unsigned long long WINAPI GetTickCount64(void);
WRAPPED(GetTickCount64);

static unsigned long due; /* 0 while there is nothing to look for */
static int looks, slices; /* waits that took nothing, and those too short */
static DWORD registering; /* the thread whose calls are looked at, or 0 */
static int calls;         /* so many before one comes that is disturbed */
static void (*disturb)(void);
static BOOL no_memory, no_quota; /* for that thread */
static int refused;              /* calls that failed for it */

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    unsigned long now = milliseconds();
    if (now + FAR_MS < due && timeout < due - FAR_MS - now) {
        looks += timeout == 0;
        slices += timeout != 0;
    }
    return __real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                              timeout, alertable);
}

static void called(void)
{
    if (disturb == NULL || GetCurrentThreadId() != registering || calls-- > 0)
        return;
    void (*once)(void) = disturb;
    disturb = NULL;
    once();
}

static BOOL refuse(BOOL what)
{
    BOOL now = what && GetCurrentThreadId() == registering;
    refused += now;
    return now;
}

void *__wrap_malloc(size_t size)
{
    called();
    return refuse(no_memory) ? NULL : guard_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    called();
    return refuse(no_memory) ? NULL : guard_calloc(count, size);
}

BOOL WINAPI __wrap_PostQueuedCompletionStatus(HANDLE port, DWORD bytes,
                                              ULONG_PTR key,
                                              OVERLAPPED *overlapped)
{
    called();
    if (!refuse(no_quota))
        return __real_PostQueuedCompletionStatus(port, bytes, key, overlapped);
    SetLastError(NO_QUOTA);
    return 0;
}

unsigned long long WINAPI __wrap_GetTickCount64(void)
{
    called();
    return __real_GetTickCount64();
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
    living = guard_living();
    require(poll_create(loop) == 0 && poll_registrator(loop, registrator) == 0,
            "no loop could be made");
    stream = new_stream(&peer);
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

/* An event's members must all be written. */
static DWORD wait_events(DWORD timeout)
{
    memset(list, 0xAA, events.capacity * size_of_Event);
    return poll_wait(loop, &events, timeout);
}

/* Polls until there is an event or an error, or at most until so much has gone
   by since the start. */
static DWORD next_until(unsigned long end, DWORD timeout)
{
    DWORD error = 0;
    events.count = 0;
    while (error == 0 && events.count == 0 && gone() < end)
        error = wait_events(timeout);
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
    looks = slices = 0;
    due = start + 150;
    DWORD error = next_until(2000, 1000);
    due = 0;
    expect(error == 0 && events.count == 1 && token_at(0) == 150,
           "the timer comes", "poll_wait gave error %lu and %lu events", error,
           events.count);
    expect(looks <= LOOKS && slices <= SLICES, "the waiter sleeps until then",
           "a timer was 150 ms off, and the port was asked %d times to wait "
           "for a part of that, and %d times not to wait: how long is there "
           "nothing to do?",
           slices, looks);
}

static void due_when_taken(void)
{
    stage("a timer of 60 ms that nobody asks for until 90 ms are gone");
    start = milliseconds();
    set(60);
    pause_ms(90);
    DWORD error = 0;
    events.count = 0;
    for (int i = 0; i < 4 && error == 0 && events.count == 0; i++)
        error = wait_events(0);
    expect(error == 0 && events.count == 1 && token_at(0) == 60,
           "the delay counts from the call",
           "90 ms after a timer of 60 ms was registered, four calls of "
           "poll_wait with timeout 0 gave error %lu and %lu events: since when "
           "has its time been running?",
           error, events.count);
    if (events.count == 0)
        next_until(gone() + 200, 20);
}

static unsigned long registered; /* how long that took, from 1 on */

static void set_later(void *unused)
{
    (void)unused;
    pause_ms(40);
    unsigned long from = milliseconds();
    registrator_register_timer(registrator, 30, 30);
    registered = milliseconds() - from + 1;
}

static void from_outside(void)
{
    stage("a timer of 30 ms, registered in another thread 40 ms into a wait of "
          "1000");
    start = milliseconds();
    in_thread(set_later, NULL);
    registered = 0;
    DWORD error = next_until(1000, 1000);
    unsigned long took = gone();
    for (int i = 0; i < 100 && registered == 0; i++)
        pause_ms(5);
    expect(registered > 0 &&
                   registered<
                       LATE_MS, "registering doesn't wait for the waiter",
                       "a thread was in poll_wait for %lu ms, and meanwhile "
                       "registrator_register_timer took another one %lu ms: "
                       "what did that "
                       "one wait for?",
                       took, registered> 0
               ? registered - 1
               : gone() - 40);
    expect(error == 0 && events.count == 1 && token_at(0) == 30 &&
               took < 70 + LATE_MS,
           "the waiter is told of a new timer",
           "a thread waited; a timer of 30 ms was registered in another thread "
           "after 40 ms, and its event came after %lu ms (error %lu, %lu "
           "events): who tells the waiter that there is less to wait for?",
           took, error, events.count);
}

/* Another thread registers a timer of 0 ms while the polling thread reads the
   clock, and the timer of 50 ms falls due meanwhile. */
static volatile int come; /* the other threads' timers */

static void set_now(void *unused)
{
    (void)unused;
    registrator_register_timer(registrator, 0, 1);
    come = 1;
}

static void set_meanwhile(void)
{
    in_thread(set_now, NULL);
    while (gone() < 50 + BLOCKED_MS / 2)
        pause_ms(5);
}

static void at_once(void)
{
    stage("a timer registered in another thread while this one reads the "
          "clock");
    for (int reading = 0; reading < READINGS; reading++) {
        ULONG seen = 0;
        come = 0;
        start = milliseconds();
        set(50);
        wait_events(0);
        seen += events.count;
        calls = reading;
        registering = GetCurrentThreadId();
        disturb = set_meanwhile;
        events.count = 0;
        wait_events(100);
        BOOL one_only = disturb != NULL; /* the clock isn't read so often */
        disturb = NULL;
        seen += events.count;
        while (!one_only && !come && gone() < 1000)
            pause_ms(5);
        while (seen < 2U - one_only && next_until(gone() + 100, 20) == 0 &&
               events.count > 0)
            seen += events.count;
        expect(seen == 2U - one_only, "no timer is lost",
               "a timer of 50 ms was registered, and one of 0 ms in another "
               "thread, while the polling thread looked whether the first was "
               "due: %lu of %d came out. Whose is the list?",
               seen, 2 - one_only);
    }
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
    wait_events(0);
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

static volatile BOOL enough;
static volatile int others; /* threads that register */

static void set_often(void *unused)
{
    (void)unused;
    while (!enough && gone() < 1300) {
        registrator_register_timer(registrator, 60000, 60000);
        pause_ms(20);
    }
    others--;
}

static void nobody_else_s_time(void)
{
    stage("a wait of 100 ms, while another thread registers timers of a minute "
          "every 20 ms");
    start = milliseconds();
    enough = FALSE;
    others = 1;
    in_thread(set_often, NULL);
    DWORD error = next_until(90, 100);
    unsigned long took = gone();
    enough = TRUE;
    while (others > 0)
        pause_ms(5);
    expect(error == 0 && events.count == 0 && took < 100 + LATE_MS,
           "the caller's time runs on",
           "a wait of 100 ms took %lu, while timers of a minute were "
           "registered every 20 ms (error %lu, %lu events): what starts anew "
           "with each of them?",
           took, error, events.count);
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

/* Closed before it is due, and nobody looks until after. */
static void due_after_close(void)
{
    stage("closing the loop before a timer of 60 ms is due, and polling after");
    open_loop();
    set(60);
    require(registrator_close_loop(registrator) == 0, "closing failed");
    pause_ms(90);
    DWORD error = next_until(2000, 2000);
    expect(error == 0 && events.count == 1 && token_at(0) == 60,
           "due is what is due when the poll looks",
           "a timer of 60 ms was registered and the loop closed; 90 ms later "
           "poll_wait gave error %lu and %lu events: when does it matter "
           "whether a timer is due?",
           error, events.count);
    if (events.count > 0)
        error = next_until(2000, 2000);
    expect(error == ERROR_ABANDONED_WAIT_0, "and then comes 735",
           "after the timer's event a closed loop gave error %lu", error);
    end_loop();
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

static void not_registered(void)
{
    stage("a timer for which there is no memory");
    open_loop();
    registering = GetCurrentThreadId();
    refused = 0;
    no_memory = TRUE;
    DWORD error = registrator_register_timer(registrator, 1, 1);
    no_memory = FALSE;
    if (refused > 0)
        expect(error == ERROR_NOT_ENOUGH_MEMORY, "the error is handed on",
               "malloc gave NULL, and registrator_register_timer gave error "
               "%lu",
               error);
    else
        next_until(1000, 100);
    stage("a timer that can't be posted, and then poll_destroy");
    refused = 0;
    no_quota = TRUE;
    error = registrator_register_timer(registrator, 1, 1);
    no_quota = FALSE;
    if (refused > 0) {
        expect(error == NO_QUOTA, "the error is handed on",
               "PostQueuedCompletionStatus failed with error %d, and "
               "registrator_register_timer gave %lu",
               NO_QUOTA, error);
        start = milliseconds();
        error = next_until(20, 10);
        expect(error == 0 && events.count == 0, "then no event comes",
               "a timer that could not be posted gave error %lu and %lu events",
               error, events.count);
    }
    end_loop();
    nothing_left("registering a timer failed, and the loop was destroyed");
}

static volatile BOOL destroyed;
static DWORD destroy_error;

static void destroy_now(void *unused)
{
    (void)unused;
    destroy_error = poll_destroy(loop);
    destroyed = TRUE;
}

static void destroy_meanwhile(void)
{
    in_thread(destroy_now, NULL);
    for (int i = 0; i < BLOCKED_MS / 5 && !destroyed; i++)
        pause_ms(5);
}

/* At the first call that registering makes, at the second ... */
static void destroyed_meanwhile(void)
{
    for (int i = 0; i < CALLS; i++) {
        stage("another thread destroys the poll, at call %d that "
              "registrator_register_timer makes",
              i + 1);
        open_loop();
        operation_close(stream);
        close_socket(peer);
        destroyed = FALSE;
        registering = GetCurrentThreadId();
        calls = i;
        disturb = destroy_meanwhile;
        DWORD error = registrator_register_timer(registrator, 1000, 1);
        BOOL tried = disturb == NULL;
        disturb = NULL;
        while (tried && !destroyed)
            pause_ms(5);
        if (!tried || destroy_error == ERROR_BUSY)
            poll_destroy(loop);
        registrator_release(registrator);
        expect(guard_living() <= living, "no timer for a poll that is gone",
               "while one thread was in registrator_register_timer (it gave "
               "error %lu), another one's poll_destroy gave %lu, and %d blocks "
               "of memory are left: what may happen between a look at closed "
               "and what follows from it?",
               error, destroy_error, guard_living() - living);
    }
}

static void still_open(void)
{
    stage("destroying the poll while a stream is open and a timer is due");
    open_loop();
    start_read();
    set(30);
    wait_events(0);
    ULONG seen = events.count;
    pause_ms(50);
    DWORD error = poll_destroy(loop);
    require(error == ERROR_BUSY,
            "with a stream open, poll_destroy gave error %lu", error);
    if (seen == 0)
        next_until(gone() + 100, 10);
    seen += events.count;
    expect(seen == 1, "a poll that is not destroyed keeps its timers",
           "a timer was due, and poll_destroy gave 170, as a stream was open; "
           "after that, %lu events came: what has poll_destroy done before it "
           "said no?",
           seen);
    end_loop();
    stage("destroying the poll while a stream is open and a timer isn't due");
    open_loop();
    start_read();
    set(60);
    wait_events(0);
    seen = events.count;
    error = poll_destroy(loop);
    require(error == ERROR_BUSY,
            "with a stream open, poll_destroy gave error %lu", error);
    pause_ms(90);
    if (seen == 0)
        next_until(gone() + 100, 10);
    seen += events.count;
    expect(seen == 1, "also those that fall due later",
           "poll_destroy gave 170, as a stream was open, and 90 ms later a "
           "timer of 60 ms should have been due, but %lu events came: what has "
           "poll_destroy done before it said no?",
           seen);
    end_loop();
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
    due_when_taken();
    from_outside();
    at_once();
    more_than_room();
    among_many();
    caller_first();
    nobody_else_s_time();
    closed();
    stage("destroying the poll while a timer is not due");
    end_loop();
    nothing_left("the loop was closed and destroyed with a timer that was not "
                 "due");
    due_after_close();
    in_flight();
    never_taken();
    still_open();
    not_registered();
    destroyed_meanwhile();
}
