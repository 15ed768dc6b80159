/* What a layer costs for each completion: packets are posted, then taken out by
   the raw call, by step 1's wrapper, by the selector and by the poll, in turns,
   so that whatever else the machine does hits all of them alike.
   usage: bench [THOUSANDS]   packets for each layer, a million by default */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poll.h"

enum { BATCH = 64, PACKETS = 1024, ROUNDS_MAX = 10000, LAYERS = 4 };

int WINAPI QueryPerformanceCounter(long long *count);
int WINAPI QueryPerformanceFrequency(long long *frequency);

/* The linker sends every call of GetQueuedCompletionStatusEx here. As a port
   that costs nothing it hands out the same packets again and again. */
BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);

static Operation *operations[PACKETS];
static BOOL free_port;
static ULONG next_packet;

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    if (!free_port)
        return __real_GetQueuedCompletionStatusEx(port, entries, capacity,
                                                  removed, timeout, alertable);
    for (ULONG i = 0; i < capacity; i++)
        entries[i] = (OVERLAPPED_ENTRY){
            .lpOverlapped = &operations[next_packet++ % PACKETS]->overlapped,
            .dwNumberOfBytesTransferred = 1};
    *removed = capacity;
    return TRUE;
}

static Selector selector;
static Poll poll;
static OVERLAPPED_ENTRY packets[BATCH];
static Event list[BATCH];
static Events events = {.list = list, .capacity = BATCH};

static void check(const char *what, DWORD error)
{
    if (error == 0)
        return;
    fprintf(stderr, "%s: error %lu\n", what, error);
    exit(1);
}

/* One call of each layer; how many completions it brought. */
static ULONG take_raw(void)
{
    ULONG count;
    if (!GetQueuedCompletionStatusEx(selector.port, packets, BATCH, &count,
                                     INFINITE, FALSE))
        check("GetQueuedCompletionStatusEx", GetLastError());
    return count;
}

static ULONG take_wrapper(void)
{
    ULONG count;
    check("get_queued_completion_status_ex",
          get_queued_completion_status_ex(selector.port, packets, BATCH, &count,
                                          INFINITE));
    return count;
}

static ULONG take_selector(void)
{
    check("selector_select", selector_select(&selector, &events, INFINITE));
    return events.count;
}

static ULONG take_poll(void)
{
    check("poll_wait", poll_wait(&poll, &events, INFINITE));
    return events.count;
}

static const struct {
    const char *name;
    ULONG (*take)(void);
} layers[LAYERS] = {
    {"raw GetQueuedCompletionStatusEx", take_raw},
    {"step 1's wrapper", take_wrapper},
    {"the selector", take_selector},
    {"the poll", take_poll},
};

static double now(void)
{
    long long count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return 1e9 * (double)count / (double)frequency;
}

/* Nanoseconds for each packet. */
typedef struct Sample {
    double posting, taking;
} Sample;

/* Puts the books in the state that as many started reads would leave. */
static Selector *prepare(int layer)
{
    Selector *owner = layer == 3 ? &poll.loop->selector : &selector;
    for (int i = 0; i < PACKETS; i++) {
        operations[i]->selector = owner;
        operations[i]->state = OPERATION_IN_FLIGHT;
    }
    owner->lent = PACKETS + BATCH;
    return owner;
}

static Sample measure(int layer)
{
    Selector *owner = prepare(layer);
    double start = now();
    for (int i = 0; i < PACKETS && !free_port; i++)
        check("posting", post_queued_completion_status(
                             owner->port, 1, 0, &operations[i]->overlapped));
    double posted = now();
    for (ULONG taken = 0; taken < PACKETS;)
        taken += layers[layer].take();
    double end = now();
    owner->lent = 0;
    return (Sample){(posted - start) / PACKETS, (end - posted) / PACKETS};
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

static double posting[LAYERS][ROUNDS_MAX], taking[LAYERS][ROUNDS_MAX],
    ratio[LAYERS][ROUNDS_MAX];

static void run(int rounds, const char *title)
{
    double start = now();
    for (int round = 0; round < rounds; round++) {
        for (int turn = 0; turn < LAYERS; turn++) {
            int layer = (round + turn) % LAYERS;
            Sample sample = measure(layer);
            posting[layer][round] = sample.posting;
            taking[layer][round] = sample.taking;
        }
        for (int layer = 0; layer < LAYERS; layer++)
            ratio[layer][round] = taking[layer][round] / taking[0][round];
        if (now() - start > 5e9) {
            fprintf(stderr, "%s: round %d of %d\n", title, round + 1, rounds);
            start = now();
        }
    }
}

static void make_operations(void)
{
    for (int i = 0; i < PACKETS; i++)
        check("making an operation",
              operation_new(INVALID_SOCKET, &operations[i]));
}

static void free_operations(void)
{
    for (int i = 0; i < PACKETS; i++) {
        operations[i]->selector = NULL;
        operations[i]->state = OPERATION_DONE;
        operation_close(operations[i]); /* complains of the socket it lacks */
    }
}

int main(int argc, char **argv)
{
    double real[LAYERS], posted[LAYERS], real_ratio[LAYERS];
    int rounds = argc > 1 ? atoi(argv[1]) : 1000;
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench [1..%d]\n", ROUNDS_MAX);
        return 2;
    }
    make_operations();
    check("opening the selector", selector_open(&selector));
    check("creating the poll", poll_create(&poll));

    run(rounds, "real port");
    for (int layer = 0; layer < LAYERS; layer++) {
        posted[layer] = median(posting[layer], rounds);
        real[layer] = median(taking[layer], rounds);
        real_ratio[layer] = median(ratio[layer], rounds);
    }
    free_port = TRUE;
    run(rounds, "free port");

    printf("%d packets for each layer, medians, nanoseconds a packet\n",
           rounds * PACKETS);
    printf("%-34s %8s %8s %8s %10s\n", "", "posting", "taking", "to raw",
           "free port");
    for (int layer = 0; layer < LAYERS; layer++)
        printf("%-34s %8.0f %8.0f %8.3f %10.1f\n", layers[layer].name,
               posted[layer], real[layer], real_ratio[layer],
               median(taking[layer], rounds));
    free_operations();
    check("closing the selector", selector_close(&selector));
    check("destroying the poll", poll_destroy(&poll));
    return 0;
}
