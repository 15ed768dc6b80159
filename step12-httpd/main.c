/* Step 12: a web server for the files below a folder. Without arguments: for the
   one that this program is in, and five visitors of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "file.h"
#include "server.h"
#include "visitors.h"
#include "waker.h"

enum {
    CAPACITY = 64,
    STOP = 8, /* the token of the waker */
    MAX_PORT = 65535,
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
        else if (visitors_own(list[i].token))
            check("a visitor", visitors_handle(&list[i]));
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

/* Has the server listen; port is a number or a name, *number its number. */
static void open_server(Server *server, const wchar_t *folder, wchar_t *root,
                        const char *host, const char *port,
                        unsigned short *number)
{
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("making a waker", waker_create(&waker, &poll, STOP));
    find_root(folder, root);
    server->root = root;
    DWORD error = ERROR_INVALID_PARAMETER;
    if (strtoul(port, NULL, 10) <= MAX_PORT) /* or its lower half would do */
        error = server_open(server, &registrator, host, port);
    if (error != 0) {
        fprintf(stderr,
                "%s, port %s: is there one, and free? Take another PORT (error "
                "%lu)\n",
                host, port, error);
        exit(1);
    }
    check("asking for the port", tcp_listener_port(&server->listener, number));
}

static BOOL runs(const Server *server)
{
    return !server->draining || server->clients != NULL;
}

static void close_all(void)
{
    check("closing the waker", waker_close(&waker));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
}

static void serve(const wchar_t *folder, const char *host, const char *port,
                  DWORD patience, BOOL quiet)
{
    wchar_t root[ROOT];
    Server server = {.limits = default_limits, .quiet = quiet};
    unsigned short number;
    if (patience != 0)
        server.limits.head_ms = server.limits.keep_ms = server.limits.take_ms =
            server.limits.linger_ms = server.limits.drain_ms = patience;
    open_server(&server, folder, root, host, port, &number);
    check("catching Ctrl+C", catch_ctrl_c(on_ctrl_c));
    printf("serving at http://%s:%u/, Ctrl+C ends it\n", host, number);
    fflush(stdout);
    while (runs(&server))
        turn(&server);
    close_all();
}

static void demonstrate(void)
{
    wchar_t folder[ROOT], root[ROOT];
    char file[ROOT];
    Server server = {.limits = default_limits, .quiet = TRUE};
    unsigned short number;
    check("asking for the program's name", program_name(folder, ROOT));
    wchar_t *name = wcsrchr(folder, L'\\') + 1;
    snprintf(file, sizeof file, "%ls", name);
    *name = L'\0';
    server.limits.head_ms = 300;
    open_server(&server, folder, root, "127.0.0.1", "0", &number);
    check("starting visitors", visitors_start(&registrator, number, file));
    while (visitors_here() > 1)
        turn(&server);
    check("stopping", waker_wake(&waker));
    while (!server.draining)
        turn(&server);
    check("the last visitor", visitors_hurry());
    while (runs(&server) || visitors_here() > 0)
        turn(&server);
    visitors_report();
    close_all();
}

static int usage(void)
{
    fputs("usage: httpd [-a ADDRESS] [-p PORT] [-t MS] [-q] FOLDER\n"
          "Serves the files below FOLDER by HTTP, on 127.0.0.1 and port 8080 "
          "unless told\notherwise. -t: how long a client may take for a "
          "request, for taking in 64 KiB,\nand for its next request. -q: no "
          "log.\nWithout arguments: a demonstration.\n",
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
    for (; i < argc - 1 && argv[i][0] == '-'; i++) {
        const BOOL has_value = i + 2 < argc;
        if (strcmp(argv[i], "-q") == 0)
            quiet = TRUE;
        else if (has_value && strcmp(argv[i], "-a") == 0)
            host = argv[++i];
        else if (has_value && strcmp(argv[i], "-p") == 0)
            port = argv[++i];
        else if (has_value && strcmp(argv[i], "-t") == 0 &&
                 atol(argv[i + 1]) > 0)
            patience = (DWORD)atol(argv[++i]);
        else
            return usage();
    }
    if (argc > 1 && (i != argc - 1 || argv[i][0] == '-'))
        return usage();
    check("starting Winsock", wsa_startup());
    if (argc == 1)
        demonstrate();
    else
        serve(wide[i], host, port, patience, quiet);
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
