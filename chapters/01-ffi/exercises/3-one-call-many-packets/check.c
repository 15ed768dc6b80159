// wrap: GetQueuedCompletionStatusEx
/* Stands between tally_packets and the port: counts the calls, and lets more
   packets come in the middle. */
#include "check.h"
#include "tally.h"

enum { CALLS = 1000, PLENTY = 5000, APART = 20, PATIENCE = 30 };

#define ERROR_INVALID_HANDLE 6
#define HUGE 3000000000UL

void WINAPI SetLastError(DWORD);

WRAPPED(GetQueuedCompletionStatusEx);

static int calls;
static ULONG largest;        /* number of packets ever asked for */
static ULONG taken;          /* packets handed out since forget() */
static BOOL failed;          /* the port has given an error */
static BOOL lost_patience;   /* a wait with nothing to wait for */
static int vain;             /* calls that found nothing in time */
static int good_calls;       /* after so many the port gives errors; or -1 */
static DWORD apart, next_in; /* milliseconds: between spurts, to the next */
static DWORD timeouts_other_than;
static BOOL other_timeout;
static DWORD the_other;
static ULONG posted, to_come, spurt; /* packets: so far, later, and by call */
static HANDLE the_port;

/* Packet number n has n bytes, the first being number 1. */
static void post(ULONG count)
{
    for (ULONG i = 0; i < count; i++)
        require(post_queued_completion_status(the_port, ++posted, 1, NULL) == 0,
                "posting a packet failed");
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    ULONG room = capacity < TALLY_BATCH ? capacity : TALLY_BATCH;
    ULONG come = spurt < to_come ? spurt : to_come;
    if (++calls > CALLS)
        require(0, "it has made %d calls and goes on: when does the loop end?",
                CALLS);
    if (capacity > largest)
        largest = capacity;
    if (timeout != timeouts_other_than && !other_timeout) {
        other_timeout = 1;
        the_other = timeout;
    }
    if (good_calls == 0) {
        SetLastError(ERROR_INVALID_HANDLE);
        good_calls--;
        failed = 1;
        return 0;
    }
    if (failed)
        need(0, "it stops at an error",
             "the port gave error %d, and it asked the port again: what is "
             "there to hope for?",
             ERROR_INVALID_HANDLE);
    if (to_come > 0 && timeout < next_in) {
        pause_ms(timeout);
        next_in -= timeout;
        *removed = 0;
        SetLastError(WAIT_TIMEOUT);
        return 0;
    }
    if (to_come > 0) {
        pause_ms(next_in);
        next_in = apart;
    }
    post(come);
    to_come -= come;
    if (room == 0) { /* not documented: Wine hands out a packet all the same */
        lost_patience = 1;
        *removed = 0;
        return 1;
    }
    BOOL succeeded = __real_GetQueuedCompletionStatusEx(
        port, entries, room, removed, timeout > 100 ? 100 : timeout, alertable);
    vain += !succeeded;
    if (succeeded)
        good_calls -= good_calls > 0;
    if (succeeded)
        taken += *removed;
    else if (timeout > 100)
        lost_patience = 1;
    return succeeded;
}

static void forget(DWORD timeout)
{
    calls = 0;
    largest = 0;
    taken = posted = to_come = spurt = 0;
    lost_patience = other_timeout = failed = 0;
    vain = 0;
    good_calls = -1;
    apart = next_in = 0;
    timeouts_other_than = timeout;
}

static unsigned long long sum(ULONG first, ULONG last)
{
    return (unsigned long long)(first + last) * (last - first + 1) / 2;
}

static void empty_the_port(void)
{
    OVERLAPPED_ENTRY rest[TALLY_BATCH];
    ULONG removed;
    while (__real_GetQueuedCompletionStatusEx(the_port, rest, TALLY_BATCH,
                                              &removed, 0, FALSE))
        continue;
}

/* What was counted is what was taken out, neither more nor less. */
static void sums_up(const Tally *tally, ULONG count)
{
    expect(tally->packets == count && tally->bytes == sum(1, count),
           "each packet is added once",
           "%lu packets with %llu bytes were taken out, and the tally says "
           "%lu packets with %llu bytes: how many of the entries did the call "
           "fill in?",
           count, sum(1, count), tally->packets, tally->bytes);
}

static void all_there(ULONG count, int enough)
{
    Tally tally = {0};
    stage("%lu packets, all in the port", count);
    forget(1000);
    post(count);
    DWORD error = tally_packets(the_port, count, 1000, &tally);
    expect(largest <= TALLY_BATCH, "a batch is no larger than 64",
           "the port was asked for %lu packets at once: how many entries has "
           "the array that it writes to?",
           largest);
    expect(error == 0, "it succeeds", "it returned %lu for %lu packets", error,
           count);
    expect(calls <= enough, "with as few calls as possible",
           "%lu packets took %d calls, %d would do: a call takes out as many "
           "as there are and as you have room for, and once you have them "
           "all, there is nothing left to take",
           count, calls, enough);
    sums_up(&tally, count);
    empty_the_port();
}

static void others_in_the_port(void)
{
    Tally tally = {0};
    OVERLAPPED_ENTRY next;
    ULONG removed;
    stage("100 packets of 130 that are in the port");
    forget(1000);
    post(130);
    DWORD error = tally_packets(the_port, 100, 1000, &tally);
    if (expect(error == 0 && taken == 100, "what else is there stays there",
               "wanted were 100 of 130 packets, and %lu are gone: those that "
               "nobody asked for are lost to whom they were meant for. How "
               "much room did the last batch need?",
               taken)) {
        sums_up(&tally, 100);
        __real_GetQueuedCompletionStatusEx(the_port, &next, 1, &removed, 0,
                                           FALSE);
        expect(removed == 1 && next.dwNumberOfBytesTransferred == 101,
               "the next one is number 101",
               "the next packet in the port is number %lu, not 101",
               next.dwNumberOfBytesTransferred);
    }
    empty_the_port();
}

static void in_spurts(void)
{
    Tally tally = {0};
    stage("70 packets that come in spurts of 7");
    forget(1000);
    to_come = 70;
    spurt = 7;
    DWORD error = tally_packets(the_port, 70, 1000, &tally);
    sums_up(&tally, taken);
    expect(error == 0 && taken == 70, "it goes on until it has all",
           "packets came in spurts of 7. Of 70, %lu were taken out, with %d "
           "calls, and it returned %lu. Is a call always worth a full batch?",
           taken, calls, error);
    expect(!lost_patience, "it waits for no more than it needs",
           "it had all 70 packets and waited for another");
    expect(calls <= 10, "one call for each spurt",
           "10 spurts of 7 packets took %d calls", calls);
    empty_the_port();
}

static void far_apart(void)
{
    Tally tally = {0};
    stage("21 packets that come in spurts of 7, %d ms apart", APART);
    forget(PATIENCE);
    to_come = 21;
    spurt = 7;
    apart = next_in = APART;
    DWORD error = tally_packets(the_port, 21, PATIENCE, &tally);
    expect(error == 0 && taken == 21, "each wait may take that long",
           "packets came in spurts of 7, %d ms apart, and it was told to wait "
           "up to %d ms whenever the port is empty. Of 21 it took %lu, and "
           "returned %lu. When does that time begin?",
           APART, PATIENCE, taken, error);
    sums_up(&tally, taken);
    empty_the_port();
}

static void added(void)
{
    Tally tally = {.packets = 5, .bytes = 1000};
    stage("7 packets, added to a tally of 5");
    forget(1000);
    post(7);
    DWORD error = tally_packets(the_port, 7, 1000, &tally);
    expect(error == 0 && taken == 7, "what was there before isn't progress",
           "the tally was 5 packets already, and of the 7 that were wanted %lu "
           "were taken out. It returned %lu. What does the tally count, and "
           "what do you have to count?",
           taken, error);
    expect(tally.packets == 5 + taken && tally.bytes == 1000 + sum(1, taken),
           "they are added to what was there",
           "the tally was 5 packets with 1000 bytes, %lu packets with %llu "
           "bytes were taken out, and now it is %lu with %llu",
           taken, sum(1, taken), tally.packets, tally.bytes);
    empty_the_port();
}

static void large_and_empty(void)
{
    const DWORD sizes[] = {HUGE, 0, HUGE};
    Tally tally = {0};
    stage("packets of %lu, 0 and %lu bytes", HUGE, HUGE);
    forget(1000);
    for (int i = 0; i < 3; i++)
        require(post_queued_completion_status(the_port, sizes[i], 1, NULL) == 0,
                "posting a packet failed");
    DWORD error = tally_packets(the_port, 3, 1000, &tally);
    expect(error == 0 && tally.packets == 3, "a packet of 0 bytes counts",
           "three packets were there, one of them of 0 bytes. It returned %lu "
           "and counted %lu",
           error, tally.packets);
    expect(tally.bytes == 2ULL * HUGE, "large numbers add up",
           "%lu and 0 and %lu bytes came, and the tally says %llu: how many "
           "bits has each number on the way there?",
           HUGE, HUGE, tally.bytes);
    empty_the_port();
}

static void port_fails(void)
{
    Tally tally = {0};
    stage("a port that gives an error after 10 packets of 20");
    forget(1000);
    post(10);
    good_calls = 1;
    DWORD error = tally_packets(the_port, 20, 1000, &tally);
    expect(error == ERROR_INVALID_HANDLE, "the port's errors are returned",
           "the port gave error %d, as it does when it is closed, and "
           "tally_packets returned %lu: how is the caller to know?",
           ERROR_INVALID_HANDLE, error);
    sums_up(&tally, 10);
    empty_the_port();
}

static void too_few(void)
{
    Tally tally = {.packets = 5, .bytes = 1000};
    stage("20 packets wanted, 10 there");
    forget(30);
    post(10);
    DWORD error = tally_packets(the_port, 20, 30, &tally);
    expect(error == WAIT_TIMEOUT, "it says that time was up",
           "ten of twenty packets never came, and it returned %lu, not 258 "
           "(WAIT_TIMEOUT)",
           error);
    expect(tally.packets == 15 && tally.bytes == 1000 + sum(1, 10),
           "what came is added to what was there",
           "the tally was 5 packets with 1000 bytes, 10 packets with 55 bytes "
           "came, and now it is %lu with %llu",
           tally.packets, tally.bytes);
    expect(!other_timeout, "it waits as long as it was told",
           "it was told to wait up to 30 ms, and asked the port to wait %lu: "
           "what would that call have done with 30?",
           the_other);
    expect(vain <= 1, "it waits in vain only once",
           "the port stayed empty for 30 ms, and it asked again, %d times in "
           "all: for how long has it kept the caller?",
           vain);
}

static void none(void)
{
    Tally tally = {0};
    stage("no packets wanted");
    forget(1000);
    post(1);
    DWORD error = tally_packets(the_port, 0, 1000, &tally);
    expect(error == 0 && calls == 0 && tally.packets == 0,
           "for no packets it makes no call",
           "for 0 packets it made %d calls and returned %lu: what a call does "
           "with room for 0 entries isn't documented",
           calls, error);
    empty_the_port();
}

void examine(const Checker *table)
{
    BEGIN(table);
    stage("creating a port");
    require(create_completion_port(&the_port) == 0,
            "create_completion_port failed");
    all_there(200, 4);
    others_in_the_port();
    in_spurts();
    all_there(TALLY_BATCH, 1);
    all_there(PLENTY, (PLENTY + TALLY_BATCH - 1) / TALLY_BATCH);
    far_apart();
    too_few();
    added();
    large_and_empty();
    port_fails();
    none();
}
