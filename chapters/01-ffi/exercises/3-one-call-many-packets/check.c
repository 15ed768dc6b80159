// wrap: GetQueuedCompletionStatusEx
/* Stands between tally_packets and the port: counts the calls, and lets more
   packets come in the middle. */
#include "check.h"
#include "tally.h"

enum { CALLS = 1000, PLENTY = 5000 };

BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);

static int calls;
static ULONG largest;      /* number of packets ever asked for */
static ULONG taken;        /* packets handed out since forget() */
static BOOL lost_patience; /* a wait with nothing to wait for */
static DWORD timeouts_other_than;
static BOOL other_timeout;
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
    if (timeout != timeouts_other_than)
        other_timeout = 1;
    post(come);
    to_come -= come;
    if (room == 0) { /* not documented: Wine hands out a packet all the same */
        lost_patience = 1;
        *removed = 0;
        return 1;
    }
    BOOL succeeded = __real_GetQueuedCompletionStatusEx(
        port, entries, room, removed, timeout > 100 ? 100 : timeout, alertable);
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
    lost_patience = other_timeout = 0;
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
           "it was told to wait up to 30 ms, and told the port otherwise");
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
    too_few();
    none();
}
