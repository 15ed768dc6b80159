/* Three threads, each with a registrator of its own. Each has one thing to say,
   and goes. */
#include <stdio.h>
#include <stdlib.h>

#include "loopback.h"
#include "poll.h"

enum { CAPACITY = 8, WORKERS = 3, PATIENCE = 3, WAIT_MS = 200 };

typedef struct Worker {
    Registrator registrator;
    Operation *stream;
    SOCKET peer;
    Token token;
    HANDLE thread;
} Worker;

static Poll poll;
static Worker workers[WORKERS];

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* The bytes are there when the read starts: Windows may cancel reads of a
   thread that ends. */
static unsigned WINAPI work(void *argument)
{
    Worker *worker = argument;
    check("sending", send_all(worker->peer, "hello", 5));
    check("registering",
          registrator_register(&worker->registrator, worker->stream,
                               worker->token, READABLE));
    check("releasing", registrator_release(&worker->registrator));
    return 0;
}

static void start_worker(const Registrator *registrator, Token token)
{
    Worker *worker = &workers[token];
    SOCKET pair[2];
    worker->token = token;
    check("cloning", registrator_clone(registrator, &worker->registrator));
    check("connecting", loopback_pair(pair));
    check("making an operation", operation_new(pair[0], &worker->stream));
    worker->peer = pair[1];
    check("starting a thread", start_thread(&worker->thread, work, worker));
}

static void end_worker(Worker *worker)
{
    check("joining", join_thread(worker->thread));
    check("closing", operation_close(worker->stream));
    check("closing", close_socket(worker->peer));
}

int main(void)
{
    Registrator registrator;
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    DWORD error = 0;

    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    for (Token token = 0; token < WORKERS; token++)
        start_worker(&registrator, token);
    check("releasing", registrator_release(&registrator));

    for (int waits = 0; waits < PATIENCE && error == 0;) {
        error = poll_wait(&poll, &events, WAIT_MS);
        for (ULONG i = 0; i < events.count; i++)
            printf("worker %lu: %lu bytes\n", (unsigned long)list[i].token,
                   list[i].bytes);
        if (error == 0 && events.count == 0) {
            printf("nothing for %d ms\n", WAIT_MS);
            waits++;
        }
    }
    printf("the loop %s\n", error == ERROR_ABANDONED_WAIT_0
                                ? "has ended with its last registrator"
                                : "would wait for ever");

    for (int i = 0; i < WORKERS; i++)
        end_worker(&workers[i]);
    check("destroying the poll", poll_destroy(&poll));
    return (int)wsa_cleanup();
}
