/* Step 12: a web server for the files below a folder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "file.h"
#include "server.h"
#include "waker.h"

enum {
    CAPACITY = 64,
    STOP = 8,   /* the token of the waker */
    ROOT = 2048 /* characters of the folder's whole name */
};

static Poll poll;
static Registrator registrator;
static Waker waker;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, (unsigned long)error);
        exit(1);
    }
}

/* Runs on a thread of its own. */
static BOOL WINAPI on_ctrl_c(DWORD kind)
{
    (void)kind;
    return waker_wake(&waker) == 0;
}

/* Handles one batch. */
static void turn(Server *server)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    check("waiting", poll_wait(&poll, &events, INFINITE));
    for (ULONG i = 0; i < events.count; i++)
        if (list[i].token == STOP)
            server_drain(server);
        else
            server_handle(server, &list[i]);
    fflush(stdout);
}

/* The folder must be there before anybody asks for it. */
static void find_root(const wchar_t *name, wchar_t *root)
{
    File *folder;
    DWORD error = literal_name(name, root, ROOT);
    if (error == 0)
        error = file_open(&folder, &registrator, 0, root, "");
    if (error == 0 && !folder->is_folder)
        error = ERROR_PATH_NOT_FOUND;
    if (error != 0) {
        fprintf(stderr, "%ls: is it a folder, may you read it? (error %lu)\n",
                name, error);
        exit(1);
    }
    file_close(folder);
}

static void serve(const wchar_t *folder, const char *host, const char *port,
                  DWORD patience, BOOL quiet)
{
    wchar_t root[ROOT];
    Server server = {.root = root, .limits = default_limits, .quiet = quiet};
    unsigned short number;
    if (patience != 0)
        server.limits.head_ms = server.limits.keep_ms = server.limits.take_ms =
            server.limits.linger_ms = server.limits.drain_ms = patience;
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("making a waker", waker_create(&waker, &poll, STOP));
    find_root(folder, root);
    DWORD error = server_open(&server, &registrator, host, port);
    if (error != 0) {
        fprintf(stderr,
                "%s, port %s: is it free? Another: -p PORT (error %lu)\n", host,
                port, error);
        exit(1);
    }
    check("catching Ctrl+C", catch_ctrl_c(on_ctrl_c));
    check("asking for the port", tcp_listener_port(&server.listener, &number));
    printf("serving at http://%s:%u/, Ctrl+C ends it\n", host, number);
    fflush(stdout);
    while (!server.draining || server.clients != NULL)
        turn(&server);
    check("closing the waker", waker_close(&waker));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
}

static int usage(void)
{
    fputs("usage: httpd [-a ADDRESS] [-p PORT] [-t MS] [-q] FOLDER\n"
          "Serves the files below FOLDER by HTTP, on 127.0.0.1 and port 8080 "
          "unless told\notherwise. -t: how long a client may take for a "
          "request, for taking in 64 KiB,\nand for its next request. -q: no "
          "log.\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    const char *host = "127.0.0.1";
    const char *port = "8080";
    DWORD patience = 0;
    BOOL quiet = FALSE;
    int wide_argc;
    /* Where the code page lacks a character, main's own have another. */
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &wide_argc);
    int i = 1;
    check("starting", wide == NULL ? ERROR_NOT_ENOUGH_MEMORY : 0);
    for (; i < argc - 1 && argv[i][0] == '-'; i++)
        if (strcmp(argv[i], "-q") == 0)
            quiet = TRUE;
        else if (i + 2 >= argc)
            return usage();
        else if (strcmp(argv[i], "-a") == 0)
            host = argv[++i];
        else if (strcmp(argv[i], "-p") == 0)
            port = argv[++i];
        else if (strcmp(argv[i], "-t") == 0 && atol(argv[i + 1]) > 0)
            patience = (DWORD)atol(argv[++i]);
        else
            return usage();
    if (i != argc - 1 || argv[i][0] == '-')
        return usage();
    check("starting Winsock", wsa_startup());
    serve(wide[i], host, port, patience, quiet);
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
