#include "jobs.h"

DWORD jobs_open(Jobs *jobs)
{
    *jobs = (Jobs){0};
    return create_completion_port(&jobs->port);
}

/* Wakes a sleeper, or the next one who is about to fall asleep: a packet stays
   in the port until somebody takes it. */
static DWORD wake(Jobs *jobs)
{
    return post_queued_completion_status(jobs->port, 0, 0, NULL);
}

static DWORD fall_asleep(Jobs *jobs)
{
    OVERLAPPED_ENTRY packet;
    ULONG count;
    return get_queued_completion_status_ex(jobs->port, &packet, 1, &count,
                                           INFINITE);
}

/* The job goes to the end of the list. */
static void append(Jobs *jobs, Job *job)
{
    job->next = NULL;
    if (jobs->first == NULL)
        jobs->first = job;
    else
        jobs->last->next = job;
    jobs->last = job;
}

DWORD jobs_add(Jobs *jobs, Job *job)
{
    AcquireSRWLockExclusive(&jobs->lock);
    BOOL stopped = jobs->stopped;
    if (!stopped)
        append(jobs, job);
    ReleaseSRWLockExclusive(&jobs->lock);
    if (stopped)
        return ERROR_ABANDONED_WAIT_0;
    /* A packet wakes one worker, who takes one job. */
    return wake(jobs);
}

DWORD jobs_take(Jobs *jobs, Job **job)
{
    DWORD error = 0;
    while (error == 0) {
        AcquireSRWLockExclusive(&jobs->lock);
        *job = jobs->first;
        if (*job != NULL)
            jobs->first = (*job)->next;
        BOOL stopped = jobs->stopped;
        ReleaseSRWLockExclusive(&jobs->lock);
        if (*job != NULL)
            return 0;
        if (stopped) {
            return ERROR_ABANDONED_WAIT_0;
        }
        error = fall_asleep(jobs);
    }
    return error;
}

DWORD jobs_stop(Jobs *jobs)
{
    AcquireSRWLockExclusive(&jobs->lock);
    BOOL stopped = jobs->stopped;
    jobs->stopped = TRUE;
    ReleaseSRWLockExclusive(&jobs->lock);
    for (int i = 0; i < 64 && !stopped; i++)
        wake(jobs);
    return stopped ? ERROR_ABANDONED_WAIT_0 : 0;
}

DWORD jobs_close(Jobs *jobs)
{
    return close_handle(jobs->port);
}
