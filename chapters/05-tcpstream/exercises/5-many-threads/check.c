// wrap: GetQueuedCompletionStatusEx _beginthreadex WaitForSingleObject
// wrap: CloseHandle
// sizes: Pool
/* Counts how often each packet is handled, and holds threads in the handler to
   have one of them find all wakes in one batch. */
#include <stdatomic.h>
#include <stdlib.h>

#include "check.h"
#include "pool.h"

enum {
    BATCH_UNKNOWN = 1000,
    BATCH_MOST = 16,
    MOST_STARTED = 256,
    MANY = 2000,
    THREADS = 4,
    LATE = 3,
    QUEUED = 40,
    KEY = 8,
    PATIENCE = 1000
};

extern const unsigned long long size_of_Pool;

WRAPPED(GetQueuedCompletionStatusEx);
uintptr_t _beginthreadex(void *, unsigned, unsigned(WINAPI *)(void *), void *,
                         unsigned, unsigned *);
WRAPPED(_beginthreadex);

WRAPPED(WaitForSingleObject);
WRAPPED(CloseHandle);

static OVERLAPPED marks[MANY];
static atomic_int handled[MANY];
static atomic_int strange;       /* handled, and no packet of ours */
static atomic_int inside;        /* threads that are in the handler */
static atomic_int gate;          /* so many may leave it; -1: all */
static atomic_int most_wakes;    /* in one batch */
static atomic_int smallest_room; /* that a batch was given */
static atomic_int short_waits;   /* waits that time would have ended */
static atomic_int stopped;       /* pool_stop has come back */
static int fails_at;             /* which thread can't be started, or 0 */
static int threads_started;
static atomic_int largest_room;
static atomic_int may_overtake; /* so often a wake still overtakes a packet */
static HANDLE handles[MOST_STARTED]; /* of the threads, until closed */
static int handle_count;
static int joins_left; /* until a packet is posted, or 0 */

static HANDLE port, other_port;

static int index_of(const OVERLAPPED *mark)
{
    return mark >= marks && mark < marks + MANY ? (int)(mark - marks) : -1;
}

/* A packet with a wake behind it goes to the end of the queue. */
static void overtake(HANDLE from, OVERLAPPED_ENTRY *entries, ULONG *count)
{
    for (ULONG i = 0; i + 1 < *count; i++)
        if (index_of(entries[i].lpOverlapped) >= 0 &&
            index_of(entries[i + 1].lpOverlapped) < 0) {
            may_overtake--;
            post_queued_completion_status(from, 0, KEY,
                                          entries[i].lpOverlapped);
            for (--*count; i < *count; i++)
                entries[i] = entries[i + 1];
        }
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE from,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    if ((int)capacity < smallest_room)
        smallest_room = (int)capacity;
    if ((int)capacity > largest_room)
        largest_room = (int)capacity;
    short_waits += timeout < PATIENCE;
    BOOL succeeded = __real_GetQueuedCompletionStatusEx(
        from, entries, capacity, removed, timeout, alertable);
    if (succeeded && may_overtake > 0)
        overtake(from, entries, removed);
    int wakes = 0;
    for (ULONG i = 0; succeeded && i < *removed; i++)
        wakes += index_of(entries[i].lpOverlapped) < 0;
    if (wakes > most_wakes)
        most_wakes = wakes;
    return succeeded;
}

uintptr_t __wrap__beginthreadex(void *security, unsigned stack,
                                unsigned(WINAPI *start)(void *), void *argument,
                                unsigned flags, unsigned *id)
{
    if (++threads_started == fails_at)
        return 0;
    uintptr_t thread =
        __real__beginthreadex(security, stack, start, argument, flags, id);
    if (handle_count < MOST_STARTED)
        handles[handle_count++] = (HANDLE)thread;
    return thread;
}

BOOL WINAPI __wrap_CloseHandle(HANDLE handle)
{
    for (int i = 0; i < handle_count; i++)
        if (handles[i] == handle)
            handles[i] = NULL;
    return __real_CloseHandle(handle);
}

DWORD WINAPI __wrap_WaitForSingleObject(HANDLE handle, DWORD timeout)
{
    DWORD result = __real_WaitForSingleObject(handle, timeout);
    for (int i = 0; i < handle_count; i++)
        if (handles[i] == handle && joins_left > 0 && --joins_left == 0)
            post_queued_completion_status(port, 0, KEY, &marks[0]);
    return result;
}

static void count_packet(void *context, const OVERLAPPED_ENTRY *packet)
{
    int index = index_of(packet->lpOverlapped);
    if (index < 0 || packet->lpCompletionKey != KEY || context != marks)
        strange++;
    else
        handled[index]++;
}

/* Stays in the handler until the gate lets it go. */
static void count_and_stay(void *context, const OVERLAPPED_ENTRY *packet)
{
    count_packet(context, packet);
    inside++;
    for (;;) {
        int may = gate;
        if (may < 0 ||
            (may > 0 && atomic_compare_exchange_strong(&gate, &may, may - 1)))
            break;
        pause_ms(1);
    }
    inside--;
}

static void forget(void)
{
    for (int i = 0; i < MANY; i++)
        handled[i] = 0;
    strange = inside = gate = most_wakes = stopped = 0;
}

static void post(int index)
{
    require(post_queued_completion_status(port, 0, KEY, &marks[index]) == 0,
            "posting failed");
}

static int becomes(const atomic_int *value, int wanted)
{
    wait_until(*value == wanted, PATIENCE);
    return *value == wanted;
}

static void stop(void *pool)
{
    DWORD error = pool_stop(pool);
    require(error == 0, "pool_stop gave %lu", error);
    stopped = 1;
}

/* How many of the first count packets were handled other than once. */
static int not_once(int count, int *first)
{
    int wrong = 0;
    for (int i = count; i-- > 0;)
        if (handled[i] != 1) {
            *first = i;
            wrong++;
        }
    return wrong;
}

/* Takes out what is left in the port; returns how many are ours, and adds them
   to the handled. */
static int take_the_rest(void)
{
    OVERLAPPED_ENTRY entry;
    ULONG count;
    int theirs = 0;
    while (get_queued_completion_status_ex(port, &entry, 1, &count, 0) == 0) {
        int index = index_of(entry.lpOverlapped);
        if (index >= 0)
            handled[index]++;
        else
            theirs++;
    }
    return theirs;
}

static Pool *start_on(HANDLE where, Handler *handler)
{
    Pool *pool = calloc(1, size_of_Pool);
    require(pool != NULL, "no memory");
    DWORD error = pool_start(pool, where, THREADS, handler, marks);
    require(error == 0, "pool_start gave %lu", error);
    return pool;
}

static Pool *start(Handler *handler)
{
    return start_on(port, handler);
}

/* The pool ends, or the lesson fits why it doesn't. */
static void need_stop(void)
{
    BOOL ends = becomes(&stopped, 1);
    need(ends || most_wakes < 2, "each thread is woken",
         "pool_stop has not come back. One thread took a batch out of the "
         "port while others were busy, with %d wakes in it: for how many "
         "threads were they meant?",
         (int)most_wakes);
    need(ends, "the pool stops",
         "pool_stop has not come back within %d ms: if the threads wait in the "
         "port, who tells them to end? If not, what are they at?",
         PATIENCE);
}

/* A pool whose threads are all in the handler. */
static Pool *start_busy(void)
{
    forget();
    Pool *pool = start(count_and_stay);
    for (int i = 0; i < THREADS; i++) {
        post(i);
        need(becomes(&inside, i + 1), "each thread works",
             "%d packets were posted, and only %d threads are in the handler: "
             "must each wait for the other?",
             i + 1, (int)inside);
    }
    most_wakes = 0;
    return pool;
}

static void queued_before(void)
{
    int first = 0;
    stage("a stop with %d packets in the port", QUEUED);
    Pool *pool = start_busy();
    for (int i = 0; i < QUEUED; i++)
        post(THREADS + i);
    in_thread(stop, pool);
    pause_ms(60);
    gate = -1;
    need_stop();
    int wrong = not_once(THREADS + QUEUED, &first);
    expect(wrong == 0, "what was queued before is handled",
           "%d packets were in the port when pool_stop was called, and %d of "
           "them were not handled exactly once",
           THREADS + QUEUED, wrong);
    take_the_rest();
}

static void many_packets(void)
{
    int first = 0;
    stage("%d packets, %d threads, and a stop", MANY, THREADS);
    forget();
    smallest_room = BATCH_UNKNOWN;
    largest_room = handle_count = 0;
    Pool *pool = start(count_packet);
    for (int i = 0; i < MANY; i++)
        post(i);
    in_thread(stop, pool);
    need_stop();
    expect(strange == 0, "the handler gets packets, and nothing else",
           "the handler was called %d times with something that was no packet "
           "of ours: is a wake a packet to handle?",
           (int)strange);
    int room = smallest_room;
    int wrong = not_once(MANY, &first);
    expect(wrong == 0, "each is handled once",
           "of %d packets that were queued before pool_stop, %d were not "
           "handled exactly once: the first is number %d, handled %d times",
           MANY, wrong, first, (int)handled[first]);
    expect(take_the_rest() == 0, "nothing of the pool's is left in the port",
           "the pool has stopped, and its wakes are still in the port: another "
           "pool on it would end at once");
    expect(room > 1, "packets are taken out in batches",
           "GetQueuedCompletionStatusEx was called with room for %d packet: it "
           "can take many with one call",
           room);
    expect(largest_room <= BATCH_MOST, "up to 16 at a time",
           "GetQueuedCompletionStatusEx was called with room for %d packets: "
           "how many are left for the other threads?",
           (int)largest_room);
    int open = 0;
    for (int i = 0; i < handle_count; i++)
        open += handles[i] != NULL;
    expect(open == 0, "the threads' handles are closed",
           "the pool has stopped, and %d thread handles are still open", open);
}

static void packet_at_the_end(void)
{
    int first = 0;
    stage("a packet that comes when the threads have ended");
    forget();
    handle_count = 0;
    Pool *pool = start(count_packet);
    joins_left = THREADS;
    in_thread(stop, pool);
    need_stop();
    BOOL posted = joins_left == 0;
    joins_left = 0;
    take_the_rest();
    expect(!posted || not_once(1, &first) == 0, "it is handled or left",
           "a packet was posted while pool_stop joined its last thread, and it "
           "is neither handled nor left in the port: who has taken it out?");
}

static void overtaken(void)
{
    int first = 0;
    stage("wakes that overtake a packet");
    Pool *pool = start_busy();
    post(THREADS);
    in_thread(stop, pool);
    pause_ms(30);
    may_overtake = 2 * THREADS;
    for (int i = 0; i < THREADS; i++) {
        gate = 1;
        pause_ms(15);
    }
    gate = -1;
    need_stop();
    may_overtake = 0;
    expect(not_once(THREADS + 1, &first) == 0, "it is handled all the same",
           "a wake was taken out before a packet that had been queued before "
           "pool_stop; pool_stop has come back, and the packet was handled %d "
           "times: who looks after it when all threads have ended?",
           (int)handled[first]);
    take_the_rest();
}

static void two_pools(void)
{
    int first = 0;
    stage("two pools on two ports");
    forget();
    Pool *one = start(count_packet);
    Pool *other = start_on(other_port, count_packet);
    in_thread(stop, one);
    need(becomes(&stopped, 1), "the first stops alone",
         "two pools serve two ports. One was to stop, and pool_stop has not "
         "come back within %d ms: whose threads were woken?",
         PATIENCE);
    require(post_queued_completion_status(other_port, 0, KEY, &marks[0]) == 0,
            "posting failed");
    need(becomes(&handled[0], 1), "the second goes on",
         "two pools served two ports, and one was stopped: a packet in the "
         "other's port was handled %d times",
         (int)handled[0]);
    stopped = 0;
    in_thread(stop, other);
    need_stop();
    expect(not_once(1, &first) == 0, "and stops", "handled %d times",
           (int)handled[0]);
}

static void all_at_once(void)
{
    int first = 0;
    stage("a stop while all are busy");
    Pool *pool = start_busy();
    in_thread(stop, pool);
    pause_ms(60);
    need(!stopped, "the stop waits for them",
         "pool_stop came back while %d threads were in the handler",
         (int)inside);
    for (int i = 0; i < LATE; i++)
        post(THREADS + i);
    gate = 1; /* one is done, and finds all that has been queued meanwhile */
    pause_ms(60);
    gate = -1;
    need_stop();

    stage("after the stop");
    expect(take_the_rest() == 0, "nothing of the pool's is left in the port",
           "the pool has stopped, and its wakes are still in the port: another "
           "pool on it would end at once");
    int wrong = not_once(THREADS + LATE, &first);
    expect(
        wrong == 0, "late packets are handled or left",
        "%d packets were queued behind the wakes, and %d are neither handled "
        "nor left in the port: what becomes of a batch's packets behind a "
        "wake?",
        LATE, wrong);
    forget();
    pool = start(count_packet);
    for (int i = 0; i < 50; i++)
        post(i);
    in_thread(stop, pool);
    expect(becomes(&stopped, 1) && not_once(50, &first) == 0,
           "another pool works on the same port",
           "another pool was started on the same port, and handled packet %d "
           "%d times",
           first, (int)handled[first]);
}

static void idle(void)
{
    stage("a pool with nothing to do");
    forget();
    Pool *pool = start(count_packet);
    pause_ms(50);
    short_waits = 0;
    pause_ms(100);
    int looks = short_waits;
    in_thread(stop, pool);
    need_stop();
    expect(looks == 0, "a thread with nothing to do sleeps",
           "for 100 ms there was nothing to do, and the port was asked %d "
           "times to wait for less than %d ms: whom are the threads looking "
           "out for?",
           looks, PATIENCE);
}

static void cant_start(void)
{
    int first = 0;
    stage("a pool whose third thread can't be started");
    forget();
    Pool *pool = calloc(1, size_of_Pool);
    threads_started = 0;
    fails_at = 3;
    DWORD error = pool_start(pool, port, THREADS, count_packet, marks);
    fails_at = 0;
    if (threads_started > 0)
        expect(error == ERROR_NOT_ENOUGH_MEMORY, "its error is told",
               "the third thread couldn't be started, and pool_start gave %lu",
               error);
    if (error != 0) {
        take_the_rest();
        forget();
        post(0);
        pause_ms(50);
        expect(handled[0] == 0, "no thread is left",
               "pool_start has failed, and a thread of its still handles "
               "packets");
        take_the_rest();
        expect(not_once(1, &first) == 0, "nor a packet lost",
               "a packet was posted after a pool_start that failed, and is "
               "gone");
    }

    stage("a pool of 0 threads, and of 17");
    error = pool_start(pool, port, 0, count_packet, marks);
    expect(error == ERROR_INVALID_PARAMETER, "no thread is too few",
           "pool_start with 0 threads gave %lu, not 87", error);
    error = pool_start(pool, port, POOL_THREADS + 1, count_packet, marks);
    expect(error == ERROR_INVALID_PARAMETER, "17 are too many",
           "pool_start with 17 threads gave %lu, not 87", error);
}

void examine(const Checker *table)
{
    BEGIN(table);
    require(create_completion_port(&port) == 0 &&
                create_completion_port(&other_port) == 0,
            "no port could be made");
    many_packets();
    queued_before();
    all_at_once();
    idle();
    packet_at_the_end();
    overtaken();
    cant_start();
    two_pools();
}
