// wrap: GetQueuedCompletionStatusEx ReleaseSRWLockExclusive malloc calloc realloc free
// sizes: Alarm
/* Alarms of a loop: set, missed, set anew, and closed in the moment between the
   selector's taking a timer out and the ringing. */
#include "check.h"
#include <stdlib.h>

#include "alarm.h"
#include "guard.h"
#include "poll.h"

enum { LATE = 200, AFRESH = 250, CAPACITY = 4, ONE = 1, TWO = 2 };

extern const unsigned long long size_of_Alarm;

WRAPPED(GetQueuedCompletionStatusEx);
WRAPPED(ReleaseSRWLockExclusive);

static Poll the_poll;
static Registrator registrator;
static Alarm *first, *second;
static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};
static int looks; /* at the port */

/* What is done when the selector has just taken a timer out. */
typedef enum { NOTHING, CLOSES, STOPS, SETS } Deed;
static Deed deed;

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    looks++;
    return __real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                              timeout, alertable);
}

void WINAPI __wrap_ReleaseSRWLockExclusive(SRWLOCK *lock)
{
    const Loop *loop = the_poll.loop;
    Deed now = deed;
    BOOL taken = now != NOTHING && loop != NULL &&
                 lock == &loop->selector.lock &&
                 loop->selector.timers.count == 0;
    if (taken)
        deed = NOTHING;
    __real_ReleaseSRWLockExclusive(lock);
    if (!taken)
        return;
    DWORD error = 0;
    if (now == CLOSES)
        error = alarm_close(first);
    else
        error = alarm_set(first, now == SETS ? AFRESH : INFINITE, 0);
    require(error == 0, "the alarm rings, and %s gave error %lu",
            now == CLOSES ? "alarm_close" : "alarm_set", error);
}

static void open(Alarm *alarm, Token token)
{
    DWORD error = alarm_open(alarm, &registrator, token);
    require(error == 0, "alarm_open gave error %lu", error);
}

static void set(Alarm *alarm, DWORD delay, DWORD period)
{
    DWORD error = alarm_set(alarm, delay, period);
    require(error == 0, "alarm_set(%lu, %lu) gave error %lu", delay, period,
            error);
}

static void close_alarm(Alarm *alarm)
{
    DWORD error = alarm_close(alarm);
    require(error == 0, "alarm_close gave error %lu", error);
}

/* Waits until there are events or patience is at an end; returns how long. */
static DWORD wait_for_events(DWORD patience)
{
    unsigned long start = milliseconds();
    DWORD gone = 0;
    do {
        DWORD error = poll_wait(&the_poll, &events, patience - gone);
        require(error == 0, "poll_wait gave error %lu", error);
        gone = milliseconds() - start;
    } while (events.count == 0 && gone < patience);
    return gone;
}

static void quiet(DWORD time, const char *name, const char *lesson)
{
    wait_for_events(time);
    need(events.count == 0, name, "%s", lesson);
}

static void once(void)
{
    stage("once");
    open(first, ONE);
    set(first, 100, 0);
    looks = 0;
    DWORD took = wait_for_events(100 + LATE);
    need(events.count == 1, "an alarm rings",
         "alarm_set(100, 0), and after %lu ms there was no event", took);
    need(took + 2 >= 100, "not before its time",
         "alarm_set(100, 0), and it rang after %lu ms", took);
    expect(list[0].token == ONE && list[0].ready == NOTIFIED &&
               list[0].error == 0,
           "with token and NOTIFIED",
           "the event has the token %llu, ready is %d and the error %lu; the "
           "token was %d, and NOTIFIED is %d",
           (unsigned long long)list[0].token, (int)list[0].ready, list[0].error,
           ONE, NOTIFIED);
    expect(list[0].bytes == 1, "one beat is due",
           "the alarm rang on time, and the event's bytes say that %lu beats "
           "are due",
           list[0].bytes);
    expect(looks <= 4, "the loop sleeps till then",
           "in 100 ms with nothing to do the loop looked at the port %d times",
           looks);
    quiet(60, "once is once",
          "an alarm with a period of 0 rang, and then it rang again");
}

/* By the checker's clock, which started a little before. */
static DWORD beats_until(unsigned long start, DWORD delay, DWORD period)
{
    DWORD gone = milliseconds() - start;
    return gone < delay ? 0 : (gone - delay) / period + 1;
}

static void missed(void)
{
    enum { PERIOD = 50 };
    stage("a loop that misses beats");
    unsigned long start = milliseconds();
    set(first, PERIOD, PERIOD);
    unsigned long later = milliseconds(); /* it was set in between */
    wait_for_events(PERIOD + LATE);
    DWORD beats = events.count == 1 ? list[0].bytes : 0;
    need(beats > 0, "the first beat comes", "it did not come within %d ms",
         PERIOD + LATE);
    pause_ms(4 * PERIOD + PERIOD / 2);
    DWORD least = beats_until(later + 2, PERIOD, PERIOD) - beats;
    wait_for_events(LATE);
    DWORD most = beats_until(start, PERIOD, PERIOD) - beats;
    need(events.count == 1, "and one after it",
         "the loop was busy for %d ms, and then there were %lu events",
         4 * PERIOD + PERIOD / 2, events.count);
    DWORD told = list[0].bytes;
    beats += told;
    poll_wait(&the_poll, &events, 5);
    need(
        events.count == 0 || told >= least, "what is missed comes as one event",
        "the loop was busy through four beats of %d ms and more; then an event "
        "came that told of %lu, and right after it another",
        PERIOD, told);
    beats += events.count == 0 ? 0 : list[0].bytes;
    need(told >= least && told <= most, "which tells how many",
         "the loop was busy for %d ms, and %lu to %lu beats of %d ms were due; "
         "the event's bytes tell of %lu",
         4 * PERIOD + PERIOD / 2, least, most, PERIOD, told);

    stage("a loop that is late for every beat");
    for (int i = 0; i < 6; i++) {
        pause_ms(7 * PERIOD / 5);
        wait_for_events(PERIOD + LATE);
        need(events.count == 1, "the heart goes on",
             "a heartbeat of %d ms, and in %d ms there were %lu events", PERIOD,
             PERIOD + LATE, events.count);
        beats += list[0].bytes;
    }
    least = beats_until(later + 2, PERIOD, PERIOD);
    most = beats_until(start, PERIOD, PERIOD);
    /* One may have become due since the last wait. */
    expect(beats + 1 >= least, "beats keep their times",
           "%lu beats were due, and the loop was told of %lu: from when does "
           "the next period count, if the loop was late?",
           least, beats);
    expect(beats <= most, "and none comes early",
           "%lu beats were due, and the loop was told of %lu", most, beats);
}

static void anew(void)
{
    stage("set anew");
    set(first, 30, 0);
    set(first, AFRESH, 0);
    quiet(60, "what was set before is forgotten",
          "an alarm was set for 30 ms and then for 250, and it rang in the "
          "first 60");
    wait_for_events(AFRESH + LATE);
    need(events.count == 1, "what was set last rings",
         "an alarm was set for 30 ms and then for 250: %lu events",
         events.count);
    set(first, 20, 20);
    set(first, 20, 0);
    wait_for_events(20 + LATE);
    quiet(60, "the period, too",
          "an alarm with a period of 20 was set anew with a period of 0, and "
          "rang twice");
    set(first, 30, 30);
    set(first, INFINITE, 0);
    quiet(60, "INFINITE is never", "an alarm was set to INFINITE, and it rang");
}

static void sets_later(void *alarm)
{
    pause_ms(50);
    alarm_set(alarm, 20, 0);
}

static void other_thread(void)
{
    stage("set by another thread while the loop waits");
    in_thread(sets_later, first);
    DWORD took = wait_for_events(1500);
    need(events.count == 1 && took < 70 + LATE, "the loop hears of it",
         "a thread set an alarm of 20 ms while the loop waited: after %lu ms "
         "there were %lu events",
         took, events.count);
}

static void two_alarms(void)
{
    stage("two alarms");
    open(second, TWO);
    set(first, 20, 0);
    set(second, 20, 0);
    pause_ms(50);
    events.capacity = 1;
    poll_wait(&the_poll, &events, LATE);
    Event one = events.count == 1 ? list[0] : (Event){0};
    poll_wait(&the_poll, &events, LATE);
    Event other = events.count == 1 ? list[0] : (Event){0};
    events.capacity = CAPACITY;
    need(one.token + other.token == ONE + TWO && one.token != 0 &&
             other.token != 0,
         "each has its event",
         "two alarms were due, and there was room for one event at a time: the "
         "tokens were %llu and %llu",
         (unsigned long long)one.token, (unsigned long long)other.token);
    close_alarm(second);
}

static void in_the_moment(void)
{
    int before = guard_living();
    stage("set anew in the moment before it rings");
    set(first, 20, 0);
    deed = SETS;
    quiet(60, "the old beat does not come",
          "the selector had taken the timer out and was about to call its "
          "function; in that moment the alarm was set for 250 ms later, and it "
          "rang at once: who is to look, and when?");
    wait_for_events(AFRESH + LATE);
    need(events.count == 1, "the new one does",
         "an alarm was set for 250 ms later in the moment before it rang: %lu "
         "events",
         events.count);
    stage("stopped in the moment before it rings");
    set(first, 20, 20);
    deed = STOPS;
    quiet(80, "none comes",
          "the selector had taken the timer out and was about to call its "
          "function; in that moment the alarm was set to INFINITE, and it rang "
          "all the same");
    stage("closed in the moment before it rings");
    set(first, 20, 20);
    deed = CLOSES;
    quiet(80, "none comes, either",
          "the selector had taken the timer out and was about to call its "
          "function; in that moment the alarm was closed, and it rang all the "
          "same");
    expect(
        guard_living() < before, "the memory is freed",
        "an alarm was closed while its timer was about to be called, and its "
        "memory is still allocated");
}

static void errors(void)
{
    stage("errors");
    DWORD error = alarm_close(first);
    expect(error == ERROR_INVALID_PARAMETER, "closing twice is refused",
           "the second alarm_close gave %lu", error);
    error = alarm_set(first, 1, 0);
    expect(error == ERROR_INVALID_PARAMETER, "setting a closed one is refused",
           "it gave %lu", error);
    error = alarm_open(first, &registrator, 0);
    expect(error == ERROR_INVALID_PARAMETER, "the token 0 is refused",
           "alarm_open with it gave %lu", error);
}

static void the_end(int living)
{
    stage("the end of the loop");
    open(first, ONE);
    set(first, 60000, 0);
    DWORD error = poll_destroy(&the_poll);
    need(error == ERROR_BUSY, "an open alarm keeps the loop",
         "an alarm was open, and poll_destroy gave %lu: what becomes of its "
         "timer?",
         error);
    close_alarm(first);
    int before = guard_living();
    error = alarm_open(second, &registrator, TWO);
    expect(error == ERROR_ABANDONED_WAIT_0, "a loop that ends takes none",
           "alarm_open gave %lu, and it was to be %d", error,
           ERROR_ABANDONED_WAIT_0);
    expect(guard_living() <= before, "and nothing stays of it",
           "alarm_open failed, and left %d blocks of memory behind",
           guard_living() - before);
    error = poll_destroy(&the_poll);
    need(error == 0, "without alarms it ends",
         "the alarm was closed, and poll_destroy gave %lu", error);
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
    first = calloc(1, size_of_Alarm);
    second = calloc(1, size_of_Alarm);
    int living = guard_living();
    require(poll_create(&the_poll) == 0 &&
                poll_registrator(&the_poll, &registrator) == 0,
            "no poll could be made");
    once();
    missed();
    anew();
    other_thread();
    two_alarms();
    in_the_moment();
    errors();
    the_end(living);
}
