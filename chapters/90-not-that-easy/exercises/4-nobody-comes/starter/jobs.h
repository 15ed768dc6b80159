/* Jobs: a list of things to do, for any number of threads. A worker that finds
   none sleeps at a completion port. */
#ifndef JOBS_H
#define JOBS_H

#include "ffi.h"
#include "job.h"

/* A lock for a few instructions; all zero is unlocked.
   https://learn.microsoft.com/windows/win32/sync/slim-reader-writer--srw--locks */
typedef struct SRWLOCK {
    void *Ptr;
} SRWLOCK;
void WINAPI AcquireSRWLockExclusive(SRWLOCK *SRWLock);
void WINAPI ReleaseSRWLockExclusive(SRWLOCK *SRWLock);

typedef struct Jobs {
    HANDLE port;
    SRWLOCK lock; /* for what follows */
    Job *first;   /* the oldest, or NULL */
    Job *last;
    BOOL stopped;
} Jobs;

/* Every function here returns 0 for success or a Win32 error code. */

/* The caller ends with jobs_close. */
DWORD jobs_open(Jobs *jobs);

/* Adds a job, for one worker to take; it stays where it is until then. If a
   worker is free, it takes the job at once.
   Errors: ERROR_ABANDONED_WAIT_0 after jobs_stop; those of posting a packet:
   the job is in the list then, but nobody was woken for it. */
DWORD jobs_add(Jobs *jobs, Job *job);

/* Takes the oldest job, and sleeps until there is one.
   Errors: ERROR_ABANDONED_WAIT_0 after jobs_stop, when all are taken. */
DWORD jobs_take(Jobs *jobs, Job **job);

/* No more jobs; all workers can go home when those that there are have been
   taken. Errors: ERROR_ABANDONED_WAIT_0 if it was called before. */
DWORD jobs_stop(Jobs *jobs);

/* When all workers have gone home. */
DWORD jobs_close(Jobs *jobs);

#endif
