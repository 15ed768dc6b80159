/* Two workers at two telephones. A conversation is two jobs: one to call, one
   to answer. Whoever comes first waits for the other. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "jobs.h"

enum { WORKERS = 2, CONVERSATIONS = 20, PATIENCE_MS = 500 };

static Jobs jobs;
static Job parts[CONVERSATIONS][2];
static atomic_int here[CONVERSATIONS]; /* how many have taken up the phone */

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static void wait_for_both(int conversation)
{
    unsigned long long start = GetTickCount64();
    while (here[conversation] < 2) {
        if (GetTickCount64() - start > PATIENCE_MS) {
            printf("conversation %d: nobody answers\n", conversation);
            exit(1);
        }
        Sleep(1);
    }
}

static unsigned WINAPI work(void *unused)
{
    Job *job;
    DWORD error;
    (void)unused;
    while ((error = jobs_take(&jobs, &job)) == 0) {
        here[job->number]++;
        wait_for_both(job->number);
    }
    check("working", error == ERROR_ABANDONED_WAIT_0 ? 0 : error);
    return 0;
}

int main(void)
{
    HANDLE workers[WORKERS];

    check("opening", jobs_open(&jobs));
    for (int i = 0; i < WORKERS; i++)
        check("starting a worker", start_thread(&workers[i], work, NULL));
    srand((unsigned)GetTickCount64());
    for (int i = 0; i < CONVERSATIONS; i++) {
        for (int part = 0; part < 2; part++) {
            parts[i][part].number = i;
            check("adding a job", jobs_add(&jobs, &parts[i][part]));
            Sleep((DWORD)rand() % 50);
        }
        wait_for_both(i);
    }
    check("stopping", jobs_stop(&jobs));
    for (int i = 0; i < WORKERS; i++)
        check("joining", join_thread(workers[i]));
    printf("%d conversations\n", CONVERSATIONS);
    return (int)jobs_close(&jobs);
}
