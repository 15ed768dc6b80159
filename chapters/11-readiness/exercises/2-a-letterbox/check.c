// wrap: GetQueuedCompletionStatusEx PostQueuedCompletionStatus malloc calloc realloc free
// libs: -lntdll
/* A box in each mode, full and empty, filled by other threads, emptied behind the
   loop's back, and closed while its event is about to be told. */
#include "guard.h"

#include "check.h"
#include "letterbox.h"
#include "readiness.h"

enum {
    CAPACITY = 4,
    ONE = 1,
    TWO = 2,
    PLACES = 3,
    MANY = 1000,
    PATIENCE = 500
};

WRAPPED(GetQueuedCompletionStatusEx);
WRAPPED(PostQueuedCompletionStatus);

static Poll the_poll;
static Registrator registrator;
static Letterbox box;
static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};
static int looks, posts;

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    looks++;
    return __real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                              timeout, alertable);
}

BOOL WINAPI __wrap_PostQueuedCompletionStatus(HANDLE port, DWORD bytes,
                                              ULONG_PTR key,
                                              OVERLAPPED *overlapped)
{
    posts++;
    return __real_PostQueuedCompletionStatus(port, bytes, key, overlapped);
}

static void *letter(int number)
{
    return (void *)(size_t)number;
}

static void put(int number)
{
    DWORD error = letterbox_put(&box, letter(number));
    require(error == 0, "letterbox_put gave error %lu", error);
}

/* The number of the letter taken, or -1 if there is none. */
static int take(void)
{
    void *taken = NULL;
    DWORD error = letterbox_take(&box, &taken);
    require(error == 0 || error == WSAEWOULDBLOCK,
            "letterbox_take gave error %lu", error);
    return error == 0 ? (int)(size_t)taken : -1;
}

/* What the poll tells of the box, or 0. */
static Interests told(DWORD timeout)
{
    DWORD error = poll_wait(&the_poll, &events, timeout);
    require(error == 0, "poll_wait gave error %lu", error);
    return events.count == 0 ? 0 : list[0].ready;
}

static void set(Token token, Interests interests, Mode mode)
{
    DWORD error = poll_reregister(&the_poll, letterbox_source(&box), token,
                                  interests, mode);
    if (error == ERROR_NOT_FOUND)
        error = poll_register(&the_poll, letterbox_source(&box), token,
                              interests, mode);
    require(error == 0, "poll_register gave error %lu", error);
}

static void open_box(ULONG places)
{
    DWORD error = letterbox_open(&box, &registrator, places);
    require(error == 0 && letterbox_source(&box) != NULL,
            "letterbox_open gave error %lu", error);
}

static void close_box(void)
{
    DWORD error = letterbox_close(&box);
    require(error == 0, "letterbox_close gave error %lu", error);
}

static void without_a_poll(void)
{
    stage("a box, without being registered");
    DWORD error = letterbox_open(&box, &registrator, PLACES);
    need(error == 0, "it opens", "letterbox_open gave error %lu", error);
    need(take() == -1, "an empty box would block",
         "nothing was put in, and a letter came out");
    for (int i = 1; i <= PLACES; i++) {
        error = letterbox_put(&box, letter(i));
        need(error == 0, "a letter for each place",
             "letter %d for a box with %d places: error %lu", i, PLACES, error);
    }
    error = letterbox_put(&box, letter(9));
    need(error == WSAEWOULDBLOCK, "and no more",
         "letter %d for a box with %d places: letterbox_put gave %lu. Which "
         "letter is to go?",
         PLACES + 1, PLACES, error);
    for (int i = 1; i <= 5 * PLACES; i++) {
        int got = take();
        need(got == i, "in their order",
             "letters were put in as 1, 2, 3 …; number %d came out as %d", i,
             got);
        put(i + PLACES);
    }
    while (take() >= 0)
        ;
    put(0);
    need(take() == 0, "NULL is a letter",
         "NULL was put in, and letterbox_take says that there is nothing: how "
         "is an empty place known?");
    need(told(0) == 0, "who isn't registered isn't told",
         "the box was never registered, and there is an event");
    close_box();
}

static void edge(void)
{
    stage("EDGE");
    open_box(PLACES);
    set(ONE, READABLE | WRITABLE, EDGE);
    Interests ready = told(PATIENCE);
    need(ready == WRITABLE && list[0].token == ONE,
         "first, what is true already",
         "an empty box was registered with both interests and the token 1; the "
         "event tells of %d, with the token %llu (WRITABLE is %d, READABLE %d)",
         (int)ready, (unsigned long long)list[0].token, WRITABLE, READABLE);
    need(told(0) == 0, "once", "that was told twice");
    put(1);
    ready = told(PATIENCE);
    need((ready & READABLE) != 0, "a letter is told",
         "a letter was put in, and the event tells of %d", (int)ready);
    need(told(0) == 0, "once", "one letter was told twice");
    put(2);
    while (take() >= 0)
        ;
    need(
        (told(20) & READABLE) == 0, "nothing that isn't true any more",
        "a letter was put in and taken out before the poll looked, and it told "
        "of READABLE: when is it to be decided what is true?");
    for (int i = 0; i < PLACES; i++)
        put(i);
    told(PATIENCE);
    told(0);
    take();
    ready = told(PATIENCE);
    need((ready & WRITABLE) != 0, "a place is told",
         "the box was full, a letter was taken out, and the event tells of %d",
         (int)ready);
    set(TWO, READABLE, EDGE);
    put(7);
    while (take() >= 0)
        ;
    told(0);
    need(told(20) == 0, "who doesn't ask for room isn't told",
         "only READABLE is asked for, and the event tells of %d",
         (int)list[0].ready);
    close_box();
}

static void others(void)
{
    stage("LEVEL and ONE_SHOT");
    open_box(PLACES);
    set(ONE, READABLE, LEVEL);
    put(1);
    put(2);
    for (int i = 0; i < 3; i++) {
        Interests ready = told(PATIENCE);
        need(ready == READABLE, "LEVEL: each time",
             "a letter lies in the box, and wait %d told of %d", i + 1,
             (int)ready);
    }
    take();
    need(told(PATIENCE) == READABLE, "as long as there is one",
         "there were two letters, one was taken, and there is no event");
    take();
    told(0);
    need(told(20) == 0, "and no longer",
         "the box is empty, and READABLE is told");
    set(TWO, READABLE, ONE_SHOT);
    need(told(20) == 0, "ONE_SHOT: not before",
         "the box is empty, and was registered for READABLE once: it is told");
    put(3);
    need(told(PATIENCE) == READABLE && list[0].token == TWO, "once",
         "a letter was put in, and there is no event of READABLE with the new "
         "token");
    put(4);
    need(told(20) == 0, "and not again", "ONE_SHOT was told twice");
    set(ONE, READABLE, ONE_SHOT);
    need(told(PATIENCE) == READABLE, "registered anew, it tells again",
         "two letters lie in the box; registered anew it doesn't tell");
    close_box();
}

static void puts_later(void *argument)
{
    (void)argument;
    pause_ms(50);
    letterbox_put(&box, letter(5));
}

static void puts_many(void *argument)
{
    (void)argument;
    for (int i = 0; i < MANY; i++)
        letterbox_put(&box, letter(i));
}

static atomic_int finished;

static void puts_and_tells(void *argument)
{
    puts_many(argument);
    finished = TRUE;
}

static void threads(void)
{
    stage("another thread puts a letter in while the loop waits");
    open_box(MANY);
    set(ONE, READABLE, EDGE);
    told(0);
    looks = 0;
    in_thread(puts_later, NULL);
    unsigned long start = milliseconds();
    Interests ready = told(2000);
    unsigned long took = milliseconds() - start;
    need(ready == READABLE && took < 1000, "the loop hears of it",
         "a thread put a letter in while the loop waited: after %lu ms the "
         "event tells of %d",
         took, (int)ready);
    expect(looks <= 6, "and slept till then",
           "in 50 ms with nothing to do the loop looked at the port %d times",
           looks);
    take();
    stage("%d letters from a thread", MANY);
    posts = 0;
    in_thread(puts_and_tells, NULL);
    wait_until(finished, 2000);
    int count = 0, last = -1;
    for (int got; told(PATIENCE) != 0;)
        while ((got = take()) >= 0) {
            need(got > last, "in their order", "letter %d came behind %d", got,
                 last);
            last = got;
            count++;
        }
    need(count == MANY, "all of them",
         "%d letters were put in, and %d were told of and taken", MANY, count);
    expect(posts <= 10, "with few packets",
           "%d letters, between two looks at the port, took %d packets: whom "
           "does each of them wake?",
           MANY, posts);
    close_box();
}

static void the_end(int living)
{
    stage("closed while its event is about to be told");
    open_box(PLACES);
    set(ONE, READABLE, EDGE);
    told(0);
    put(1);
    close_box();
    need(
        told(20) == 0, "it is not told",
        "a box with a letter was closed before the poll looked, and it told of "
        "%d with the token %llu",
        (int)list[0].ready, (unsigned long long)list[0].token);
    stage("errors");
    void *taken;
    DWORD error = letterbox_put(&box, NULL);
    expect(error == WSAENOTSOCK, "a closed box takes nothing",
           "letterbox_put gave %lu", error);
    error = letterbox_take(&box, &taken);
    expect(error == WSAENOTSOCK, "nor gives", "letterbox_take gave %lu", error);
    error = letterbox_close(&box);
    expect(error == WSAENOTSOCK, "nor closes", "letterbox_close gave %lu",
           error);
    expect(letterbox_source(&box) == NULL, "nor is a source",
           "letterbox_source gave one");
    error = letterbox_open(&box, &registrator, 0);
    expect(error == ERROR_INVALID_PARAMETER, "a box without places is none",
           "letterbox_open gave %lu for it", error);
    stage("the end of the loop");
    open_box(PLACES);
    put(1);
    error = poll_destroy(&the_poll);
    need(error == ERROR_BUSY, "an open box keeps the loop",
         "a box was open, and poll_destroy gave %lu: how does the loop know of "
         "it?",
         error);
    close_box();
    int before = guard_living();
    error = letterbox_open(&box, &registrator, PLACES);
    expect(error == ERROR_ABANDONED_WAIT_0, "a loop that ends takes none",
           "letterbox_open gave %lu, and it was to be %d", error,
           ERROR_ABANDONED_WAIT_0);
    expect(guard_living() == before, "and nothing stays of it",
           "letterbox_open failed, and left %d blocks of memory behind",
           guard_living() - before);
    error = poll_destroy(&the_poll);
    need(error == 0, "without boxes it ends",
         "the box was closed, and poll_destroy gave %lu", error);
    require(registrator_release(&registrator) == 0,
            "the registrator can't be released");
    expect(guard_living() == living, "nothing is left",
           "all is closed and destroyed, and %d blocks of memory are still "
           "allocated",
           guard_living() - living);
}

void examine(const Checker *table)
{
    BEGIN(table);
    int living = guard_living();
    require(poll_create(&the_poll) == 0 &&
                poll_registrator(&the_poll, &registrator) == 0,
            "no poll could be made");
    without_a_poll();
    edge();
    others();
    threads();
    the_end(living);
}
