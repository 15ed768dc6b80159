// wrap: GetQueuedCompletionStatusEx PostQueuedCompletionStatus AcquireSRWLockExclusive ReleaseSRWLockExclusive
// sizes: Jobs
/* Workers are threads of the checker's. All are held up where it hurts most:
   at the port, before and after a lock and a packet, and, as jobs lie in
   guarded pages, where a job in the list is touched. */
#include <stdatomic.h>
#include <stdlib.h>

#include "check.h"
#include "jobs.h"

enum {
    JOBS = 100,
    SOON_MS = 400,
    ALL_MS = 1500,
    IDLE_MS = 100,
    HOLD_UP_MS = 40,
    PAGE = 4096
};

extern const unsigned long long size_of_Jobs;

typedef struct EXCEPTION_RECORD {
    DWORD ExceptionCode;
    DWORD ExceptionFlags;
    struct EXCEPTION_RECORD *ExceptionRecord;
    void *ExceptionAddress;
    DWORD NumberParameters;
    ULONG_PTR ExceptionInformation[15];
} EXCEPTION_RECORD;

typedef struct EXCEPTION_POINTERS {
    EXCEPTION_RECORD *ExceptionRecord;
    void *ContextRecord;
} EXCEPTION_POINTERS;

void *WINAPI AddVectoredExceptionHandler(
    ULONG First, long(WINAPI *Handler)(EXCEPTION_POINTERS *));
void *WINAPI VirtualAlloc(void *lpAddress, size_t dwSize,
                          DWORD flAllocationType, DWORD flProtect);
BOOL WINAPI VirtualProtect(void *lpAddress, size_t dwSize, DWORD flNewProtect,
                           DWORD *lpflOldProtect);
DWORD WINAPI GetCurrentThreadId(void);
WRAPPED(GetQueuedCompletionStatusEx);
WRAPPED(PostQueuedCompletionStatus);
WRAPPED(AcquireSRWLockExclusive);
WRAPPED(ReleaseSRWLockExclusive);

typedef struct Worker {
    Jobs *jobs;
    atomic_int held;  /* stays with its first job until this is 0 */
    atomic_int taken; /* jobs */
    atomic_int went_home;
    DWORD error; /* that it went home with */
} Worker;

static char *pages;               /* a job in each */
static atomic_int taken_by[JOBS]; /* how often */
static atomic_int order[JOBS];    /* which came when */

/* Counted as they come, from open_jobs on. */
static atomic_int added, taken, asleep, waits, woken, packets, touches, at_home;

static atomic_int door; /* 1: nobody gets to the port, 2: one does */
static atomic_int gate; /* 1: who has been woken stays at the port */

/* What comes in between, and when. */
typedef enum Moment {
    NEVER,
    HAS_LOOKED, /* a worker: it has let go of the lock */
    AT_PORT,    /* a worker: it is about to wait */
    BEFORE_LOCK,
    BEFORE_PACKET
} Moment;
static atomic_int job_at, stop_at;
static Jobs *between_to;
static atomic_uint worker_thread;
static DWORD examiner; /* the thread of examine() */
static BOOL dawdle;    /* the examiner does, after its next packet */

static Job *job_of(int number)
{
    return (Job *)(void *)(pages + number * PAGE);
}

/* Time goes by until one of the counts has changed. */
static void hold_up(void)
{
    int counts = added + taken + waits + at_home;
    wait_until(added + taken + waits + at_home != counts, HOLD_UP_MS);
}

/* Whoever touches a guarded page. The guard is gone then; another who touched it
   at the same time may find an access violation under Wine. */
static long WINAPI touched(EXCEPTION_POINTERS *exception)
{
    const DWORD guard_page = 0x80000001, access_violation = 0xC0000005;
    const EXCEPTION_RECORD *record = exception->ExceptionRecord;
    ULONG_PTR place = record->ExceptionInformation[1] - (ULONG_PTR)pages;
    if ((record->ExceptionCode != guard_page &&
         record->ExceptionCode != access_violation) ||
        place >= JOBS * PAGE)
        return 0;
    if (record->ExceptionCode == guard_page) {
        touches++;
        hold_up();
    }
    return -1; /* it is tried again */
}

static void guard(int number, BOOL guarded)
{
    const DWORD read_write = 4, guard_page = 0x100;
    DWORD old;
    VirtualProtect(job_of(number), PAGE,
                   read_write | (guarded ? guard_page : 0), &old);
}

/* Waits until *count is so large, and returns what it is. */
static int reaches(atomic_int *count, int wanted, unsigned long time)
{
    wait_until(*count >= wanted, time);
    return *count;
}

static void add_in_thread(void *job)
{
    jobs_add(between_to, job);
    added++;
}

/* Another thread adds a job, and the worker goes on then. */
static void job_between(Moment moment)
{
    int expected = moment;
    if (worker_thread != GetCurrentThreadId() ||
        !atomic_compare_exchange_strong(&job_at, &expected, NEVER))
        return;
    in_thread(add_in_thread, job_of(0));
    reaches(&added, 1, HOLD_UP_MS);
}

static void stop_in_thread(void *jobs)
{
    jobs_stop(jobs);
}

/* Another thread stops the jobs, and the only worker goes home. */
static void stop_between(Moment moment)
{
    int expected = moment;
    if (examiner != GetCurrentThreadId() ||
        !atomic_compare_exchange_strong(&stop_at, &expected, NEVER))
        return;
    in_thread(stop_in_thread, between_to);
    reaches(&at_home, 1, HOLD_UP_MS);
}

void WINAPI __wrap_AcquireSRWLockExclusive(SRWLOCK *lock)
{
    stop_between(BEFORE_LOCK);
    __real_AcquireSRWLockExclusive(lock);
}

void WINAPI __wrap_ReleaseSRWLockExclusive(SRWLOCK *lock)
{
    __real_ReleaseSRWLockExclusive(lock);
    job_between(HAS_LOOKED);
}

BOOL WINAPI __wrap_PostQueuedCompletionStatus(HANDLE port, DWORD bytes,
                                              ULONG_PTR key,
                                              OVERLAPPED *overlapped)
{
    stop_between(BEFORE_PACKET);
    packets++;
    BOOL posted =
        __real_PostQueuedCompletionStatus(port, bytes, key, overlapped);
    if (examiner == GetCurrentThreadId() && dawdle) {
        dawdle = FALSE;
        hold_up();
    }
    return posted;
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    job_between(HAS_LOOKED); /* where the list has another lock */
    job_between(AT_PORT);
    waits++;
    asleep++;
    for (int one = 2; door != 0; one = 2) {
        if (atomic_compare_exchange_strong(&door, &one, 1))
            break;
        pause_ms(1);
    }
    BOOL succeeded = __real_GetQueuedCompletionStatusEx(
        port, entries, capacity, removed, timeout, alertable);
    woken++;
    while (gate)
        pause_ms(1);
    asleep--;
    return succeeded;
}

static void work(void *argument)
{
    Worker *worker = argument;
    Job *job;
    worker_thread = GetCurrentThreadId();
    while ((worker->error = jobs_take(worker->jobs, &job)) == 0) {
        size_t place = (size_t)((char *)job - pages);
        if (place < JOBS * PAGE && place % PAGE == 0) {
            taken_by[place / PAGE]++;
            order[taken % JOBS] = (int)(place / PAGE);
        }
        taken++;
        worker->taken++;
        while (worker->held)
            pause_ms(5);
    }
    worker->went_home = 1;
    at_home++;
}

static Jobs *open_jobs(void)
{
    Jobs *jobs = calloc(1, size_of_Jobs);
    require(jobs != NULL && jobs_open(jobs) == 0, "jobs_open failed");
    for (int i = 0; i < JOBS; i++)
        taken_by[i] = 0;
    added = taken = asleep = waits = woken = packets = touches = at_home = 0;
    between_to = jobs;
    return jobs;
}

/* So many workers that have nothing to do, and sleep. */
static Worker *hire(Jobs *jobs, int count, int held)
{
    Worker *workers = calloc((size_t)count, sizeof *workers);
    require(workers != NULL, "no memory");
    for (int i = 0; i < count; i++) {
        workers[i].jobs = jobs;
        workers[i].held = held;
        in_thread(work, &workers[i]);
    }
    return workers;
}

static DWORD try_to_add(Jobs *jobs, int number)
{
    job_of(number)->number = number;
    DWORD error = jobs_add(jobs, job_of(number));
    added++;
    return error;
}

static void add(Jobs *jobs, int number)
{
    DWORD error = try_to_add(jobs, number);
    require(error == 0, "jobs_add gave error %lu", error);
}

/* Waits until so many jobs, from 0 on, have been taken, and so many workers
   sleep again. Returns whether each job was taken once. */
static BOOL each_once(int count, int workers)
{
    int once = 0;
    reaches(&taken, count, count < JOBS ? SOON_MS : ALL_MS);
    reaches(&asleep, workers, SOON_MS);
    for (int i = 0; i < count; i++)
        once += taken_by[i] == 1;
    return taken == count && once == count;
}

/* After jobs_stop. */
static void all_go_home(Worker *workers, int count)
{
    int home = reaches(&at_home, count, ALL_MS);
    need(home == count, "all workers go home",
         "the jobs were stopped. Of %d workers %d went home, the others still "
         "sleep: who wakes them?",
         count, home);
    DWORD error = ERROR_ABANDONED_WAIT_0;
    for (int i = 0; i < count; i++)
        if (workers[i].error != ERROR_ABANDONED_WAIT_0)
            error = workers[i].error;
    expect(error == ERROR_ABANDONED_WAIT_0, "they go home with error 735",
           "one went home with error %lu", error);
}

static void stop(Jobs *jobs, Worker *workers, int count)
{
    DWORD error = jobs_stop(jobs);
    expect(error == 0, "it stops", "jobs_stop gave error %lu", error);
    all_go_home(workers, count);
    error = jobs_close(jobs);
    expect(error == 0, "it closes", "jobs_close gave error %lu", error);
}

/* They sleep, and are not only dozing. */
static void idle(void)
{
    stage("two workers with nothing to do");
    int sleeping = reaches(&asleep, 2, SOON_MS);
    need(sleeping == 2, "who has nothing to do sleeps",
         "two workers have nothing to do, and %d wait at the port", sleeping);
    waits = 0;
    pause_ms(IDLE_MS);
    need(waits <= 4, "they sleep until they are woken",
         "two workers had nothing to do for %d ms, and came back from the port "
         "%d times. A wait that ends by itself hides that a wake-up is "
         "missing; the job lies there until the time is up. Who should wake "
         "them?",
         IDLE_MS, (int)waits);
}

/* What main.c shows: two jobs, the second before the first has been taken. */
static void two_for_two(void)
{
    Jobs *jobs = open_jobs();
    Worker *workers = hire(jobs, 2, 1);
    idle();
    stage("two workers sleep; two jobs are added, one right after the other");
    gate = 1;
    add(jobs, 0);
    reaches(&woken, 1, HOLD_UP_MS);
    add(jobs, 1);
    reaches(&woken, 2, HOLD_UP_MS);
    gate = 0;
    int got = reaches(&taken, 2, SOON_MS);
    if (!expect(got == 2, "both take a job",
                "two workers slept, and two jobs were added, one right after "
                "the other. %d ms later %d job has been taken, %d worker still "
                "sleeps, and %d job lies in the list: who is to wake that "
                "worker?",
                SOON_MS, got, (int)asleep, 2 - got))
        return;
    expect(workers[0].taken == 1 && workers[1].taken == 1, "one job each",
           "one worker took %d jobs and the other %d", (int)workers[0].taken,
           (int)workers[1].taken);
    workers[0].held = workers[1].held = 0;
    stage("stopping while both sleep");
    reaches(&asleep, 2, SOON_MS);
    stop(jobs, workers, 2);
}

/* A job is added when a worker has found none and doesn't sleep yet. */
static void sneak_in(Moment moment, const char *when)
{
    Jobs *jobs = open_jobs();
    stage("a job is added %s", when);
    worker_thread = 0;
    job_at = moment;
    Worker *worker = hire(jobs, 1, 0);
    int got = reaches(&taken, 1, SOON_MS);
    need(job_at == NEVER, "a worker waits at the port",
         "a worker with nothing to do took no lock and waited at no port");
    need(got == 1, "it is taken",
         "a job was added %s. Now the worker sleeps, and the job lies in the "
         "list; packets posted: %d. What did jobs_add take the worker for?",
         when, (int)packets);
    stop(jobs, worker, 1);
}

static void four_for_four(void)
{
    Jobs *jobs = open_jobs();
    stage("four workers have found nothing; four jobs are added");
    door = 1;
    Worker *workers = hire(jobs, 4, 1);
    reaches(&asleep, 4, SOON_MS);
    for (int i = 0; i < 4; i++)
        add(jobs, i);
    int posted = packets;
    door = 2;
    reaches(&woken, 1, SOON_MS);
    door = 0;
    int got = reaches(&taken, 4, SOON_MS);
    need(got == 4, "all four take a job",
         "four workers had found nothing to do and were about to sleep, and "
         "four jobs were added. Packets posted: %d, workers woken: %d, jobs "
         "taken: %d; the others sleep. How many workers does a packet wake, "
         "and what had become of the job before when the next was added?",
         posted, (int)woken, got);
    for (int i = 0; i < 4; i++)
        workers[i].held = 0;
    stage("stopping while four sleep");
    reaches(&asleep, 4, SOON_MS);
    stop(jobs, workers, 4);
}

/* Who is woken is faster than who wakes. */
static void come_at_once(void)
{
    Jobs *jobs = open_jobs();
    stage("a worker comes the moment a packet is posted");
    hire(jobs, 1, 0);
    reaches(&asleep, 1, SOON_MS);
    dawdle = TRUE;
    add(jobs, 0);
    int got = reaches(&taken, 1, SOON_MS);
    need(got == 1, "it finds the job",
         "jobs_add posted a packet, and the worker came before jobs_add "
         "returned. It sleeps again, and the job lies in the list: what did "
         "the worker find there?");
    reaches(&asleep, 1, SOON_MS);
    pause_ms(20);
    dawdle = TRUE;
    DWORD error = jobs_stop(jobs);
    dawdle = FALSE;
    int home = reaches(&at_home, 1, SOON_MS);
    need(error == 0 && home == 1, "it finds that it can go home",
         "jobs_stop (error %lu) posted a packet, and the worker came before "
         "jobs_stop returned. It sleeps again: what did it find?",
         error);
    jobs_close(jobs);
}

/* Several at the list, one of whom is slow. */
static void at_the_same_time(void)
{
    Jobs *jobs = open_jobs();
    stage("two workers come to the list at the same time");
    Worker *workers = hire(jobs, 2, 0);
    reaches(&asleep, 2, SOON_MS);
    gate = 1;
    add(jobs, 0);
    add(jobs, 1);
    reaches(&woken, packets < 2 ? packets : 2, SOON_MS);
    guard(0, TRUE);
    gate = 0;
    BOOL once = each_once(2, 2);
    need(once, "each takes another job",
         "two workers came to a list of two jobs at the same time, and one was "
         "slow. Job 0 was taken %d times and job 1 %d times: what did the "
         "second worker find, while the first was at it?",
         (int)taken_by[0], (int)taken_by[1]);
    guard(0, FALSE);
    stop(jobs, workers, 2);

    jobs = open_jobs();
    stage("two jobs are added to a list of one, at the same time");
    add(jobs, 0);
    guard(0, TRUE);
    in_thread(add_in_thread, job_of(1));
    while (touches == 0 && added < 2)
        pause_ms(1);
    add(jobs, 2);
    reaches(&added, 3, SOON_MS);
    guard(0, FALSE);
    Worker *worker = hire(jobs, 1, 0);
    once = each_once(3, 1);
    need(once, "none is lost",
         "there was a job in the list, and two threads added one each, at the "
         "same time. %d of the 3 have been taken: where is the rest?",
         (int)taken);
    stop(jobs, worker, 1);

    jobs = open_jobs();
    stage("a job is added while the only other is taken");
    add(jobs, 0);
    guard(0, TRUE);
    in_thread(add_in_thread, job_of(1));
    while (touches == 0 && added < 2)
        pause_ms(1);
    worker = hire(jobs, 1, 0);
    once = each_once(2, 1);
    need(once, "none is lost",
         "a job was added behind another, and a worker took that at the same "
         "time. %d of the 2 have been taken: where is the rest?",
         (int)taken);
    guard(0, FALSE);
    stop(jobs, worker, 1);
}

static void in_order(void)
{
    int wrong = 0;
    Jobs *jobs = open_jobs();
    stage("five jobs, then a stop, then three workers come");
    for (int i = 0; i < 5; i++)
        add(jobs, i);
    DWORD error = jobs_stop(jobs);
    expect(error == 0, "it stops", "jobs_stop gave error %lu", error);
    error = jobs_stop(jobs);
    expect(error == ERROR_ABANDONED_WAIT_0, "it stops once",
           "a second jobs_stop gave error %lu, not 735", error);
    error = try_to_add(jobs, 5);
    expect(error == ERROR_ABANDONED_WAIT_0, "no job after the stop",
           "jobs_add after jobs_stop gave error %lu, not 735", error);
    Worker *first = hire(jobs, 1, 0);
    all_go_home(first, 1);
    expect(taken == 5, "what was there is still taken",
           "five jobs were added before the stop, and %d were taken",
           (int)taken);
    for (int i = 0; i < taken; i++)
        wrong += order[i] != i;
    expect(wrong == 0, "the oldest comes first",
           "the first that was taken was number %d of five", (int)order[0]);
    at_home = 0;
    Worker *late = hire(jobs, 2, 0);
    all_go_home(late, 2);
    jobs_close(jobs);
}

/* jobs_stop comes in between, from another thread. */
static void stopped_meanwhile(Moment moment, const char *when)
{
    Jobs *jobs = open_jobs();
    stage("while a job is added, another thread stops the jobs %s", when);
    Worker *worker = hire(jobs, 1, 0);
    reaches(&asleep, 1, SOON_MS);
    stop_at = moment;
    DWORD error = try_to_add(jobs, 0);
    if (stop_at != NEVER) { /* that moment didn't come */
        stop_at = NEVER;
        jobs_stop(jobs);
    }
    all_go_home(worker, 1);
    need(error == 0 ? taken == 1
                    : error == ERROR_ABANDONED_WAIT_0 && taken == 0,
         "the job is taken, or refused",
         "while a job was added, another thread called jobs_stop, and the "
         "worker went home. jobs_add gave %lu, and the job was taken %d times: "
         "what does that result promise?",
         error, (int)taken);
    jobs_close(jobs);
}

static void many(void)
{
    Jobs *jobs = open_jobs();
    stage("%d workers sleep, and %d jobs are added", JOBS, JOBS);
    Worker *workers = hire(jobs, JOBS, 1);
    reaches(&asleep, JOBS, ALL_MS);
    gate = 1;
    for (int i = 0; i < JOBS; i++)
        add(jobs, i);
    gate = 0;
    BOOL once = each_once(JOBS, 0);
    need(once, "each takes one",
         "%d workers slept, and %d jobs were added, one right after the other. "
         "%d jobs have been taken, and %d workers sleep; packets posted: %d. "
         "Who is to wake them?",
         JOBS, JOBS, (int)taken, (int)asleep, (int)packets);
    for (int i = 0; i < JOBS; i++)
        workers[i].held = 0;
    stage("stopping while %d workers sleep", JOBS);
    reaches(&asleep, JOBS, ALL_MS);
    pause_ms(20);
    stop(jobs, workers, JOBS);
}

void examine(const Checker *table)
{
    const DWORD reserve_and_commit = 0x3000, read_write = 4;
    BEGIN(table);
    examiner = GetCurrentThreadId();
    pages = VirtualAlloc(NULL, JOBS * PAGE, reserve_and_commit, read_write);
    require(pages != NULL && AddVectoredExceptionHandler(1, touched) != NULL,
            "no memory");
    come_at_once();
    two_for_two();
    sneak_in(HAS_LOOKED, "just when a worker has found none");
    sneak_in(AT_PORT, "just when a worker is about to wait at the port");
    four_for_four();
    at_the_same_time();
    in_order();
    stopped_meanwhile(BEFORE_LOCK, "just before it is put in the list");
    stopped_meanwhile(BEFORE_PACKET, "just before its packet is posted");
    many();
}
