/* What the fault programs share: telling what was seen, and our own poll with
   one connected stream to compare with. */
#ifndef FAULT_H
#define FAULT_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loopback.h"
#include "poll.h"
#include "tcpstream.h"

enum { SOON = 5000, QUIET = 100 }; /* milliseconds */

/* Winsock calls that the steps do without. */
SOCKET WINAPI socket(int family, int type, int protocol);
int WINAPI ioctlsocket(SOCKET s, long command, ULONG *argument);

static int untrue;

/* One line for the reader, and whether what was seen bears it out. */
__attribute__((format(printf, 2, 3))) static inline void
tell(int true_here, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("%s\n", true_here ? "" : " (NOT AS TOLD)");
    fflush(stdout);
    untrue += !true_here;
}

/* To be returned from main. */
static inline int told(void)
{
    return untrue != 0;
}

static inline void need(DWORD error, const char *what)
{
    if (error == 0)
        return;
    printf("%s: error %lu\n", what, error);
    exit(2);
}

/* Closes so that the peer meets a reset instead of the end. */
static inline void reset_connection(SOCKET s)
{
    unsigned short linger[2] = {1, 0};
    setsockopt(s, 0xFFFF, 0x80, (char *)linger, sizeof linger);
    close_socket(s);
}

typedef struct Ours {
    Poll poll;
    Registrator registrator;
    TcpStream stream;
    SOCKET peer;
    Event list[8];
    Events events;
} Ours;

static inline void ours_open(Ours *ours)
{
    SOCKET listener;
    struct sockaddr_in address;
    char port[6];
    memset(ours, 0, sizeof *ours);
    ours->events = (Events){.list = ours->list, .capacity = 8};
    need(wsa_startup(), "starting Winsock");
    need(poll_create(&ours->poll), "creating the poll");
    need(poll_registrator(&ours->poll, &ours->registrator),
         "making a registrator");
    need(loopback_listen(&listener, &address), "listening");
    sprintf(port, "%u", ntohs(address.sin_port));
    need(tcp_stream_connect(&ours->stream, "127.0.0.1", port), "connecting");
    ours->peer = accept(listener, NULL, NULL);
    close_socket(listener);
}

static inline DWORD ours_register(Ours *ours, Token token)
{
    return tcp_stream_register(&ours->stream, &ours->registrator, token,
                               READABLE);
}

static inline DWORD ours_wait(Ours *ours, DWORD timeout)
{
    return poll_wait(&ours->poll, &ours->events, timeout);
}

static inline void ours_close(Ours *ours)
{
    if (ours->stream.operation != NULL)
        need(tcp_stream_close(&ours->stream), "closing the stream");
    close_socket(ours->peer);
    if (ours->poll.loop != NULL)
        need(poll_destroy(&ours->poll), "destroying the poll");
    need(registrator_release(&ours->registrator), "releasing");
}

#endif
