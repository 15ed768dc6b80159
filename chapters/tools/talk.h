/* A poll and connections for it, for the checkers of step 5. */
#ifndef TALK_H
#define TALK_H

#include <stdio.h>

#include "peers.h"
#include "poll.h"
#include "tcpstream.h"

static Poll the_poll;
static Registrator registrator;
static SOCKET listener;
static char port[8]; /* the listener's */

/* To be called first. */
__attribute__((unused)) static void open_poll(void)
{
    require(poll_create(&the_poll) == 0 &&
                poll_registrator(&the_poll, &registrator) == 0,
            "no poll could be made");
}

__attribute__((unused)) static void open_listener(void)
{
    struct sockaddr_in address;
    require(wsa_startup() == 0 && loopback_listen(&listener, &address) == 0,
            "no listener could be made");
    sprintf(port, "%u", ntohs(address.sin_port));
}

/* Connects the stream to the listener; returns the other end. */
__attribute__((unused)) static SOCKET connect_stream(TcpStream *stream)
{
    SOCKET peer = INVALID_SOCKET;
    if (stream != NULL && tcp_stream_connect(stream, "127.0.0.1", port) == 0)
        peer = accept(listener, NULL, NULL);
    require(peer != INVALID_SOCKET, "no connection");
    return peer;
}

#endif
