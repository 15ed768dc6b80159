// wrap: GetQueuedCompletionStatusEx PostQueuedCompletionStatus ReleaseSRWLockExclusive
// sizes: Jobs
/* Workers are threads of the checker's. Jobs are added just when a worker has
   been woken and hasn't taken its job, and just when one has found nothing and
   is about to fall asleep. */
#include <stdatomic.h>
#include <stdlib.h>

#include "check.h"
#include "jobs.h"

enum { WORKERS = 4, JOBS = 64, SOON_MS = 400, IDLE_MS = 100 };

extern const unsigned long long size_of_Jobs;

DWORD WINAPI GetCurrentThreadId(void);
BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __real_PostQueuedCompletionStatus(HANDLE, DWORD, ULONG_PTR,
                                              OVERLAPPED *);
BOOL WINAPI __wrap_PostQueuedCompletionStatus(HANDLE, DWORD, ULONG_PTR,
                                              OVERLAPPED *);
void WINAPI __real_ReleaseSRWLockExclusive(SRWLOCK *);
void WINAPI __wrap_ReleaseSRWLockExclusive(SRWLOCK *);

typedef struct Worker {
    Jobs *jobs;
    atomic_int held;  /* stays with its first job until this is 0 */
    atomic_int taken; /* jobs */
    atomic_int went_home;
    DWORD error; /* that it went home with */
} Worker;

static Job list[JOBS];
static atomic_int taken_by[JOBS]; /* how often */
static atomic_int order[JOBS];    /* which came when */
static atomic_int taken;

static atomic_int asleep, waits, packets; /* counted as they come */
static atomic_int gate;  /* 1: who has been woken stays at the port */
static atomic_int sneak; /* a job for the moment before a worker sleeps: 1 after
                            its look at the list, 2 at the port's door */
static Jobs *sneak_to;
static atomic_uint worker_thread;

static void let_a_job_sneak_in(int moment)
{
    int expected = moment;
    if (worker_thread != GetCurrentThreadId() ||
        !atomic_compare_exchange_strong(&sneak, &expected, 0))
        return;
    list[0].number = 0;
    jobs_add(sneak_to, &list[0]);
}

void WINAPI __wrap_ReleaseSRWLockExclusive(SRWLOCK *lock)
{
    __real_ReleaseSRWLockExclusive(lock);
    let_a_job_sneak_in(1);
}

BOOL WINAPI __wrap_PostQueuedCompletionStatus(HANDLE port, DWORD bytes,
                                              ULONG_PTR key,
                                              OVERLAPPED *overlapped)
{
    packets++;
    return __real_PostQueuedCompletionStatus(port, bytes, key, overlapped);
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    let_a_job_sneak_in(1); /* where the list has another lock */
    let_a_job_sneak_in(2);
    waits++;
    asleep++;
    BOOL woken = __real_GetQueuedCompletionStatusEx(
        port, entries, capacity, removed, timeout, alertable);
    while (gate)
        pause_ms(1);
    asleep--;
    return woken;
}

static void work(void *argument)
{
    Worker *worker = argument;
    Job *job;
    worker_thread = GetCurrentThreadId();
    while ((worker->error = jobs_take(worker->jobs, &job)) == 0) {
        if (job >= list && job < list + JOBS) {
            taken_by[job - list]++;
            order[taken++ % JOBS] = (int)(job - list);
        }
        worker->taken++;
        while (worker->held)
            pause_ms(1);
    }
    worker->went_home = 1;
}

/* Waits until *count is so large, and returns what it is. */
static int reaches(atomic_int *count, int wanted, unsigned long time)
{
    unsigned long start = milliseconds();
    while (*count < wanted && milliseconds() - start < time)
        pause_ms(2);
    return *count;
}

static Jobs *open_jobs(void)
{
    Jobs *jobs = calloc(1, size_of_Jobs);
    require(jobs != NULL && jobs_open(jobs) == 0, "jobs_open failed");
    for (int i = 0; i < JOBS; i++)
        taken_by[i] = 0;
    taken = asleep = packets = 0;
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

static void add(Jobs *jobs, int number)
{
    list[number].number = number;
    DWORD error = jobs_add(jobs, &list[number]);
    require(error == 0, "jobs_add gave error %lu", error);
}

/* After jobs_stop. */
static void all_go_home(Worker *workers, int count)
{
    int home = 0;
    unsigned long start = milliseconds();
    do {
        pause_ms(2);
        home = 0;
        for (int i = 0; i < count; i++)
            home += workers[i].went_home;
    } while (home < count && milliseconds() - start < SOON_MS);
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

/* Two jobs, the second before the first has been taken. */
static void two_for_two(void)
{
    Jobs *jobs = open_jobs();
    Worker *workers = hire(jobs, 2, 1);
    idle();
    stage("two workers sleep; two jobs are added, one right after the other");
    packets = 0;
    gate = 1;
    add(jobs, 0);
    add(jobs, 1);
    int posted = packets;
    pause_ms(20);
    gate = 0;
    int got = reaches(&taken, 2, SOON_MS);
    need(got == 2, "both take a job",
         "two jobs, two free workers: after %d ms %d job was taken. One worker "
         "sleeps, and a job lies in the list; packets posted: %d. How many "
         "sleepers does a packet wake, and had the first worker taken its job "
         "when the second job came?",
         SOON_MS, got, posted);
    expect(workers[0].taken == 1 && workers[1].taken == 1, "one job each",
           "one worker took %d jobs and the other %d", (int)workers[0].taken,
           (int)workers[1].taken);
    workers[0].held = workers[1].held = 0;
    stage("stopping while both sleep");
    reaches(&asleep, 2, SOON_MS);
    stop(jobs, workers, 2);
}

/* A job is added when a worker has found none and doesn't sleep yet. */
static void sneak_in(int moment, const char *when)
{
    Jobs *jobs = open_jobs();
    stage("a job is added %s", when);
    worker_thread = 0;
    sneak_to = jobs;
    sneak = moment;
    Worker *worker = hire(jobs, 1, 0);
    int got = reaches(&taken, 1, SOON_MS);
    need(sneak == 0, "a worker waits at the port",
         "a worker with nothing to do took no lock and waited at no port");
    need(got == 1, "it is taken",
         "a job was added %s. Now the worker sleeps, and the job lies in the "
         "list; packets posted: %d. What did jobs_add take the worker for?",
         when, (int)packets);
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
    error = jobs_add(jobs, &list[5]);
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
    Worker *late = hire(jobs, 2, 0);
    all_go_home(late, 2);
    jobs_close(jobs);
}

static void many(void)
{
    int wrong = 0;
    Jobs *jobs = open_jobs();
    stage("%d workers and %d jobs", WORKERS, JOBS);
    Worker *workers = hire(jobs, WORKERS, 0);
    for (int i = 0; i < JOBS; i++)
        add(jobs, i);
    int got = reaches(&taken, JOBS, SOON_MS);
    for (int i = 0; i < JOBS; i++)
        wrong += taken_by[i] != 1;
    need(got == JOBS && wrong == 0, "each job is taken once",
         "of %d jobs %d were taken, %d of them not once", JOBS, got, wrong);
    stage("stopping while %d workers sleep", WORKERS);
    reaches(&asleep, WORKERS, SOON_MS);
    pause_ms(20);
    stop(jobs, workers, WORKERS);
}

void examine(const Checker *table)
{
    BEGIN(table);
    two_for_two();
    sneak_in(1, "just when a worker has found none");
    sneak_in(2, "just when a worker is about to wait at the port");
    in_order();
    many();
}
