/* A server of step 12 and one client of it, a plain socket that does whatever a test
   wants. */
#ifndef SERVED_H
#define SERVED_H

#include "peers.h"

#include "file.h"
#include "server.h"

int WINAPI DeleteFileA(const char *name);

enum { SMALL = 5, LARGE = 16 * 1024 * 1024 };

/* A request for one of two files; fields are those behind Host. */
#define GET(file, fields) \
    "GET /" SERVED "-" file " HTTP/1.1\r\nHost: x\r\n" fields "\r\n"

static Server server;
static SOCKET client = INVALID_SOCKET;

static inline void make_file(const char *name, int size)
{
    FILE *file = fopen(name, "wb");
    must("making a file", file == NULL);
    fseek(file, size - 1, SEEK_SET);
    fputc('x', file);
    must("making a file", (DWORD)fclose(file));
}

static inline void make_files(void)
{
    make_file("build/" SERVED "-small", SMALL);
    make_file("build/" SERVED "-large", LARGE);
}

static inline void remove_files(void)
{
    DeleteFileA("build/" SERVED "-small");
    DeleteFileA("build/" SERVED "-large");
}

/* room: how many bytes its system takes in that it hasn't, 0 for as many as usual. */
static inline void connect_client(int room)
{
    struct sockaddr_in address;
    int size = sizeof address;
    DWORD patience = PATIENCE;
    unsigned short number;
    must("asking", tcp_listener_port(&server.listener, &number));
    getsockname(listener, (struct sockaddr *)&address, &size);
    address.sin_port = ntohs(number);
    must("making a socket", open_socket(AF_INET, &client));
    if (room > 0)
        setsockopt(client, SOL_SOCKET, SO_RCVBUF, (char *)&room, sizeof room);
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, (char *)&patience,
               sizeof patience);
    must("connecting",
         (DWORD)connect(client, (struct sockaddr *)&address, size));
}

/* Opens the server, whose files lie in build, and connects the client. */
static inline void open_served(Limits limits, int room)
{
    must("creating the poll", poll_create(&poll));
    must("making a registrator", poll_registrator(&poll, &registrator));
    server = (Server){.root = L".\\build", .limits = limits, .quiet = TRUE};
    must("listening", server_open(&server, &registrator, "127.0.0.1", "0"));
    connect_client(room);
}

/* Handles what comes within so many milliseconds, in batches of four. Returns how
   many events there were. The loop may be closed. */
static inline ULONG turn(DWORD timeout)
{
    Event list[4];
    Events events = {.list = list, .capacity = 4};
    DWORD error = poll_wait(&poll, &events, timeout);
    must("waiting", error == ERROR_ABANDONED_WAIT_0 ? 0 : error);
    for (ULONG i = 0; i < events.count; i++)
        server_handle(&server, &list[i]);
    return events.count;
}

/* Until nothing comes any more: what there is to answer is with the system, or
   stuck. */
static inline void turn_until_still(void)
{
    enum { STILL = 5 };
    while (turn(STILL) > 0)
        ;
}

/* Until the client has been accepted. */
static inline void welcome(void)
{
    while (server.clients == NULL && turn(PATIENCE) > 0)
        ;
}

#endif
