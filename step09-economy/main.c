/* Step 9: an echo server that counts what an echo and an idle connection cost, with
   one measure after another. Its clients are this program once more. With -l PORT:
   the server alone, for whoever comes. */
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"
#include "echo.h"
#include "economy.h"
#include "requests.h"

enum {
    CAPACITY = 64,
    CLIENTS = 50,
    ECHOES = 20,       /* by each of them */
    WARM = 4,          /* of these are not counted, at either end */
    SHARERS = 10,      /* one of them sends a stream without a pause */
    GREEDY = 2000000,  /* bytes of it; */
    WARM_PIECES = 100, /* what is looked at are so many reads of it, */
    PIECES = 1000,     /* after these */
    ANSWER_MS = 30,    /* after each turn: for its clients to go on, busy as the
                       machine may be */
    IDLE_MS = 900,     /* of the clients; the server looks at half of it */
    LEND_MS = 200      /* so that nobody has to wait for the end of a second */
};

static const char *program;
static BOOL once; /* the server ends with its first client */
static Poll poll;
static Registrator registrator;
static Echo echo;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static ULONG number(const char *text)
{
    return strtoul(text, NULL, 10);
}

static void open_server(const char *port)
{
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("listening", echo_open(&echo, &registrator, port));
}

static void close_server(void)
{
    check("closing", echo_close(&echo));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    spares_free(&connections);
    spares_free(&buffers);
}

static void turn(DWORD timeout)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    check("waiting", poll_wait(&poll, &events, timeout));
    for (ULONG i = 0; i < events.count; i++)
        echo_handle(&echo, &list[i]);
    if (echo.through != NULL)
        Sleep(ANSWER_MS);
    echo_await(&echo);
}

/* Starts this program as the server's clients. */
static intptr_t start_clients(ULONG clients, ULONG echoes, ULONG greedy)
{
    unsigned short port;
    char words[4][16];
    check("asking for the port", tcp_listener_port(&echo.listener, &port));
    snprintf(words[0], sizeof words[0], "%u", port);
    snprintf(words[1], sizeof words[1], "%lu", clients);
    snprintf(words[2], sizeof words[2], "%lu", echoes);
    snprintf(words[3], sizeof words[3], "%lu", greedy);
    fflush(stdout);
    intptr_t child = _spawnl(_P_NOWAIT, program, "economy", "-c", words[0],
                             words[1], words[2], words[3], NULL);
    check("starting the clients", child == -1 ? ERROR_NOT_SUPPORTED : 0);
    return child;
}

static void await_clients(intptr_t child)
{
    int status;
    while (echo.clients > 0)
        turn(INFINITE);
    _cwait(&status, child, 0);
    check("being a client", (DWORD)status);
}

/* What the server has asked for and taken so far. */
typedef struct Bill {
    unsigned long long requests;
    ULONG echoes;
    ULONG blocks;
} Bill;

static Bill bill(void)
{
    Bill bill = {.echoes = echo.echoes,
                 .blocks = connections.made + buffers.made};
    requests_count(&bill.requests);
    return bill;
}

/* One row of the table: echoes, then a pause, then the end. */
static void measure(const char *name)
{
    printf("%-34s", name);
    unsigned long long unused;
    requests_count(&unused); /* the first time it takes longer */
    open_server("0");
    echo.later = TRUE;
    intptr_t child = start_clients(CLIENTS, ECHOES, 0);
    while (echo.echoes < CLIENTS * WARM)
        turn(INFINITE);
    Bill before = bill();
    while (echo.echoes < CLIENTS * (ECHOES - WARM))
        turn(INFINITE);
    Bill after = bill();
    double echoes = after.echoes - before.echoes;
    while (echo.echoes < CLIENTS * ECHOES)
        turn(INFINITE);
    unsigned long long end = now_ms() + IDLE_MS / 2;
    while (now_ms() < end)
        turn(IDLE_MS / 10);
    ULONG idle = connections.taken;
    ULONG lent = buffers.taken;
    await_clients(child);
    printf("%9.1f %9.2f %8u %8u\n",
           (double)(after.requests - before.requests) / echoes,
           (double)(after.blocks - before.blocks) / echoes,
           (unsigned)(sizeof(Connection) + lent * CONNECTION_BUFFER / idle),
           (unsigned)(lent * CONNECTION_BUFFER / idle));
    close_server();
}

static void compare_measures(void)
{
    printf("%d clients, messages of %d bytes\n", CLIENTS, CROWD_MESSAGE);
    printf("%34s %8s %8s %9s %9s %8s %8s\n", "", "median", "99th", "requests",
           "blocks", "bytes", "bytes");
    printf("%34s %8s %8s %9s %9s %8s %8s\n", "", "ms", "ms", "an echo",
           "an echo", "idle", "lent");
    economy = (Economy){.lend_ms = INFINITE, .fair = TRUE, .buffers = ~0UL};
    measure("a packet each, as in step 8");
    economy.skip = TRUE;
    measure("what is done at once sends none");
    economy.lend_ms = 0;
    measure("... and reads of zero bytes");
    economy.lend_ms = LEND_MS;
    measure("... and a buffer while busy");
    economy.spares = 64;
    measure("... and spare blocks");
}

/* A stream that never pauses, beside clients that wait for each answer: how many do
   they get while so many pieces of it are sent back? */
static void share(const char *name)
{
    printf("%-34s", name);
    open_server("0");
    intptr_t child = start_clients(SHARERS, 0, GREEDY);
    while (echo.full < WARM_PIECES)
        turn(INFINITE);
    ULONG others = echo.echoes - echo.full;
    while (echo.full < WARM_PIECES + PIECES)
        turn(INFINITE);
    printf(" %8lu\n", echo.echoes - echo.full - others);
    await_clients(child);
    close_server();
}

static void compare_queues(void)
{
    printf(
        "\na stream, and %d clients who get so many echoes during %d of it\n",
        SHARERS - 1, PIECES);
    economy.fair = FALSE;
    share("what is done at once goes first");
    economy.fair = TRUE;
    share("a look at the port each turn");
}

/* Runs as the clients and prints their part of the row. */
static void be_clients(char **argv)
{
    const Crowd crowd = {.clients = number(argv[3]),
                         .echoes = number(argv[4]),
                         .greedy = number(argv[5]),
                         .idle_ms = number(argv[5]) > 0 ? 0 : IDLE_MS};
    CrowdTimes times;
    check("being a client", crowd_run(&crowd, argv[2], &times));
    if (crowd.greedy == 0)
        printf(" %8.1f %8.1f", times.median, times.slow);
    fflush(stdout);
}

static void serve(const char *port)
{
    open_server(port);
    printf("listening on 127.0.0.1:%s\n", port);
    fflush(stdout);
    while (!once || echo.served == 0 || echo.clients > 0)
        turn(INFINITE);
    close_server();
}

/* The measures as the command line wants them. Returns FALSE if it wants others. */
static BOOL set_measures(char **words)
{
    for (; *words != NULL; words++)
        if (strcmp(*words, "once") == 0)
            once = TRUE;
        else if (strcmp(*words, "packets") == 0)
            economy.skip = FALSE;
        else if (strcmp(*words, "unfair") == 0)
            economy.fair = FALSE;
        else if (strncmp(*words, "lend=", 5) == 0)
            economy.lend_ms = number(*words + 5);
        else if (strncmp(*words, "spares=", 7) == 0)
            economy.spares = number(*words + 7);
        else
            return FALSE;
    return TRUE;
}

int main(int argc, char **argv)
{
    program = argv[0];
    BOOL alone = argc >= 3 && strcmp(argv[1], "-l") == 0;
    BOOL clients = argc == 6 && strcmp(argv[1], "-c") == 0;
    if (argc > 1 && !clients && (!alone || !set_measures(argv + 3))) {
        fputs(
            "usage: economy [-l PORT [packets] [unfair] [lend=MS] "
            "[spares=N] [once]]\n"
            "An echo server on the loopback, with a packet for each operation, "
            "without the\nlook at the port, or with other numbers; for one "
            "client or for all. Without\narguments: what each measure saves.\n",
            stderr);
        return 2;
    }
    check("starting Winsock", wsa_startup());
    if (clients) {
        be_clients(argv);
    } else if (alone) {
        serve(argv[2]);
    } else {
        compare_measures();
        compare_queues();
    }
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
