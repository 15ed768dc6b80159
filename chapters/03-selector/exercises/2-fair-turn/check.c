// wrap: GetQueuedCompletionStatusEx
// sizes: Pump
/* Turns a pump whose clock stands still until somebody moves it: a handler by
   the time that it is to take, the port by the time of a wait. */
#include <stdlib.h>

#include "check.h"
#include "pump.h"

enum { EVENTS = 400, BUSY = 300, GUESTS = 32, WAIT = 40 };

extern const unsigned long long size_of_Pump;

void WINAPI SetLastError(DWORD dwErrCode);
BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);

static Selector selector;
static Operation *guests[GUESTS];
static Pump *pump;
static int context; /* its address is what the handler has to get */

static DWORD clock;         /* the time, */
static DWORD tick;          /* by which it moves when somebody looks, */
static DWORD wait_takes;    /* when the port is asked, */
static DWORD work;          /* and when an event is handled */
static Token busy = GUESTS; /* a guest who says more at once, always */

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

/* As if a read of this guest's had ended. */
static void say(Token guest)
{
    Operation *operation = guests[guest];
    operation->token = guest;
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

static void begin(DWORD time, DWORD each)
{
    SetLastError(0);
    pump_open(pump, &selector, handle, &context, now);
    clock = time;
    work = each;
    tick = wait_takes = 0;
    count = taken = 0;
}

static int in_order(void)
{
    for (int i = 1; i < count; i++)
        if (handled[i] <= handled[i - 1])
            return i;
    return 0;
}

static void quick(void)
{
    stage("16 events that are handled quickly, after a wait of 50 ms");
    begin(1000, 0);
    wait_takes = 50;
    for (Token i = 0; i < PUMP_BATCH; i++)
        say(i);
    turn();
    expect(looks == 1, "a turn looks into the port once",
           "in one turn it looked into the port %d times: what does the second "
           "look find that can't wait for the next turn?",
           looks);
    expect(taken == PUMP_BATCH, "one look takes out a batch",
           "%d events were in the port, and one turn took out %d", PUMP_BATCH,
           taken);
    expect(count == taken, "there was time for all of them",
           "a turn waited 50 ms for %d events, each of which is handled in no "
           "time, and handled %d. Is waiting work? When does a turn's time "
           "begin?",
           PUMP_BATCH, count);
    expect(!wrong_context && in_order() == 0, "they are handled in order",
           "event %d came out of turn, or without its context", in_order());
}

static void slow(DWORD time, const char *lesson)
{
    begin(time, 4);
    for (Token i = 0; i < PUMP_BATCH; i++)
        say(i);
    turn();
    DWORD last = count > 0 ? begun[count - 1] - begun[0] : 0;
    if (!expect(last < PUMP_TURN_MS, "no event is begun after 10 ms",
                "%d events were handled in one turn, 4 ms each, and the last "
                "was begun after %lu ms; none should be begun after 10 ms%s",
                count, last, lesson))
        return;
    expect(count == 3, "the time is used",
           "a turn has 10 ms and an event takes 4, so three can be begun: %d "
           "were%s",
           count, lesson);
    for (int i = 0; i < 20 && count < PUMP_BATCH; i++) {
        turn();
        if (count == first)
            break;
    }
    expect(count == PUMP_BATCH, "none is lost",
           "%d events came, 4 ms each. %d have been taken out of the port, and "
           "%d were handled: event %d is out of the port and was never handled",
           PUMP_BATCH, taken, count, count);
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
    busy = GUESTS;
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
    stage("a wait that fails");
    fail_with = 6;
    DWORD error = pump_turn(pump, 0);
    fail_with = 0;
    expect(error == 6, "an error is passed on",
           "the wait failed with 6, and pump_turn returned %lu", error);
}

void examine(const Checker *table)
{
    BEGIN(table);
    stage("opening a selector");
    pump = calloc(1, size_of_Pump);
    require(pump != NULL && selector_open(&selector) == 0,
            "selector_open failed");
    for (int i = 0; i < GUESTS; i++) {
        guests[i] = calloc(1, sizeof *guests[i]);
        require(guests[i] != NULL, "there is no memory left");
        guests[i]->selector = &selector;
    }
    busy_guest();
    quick();
    stage("16 events that take 4 ms each");
    slow(1000, ". How is the time of a turn limited?");
    newcomers();
    left_alone();
    stage("16 events that take 4 ms each, when the clock begins anew at 0");
    slow(0xFFFFFFFA, ". The clock went from 0xFFFFFFFA past 0xFFFFFFFF to 0. "
                     "What does an unsigned 0xFFFFFFFA + 10 give?");
    very_slow();
    nothing();
}
