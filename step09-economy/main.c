/* Step 8: a server whose clients have until their deadlines, and that ends in
   order at Ctrl+C. Without arguments: with clients of its own, good and bad. With
   -l PORT: for whoever comes. With URLs: fetches them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients.h"
#include "fetch.h"
#include "server.h"

enum { CAPACITY = 64, STOP = 4 }; /* STOP: the token of Ctrl+C */

static Poll poll;
static Registrator registrator;
static Server server;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* Runs on a thread that the system makes for it. It does nothing but post. */
static BOOL WINAPI on_ctrl_c(DWORD kind)
{
    (void)kind;
    return registrator_notify(&registrator, STOP) == 0;
}

/* Handles one batch. The clients' tokens are odd. */
static void turn(void)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    BOOL stop = FALSE;
    check("waiting", poll_wait(&poll, &events, INFINITE));
    for (ULONG i = 0; i < events.count; i++)
        if (list[i].token == STOP)
            stop = TRUE; /* later: draining drops who may have an event here */
        else if (list[i].token % 2 == 0)
            server_handle(&server, &list[i]);
        else
            check("a client", clients_handle(&list[i]));
    if (stop && !server.draining)
        check("stopping", server_drain(&server));
}

static void report(void)
{
    printf("%lu answers; %lu clients served, %lu silent, %lu deaf, %lu "
           "broken\n",
           server.answers, server.served, server.silent, server.deaf,
           server.broken);
}

/* Everybody at once; then Ctrl+C while an answer is under way. */
static void demonstrate(void)
{
    unsigned short port;
    check("asking for the port", tcp_listener_port(&server.listener, &port));
    check("starting clients", clients_start(&registrator, port));
    do
        turn();
    while (clients_running() > 0 || server.clients != NULL);
    report();
    check("starting another", clients_start_late(&registrator, port));
    do
        turn();
    while (!clients_late_hears());
    on_ctrl_c(0);
    do
        turn();
    while (clients_running() > 0 || server.clients != NULL);
    clients_report();
    clients_end();
}

static void serve(const char *port)
{
    check("catching Ctrl+C", catch_ctrl_c(on_ctrl_c));
    printf("listening on 127.0.0.1:%s, Ctrl+C ends it\n", port);
    fflush(stdout);
    while (!server.draining || server.clients != NULL)
        turn();
    report();
}

/* Has the server run, alone on this port, or with its clients if port is NULL. */
static void run(const char *port)
{
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("listening",
          server_open(&server, &registrator, port == NULL ? "0" : port));
    if (port == NULL)
        demonstrate();
    else
        serve(port);
    check("destroying the poll", poll_destroy(&poll));
    /* Where Ctrl+C is caught, it may come to the end of the program. */
    if (port == NULL)
        check("releasing", registrator_release(&registrator));
}

int main(int argc, char **argv)
{
    int wide_argc;
    int status = 0;
    /* Where the code page lacks a character, main's own have another. */
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &wide_argc);
    check("starting", wide == NULL ? ERROR_NOT_ENOUGH_MEMORY : 0);
    check("starting Winsock", wsa_startup());
    if (argc == 1)
        run(NULL);
    else if (argc == 3 && strcmp(argv[1], "-l") == 0)
        run(argv[2]);
    else
        status = fetch(wide_argc, wide);
    check("stopping Winsock", wsa_cleanup());
    if (status == 2)
        fputs("usage: deadline [-l PORT]\n"
              "       deadline [--timeout MS] [[-o FILE] URL]...\n"
              "A server on the loopback: send it a number and a newline. Or "
              "fetches every\nhttp:// URL at once, its body to the FILE before "
              "it. Without arguments: a\ndemonstration.\n",
              stderr);
    return status;
}
