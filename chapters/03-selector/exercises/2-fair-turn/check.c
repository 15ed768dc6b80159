// wrap: GetQueuedCompletionStatusEx
// sizes: Pump
/* Turns a pump whose clock stands still until somebody moves it: a handler by
   the time that it is to take, the port by the time of a wait. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "pump.h"

enum { EVENTS = 2000, BUSY = 300, GUESTS = 32, WAIT = 40 };
enum { RUSH = 100, GUARD = 0x10000, GUARD_BYTE = 0x5A };

#define NOBODY ((Token)-1)

extern const unsigned long long size_of_Pump;

void WINAPI SetLastError(DWORD dwErrCode);
WRAPPED(GetQueuedCompletionStatusEx);

static Selector selector, other_selector;
static Operation *guests[GUESTS];
static Pump *pump, *other_pump; /* the student's, with a guard behind it */
static int context;             /* its address is what the handler has to get */

static DWORD clock;         /* the time, */
static DWORD tick;          /* by which it moves when somebody looks, */
static DWORD wait_takes;    /* when the port is asked, */
static DWORD work;          /* and when an event is handled */
static Token busy = NOBODY; /* a guest who says more at once, always */

static Token handled[EVENTS]; /* in this stage */
static DWORD begun[EVENTS];
static int count, first; /* all, and up to this turn */
static int wrong_context;
static int taken; /* out of the port */
static int looks; /* into the port, in this turn */
static DWORD longest_wait;
static DWORD fail_with;

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    looks++;
    longest_wait = timeout > longest_wait ? timeout : longest_wait;
    clock += wait_takes;
    if (fail_with != 0) {
        SetLastError(fail_with);
        return 0;
    }
    BOOL succeeded = __real_GetQueuedCompletionStatusEx(
        port, entries, capacity, removed, timeout > WAIT ? WAIT : timeout,
        alertable);
    if (succeeded)
        taken += (int)*removed;
    return succeeded;
}

static DWORD now(void)
{
    return clock += tick;
}

/* As if a read of a guest's had ended. */
static void say(Token token)
{
    Operation *operation = guests[token % GUESTS];
    operation->token = token;
    operation->state = OPERATION_IN_FLIGHT;
    selector.lent++;
    require(post_queued_completion_status(selector.port, 5, 0,
                                          &operation->overlapped) == 0,
            "posting a packet failed");
}

static void handle(void *passed, const Event *event)
{
    wrong_context |= passed != &context;
    if (count < EVENTS) {
        handled[count] = event->token;
        begun[count] = clock;
    }
    count++;
    clock += work;
    if (event->token == busy && count < BUSY)
        say(busy);
}

static void turn(void)
{
    first = count;
    looks = 0;
    longest_wait = 0;
    DWORD error = pump_turn(pump, 1000);
    require(error == 0, "pump_turn returned %lu", error);
}

static Pump *new_pump(void)
{
    char *memory = malloc(size_of_Pump + GUARD);
    require(memory != NULL, "there is no memory left");
    memset(memory + size_of_Pump, GUARD_BYTE, GUARD);
    return (Pump *)memory;
}

static int guard_stands(void)
{
    const char *guard = (const char *)pump + size_of_Pump;
    for (int i = 0; i < GUARD; i++)
        if (guard[i] != GUARD_BYTE)
            return 0;
    return 1;
}

/* In memory full of numbers that go up (1), or down (-1): one of the two looks
   like a list that isn't empty. */
static void open_pump(Pump *memory, Selector *from, DWORD step)
{
    for (size_t i = 0; i < size_of_Pump / sizeof step; i++)
        ((DWORD *)memory)[i] = 0x10000000 + (DWORD)i * step;
    pump_open(memory, from, handle, &context, now);
}

static void begin(DWORD time, DWORD each)
{
    SetLastError(0);
    open_pump(pump, &selector, 1);
    clock = time;
    work = each;
    tick = wait_takes = 0;
    count = taken = 0;
}

/* The place of the first that was handled after one that came later, or 0. */
static int in_order(void)
{
    for (int i = 1; i < count && i < EVENTS; i++)
        if (handled[i] <= handled[i - 1])
            return i;
    return 0;
}

static void quick(void)
{
    stage("20 events that are handled quickly, after a wait of 50 ms");
    begin(1000, 0);
    wait_takes = 50;
    for (Token i = 0; i < PUMP_BATCH + 4; i++)
        say(i);
    turn();
    expect(looks == 1, "a turn looks into the port once",
           "in one turn it looked into the port %d times: what does the second "
           "look find that can't wait for the next turn?",
           looks);
    expect(taken == PUMP_BATCH, "one look takes out a batch",
           "%d events were in the port, and one turn took out %d: how many is "
           "a look for?",
           PUMP_BATCH + 4, taken);
    expect(count == taken, "there was time for all of them",
           "a turn waited 50 ms and took out %d events, each of which is "
           "handled in no time, and handled %d. Is waiting work? When does a "
           "turn's time begin?",
           taken, count);
    turn();
    expect(count == PUMP_BATCH + 4, "the others are handled in the next turn",
           "of %d events %d were handled in two turns", PUMP_BATCH + 4, count);
    expect(!wrong_context && in_order() == 0, "they are handled in order",
           "event %d came out of turn, or without its context", in_order());
}

static void slow(DWORD time, DWORD each, const char *lesson)
{
    int possible = (int)((PUMP_TURN_MS + each - 1) / each);
    begin(time, each);
    for (Token i = 0; i < PUMP_BATCH; i++)
        say(i);
    turn();
    DWORD last = count > 0 ? begun[count - 1] - begun[0] : 0;
    if (!expect(last < PUMP_TURN_MS, "no event is begun after 10 ms",
                "%d events were handled in one turn, %lu ms each, and the last "
                "was begun when %lu ms had gone by; when 10 or more have gone "
                "by, none should be begun%s",
                count, each, last, lesson))
        return;
    expect(count == possible, "the time is used",
           "a turn has 10 ms and an event takes %lu, so %d can be begun: %d "
           "were%s",
           each, possible, count, lesson);
    int left = PUMP_BATCH - count;
    turn();
    last = count > first ? begun[count - 1] - begun[first] : 0;
    expect(last < PUMP_TURN_MS, "nor is it when events were left over",
           "a turn left %d events over, %lu ms each. The next turn handled %d, "
           "and the last was begun when %lu ms had gone by: are those that are "
           "left over handled in no time?",
           left, each, count - first, last);
    for (int i = 0; i < 20 && count < PUMP_BATCH && count > first; i++)
        turn();
    expect(count == PUMP_BATCH, "none is lost",
           "%d events came, %lu ms each. %d have been taken out of the port, "
           "and %d were handled: event %d is out of the port and was never "
           "handled",
           PUMP_BATCH, each, taken, count, count);
    expect(in_order() == 0, "they stay in order",
           "event %llu was handled after event %llu",
           (unsigned long long)handled[in_order()],
           (unsigned long long)handled[in_order() > 0 ? in_order() - 1 : 0]);
}

static void newcomers(void)
{
    stage("new events, while others are left over");
    begin(1000, 6);
    for (Token i = 0; i < 5; i++)
        say(i);
    turn();
    say(5);
    say(6);
    turn();
    expect(longest_wait == 0, "with events left over it doesn't wait",
           "events were left over from the last turn, and it asked the port to "
           "wait %lu ms for more",
           longest_wait);
    expect(looks <= 1, "and looks into the port once at most",
           "events were left over from the last turn, and it looked into the "
           "port %d times",
           looks);
    for (int i = 0; i < 10 && count < 7; i++)
        turn();
    expect(count == 7, "all are handled",
           "of 5 events, and 2 that came later, %d were handled", count);
    expect(in_order() == 0, "those that were left over are first",
           "event %llu was handled before event %llu. Who was first?",
           (unsigned long long)handled[in_order() > 0 ? in_order() - 1 : 0],
           (unsigned long long)handled[in_order()]);
}

static void left_alone(void)
{
    stage("events left over, and nothing new");
    begin(1000, 6);
    for (Token i = 0; i < 3; i++)
        say(i);
    turn();
    turn();
    expect(longest_wait == 0, "it doesn't wait then either",
           "an event was left over from the last turn, and it asked the port "
           "to wait %lu ms for another",
           longest_wait);
    expect(count == 3, "the turn goes on where the last one ended",
           "of 3 events %d were handled in two turns", count);
}

static void rush(void)
{
    int said = 0;
    stage("100 turns, 16 new events before each, and time for three");
    begin(1000, 4);
    for (int i = 1; i <= RUSH; i++) {
        while (said - taken < PUMP_BATCH)
            say((Token)said++);
        int before = taken;
        turn();
        require(guard_stands(),
                "16 new events came before each turn, and there was time for "
                "three. After %d turns, %d events had been taken out of the "
                "port and %d handled, and something was written behind the end "
                "of the Pump: how many can be left over, and how many does a "
                "look add?",
                i, taken, count);
        require(taken - before <= PUMP_BATCH,
                "in turn %d, with events left over, it took out %d: how many "
                "is a look for?",
                i, taken - before);
        int late = in_order();
        require(late == 0,
                "16 new events came before each turn, and there was time for "
                "three. In turn %d, event %llu was handled after event %llu: "
                "how many can be left over, and how many does a look add?",
                i, (unsigned long long)handled[late],
                (unsigned long long)handled[late > 0 ? late - 1 : 0]);
    }
    work = 0;
    for (int i = 0; i < RUSH && count < said; i++)
        turn();
    expect(count == said && in_order() == 0, "none of a backlog is lost",
           "%d events came, 16 before each turn, and there was time for three. "
           "%d were handled in the end",
           said, count);
}

/* Only one of them has events. */
static void two_pumps(void)
{
    stage("two pumps, each with a selector of its own");
    begin(1000, 6);
    open_pump(other_pump, &other_selector, 1);
    for (Token i = 0; i < 3; i++)
        say(i);
    turn();
    int before = count;
    require(pump_turn(other_pump, 0) == 0, "a turn of another pump failed");
    expect(count == before, "a pump handles its own selector's events",
           "%d of a pump's 3 events were handled in its turn. Then another "
           "pump, to whose selector none had come, had a turn and handled %d: "
           "whose were they?",
           before, count - before);
    turn();
    expect(count == 3, "and keeps what is left over",
           "of a pump's 3 events %d were handled in two turns, between which "
           "another pump had a turn",
           count);
}

static void any_memory(void)
{
    for (int i = 0; i < 2; i++) {
        stage("the first turn after pump_open, in memory full of garbage");
        begin(1000, 0);
        open_pump(pump, &selector, i == 0 ? 1 : (DWORD)-1);
        say(0);
        turn();
        expect(count == 1, "pump_open sets every member",
               "a Pump lay in memory full of garbage before pump_open. One "
               "event was there, and the first turn handled %d: who sets the "
               "members that you added?",
               count);
    }
}

static void busy_guest(void)
{
    stage("a guest who says more whenever he was heard, and a quiet one");
    begin(1000, 1);
    busy = 0;
    say(0);
    say(1);
    turn();
    expect(looks <= 1, "a turn looks into the port once",
           "a guest says more each time he is heard. In one turn it looked "
           "into the port %d times and handled %d events, which took %lu ms: "
           "when does anything else get its turn?",
           looks, count, clock - 1000);
    turn();
    turn();
    int heard = 0;
    for (int i = 0; i < count && i < EVENTS; i++)
        heard += handled[i] == 1;
    expect(heard == 1, "the quiet guest is heard",
           "three turns went by, and the quiet guest was heard %d times, not "
           "once",
           heard);
    busy = NOBODY;
    for (int i = 0; i < EVENTS && selector.lent > 0; i++)
        turn();
    turn();
}

static void very_slow(void)
{
    stage("a machine so slow that looking at the clock takes 20 ms");
    begin(1000, 30);
    tick = 20;
    say(0);
    say(1);
    turn();
    expect(count > 0, "each turn handles an event",
           "two events were there, and not a single event was handled in this "
           "turn: time was up before the first. Will it ever be otherwise?");
    expect(count < 2, "and then its time is up",
           "one event took 30 ms, and another one was begun");
    turn();
}

static void nothing(void)
{
    stage("no events");
    begin(1000, 0);
    turn();
    expect(count == 0 && longest_wait == 1000, "it waits as long as it may",
           "with nothing to handle it was to wait 1000 ms and asked the port "
           "for %lu; %d events were handled",
           longest_wait, count);
    expect(looks == 1, "and it looks once",
           "no event was there, and it looked into the port %d times in one "
           "turn",
           looks);
    stage("a wait that fails");
    fail_with = 6;
    DWORD error = pump_turn(pump, 0);
    fail_with = 0;
    expect(error == 6, "an error is passed on",
           "the wait failed with 6, and pump_turn returned %lu", error);
}

static void failure(void)
{
    stage("a look that fails while events are left over");
    begin(1000, 6);
    for (Token i = 0; i < 3; i++)
        say(i);
    turn();
    looks = 0;
    fail_with = 6;
    DWORD error = pump_turn(pump, 1000);
    fail_with = 0;
    expect(error == (looks > 0 ? 6 : 0), "its error is passed on, too",
           "a turn began with an event left over and looked into the port %d "
           "times, which fails with 6; pump_turn returned %lu",
           looks, error);
    turn();
    expect(count == 3, "what was left over is handled all the same",
           "3 events had been taken out of the port, 2 of them were handled, "
           "then a look failed. The next turn was without fault, and after it "
           "%d had been handled: what has the failure to do with the others?",
           count);
}

void examine(const Checker *table)
{
    BEGIN(table);
    stage("opening a selector");
    pump = new_pump();
    other_pump = new_pump();
    require(selector_open(&selector) == 0 &&
                selector_open(&other_selector) == 0,
            "selector_open failed");
    for (int i = 0; i < GUESTS; i++) {
        guests[i] = calloc(1, sizeof *guests[i]);
        require(guests[i] != NULL, "there is no memory left");
        guests[i]->selector = &selector;
    }
    any_memory();
    busy_guest();
    quick();
    stage("16 events that take 4 ms each");
    slow(1000, 4, ". How is the time of a turn limited?");
    stage("16 events that take 5 ms each");
    slow(1000, 5, ". How much time has gone by after two?");
    newcomers();
    left_alone();
    stage("16 events that take 4 ms each, when the clock begins anew at 0");
    slow(0xFFFFFFFA, 4,
         ". The clock went from 0xFFFFFFFA past 0xFFFFFFFF to 0. "
         "What does an unsigned 0xFFFFFFFA + 10 give?");
    very_slow();
    nothing();
    two_pumps();
    failure();
    rush();
}
