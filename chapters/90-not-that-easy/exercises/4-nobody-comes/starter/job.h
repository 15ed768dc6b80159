/* Job: something for a worker to do. */
#ifndef JOB_H
#define JOB_H

typedef struct Job {
    struct Job *next; /* in the list it is in */
    int number;
} Job;

#endif
