/* A poll and streams for it, whose other ends are plain sockets. For the checkers of
   steps 7 and on. */
#ifndef ENDS_H
#define ENDS_H

#include <stdlib.h>

#include "check.h"
#include "poll.h"
#include "tcpstream.h"

int WINAPI connect(SOCKET s, const struct sockaddr *name, int namelen);
SOCKET WINAPI accept(SOCKET s, struct sockaddr *addr, int *addrlen);
int WINAPI recv(SOCKET s, char *buf, int len, int flags);
int WINAPI send(SOCKET s, const char *buf, int len, int flags);
int WINAPI setsockopt(SOCKET s, int level, int optname, const char *optval,
                      int optlen);

static Poll the_poll;
static Registrator registrator;
static SOCKET listener;
static struct sockaddr_in listening; /* the listener's address */

__attribute__((unused)) static void open_poll(void)
{
    require(wsa_startup() == 0 && poll_create(&the_poll) == 0 &&
                poll_registrator(&the_poll, &registrator) == 0,
            "no poll could be made");
}

__attribute__((unused)) static void open_listener(void)
{
    static const unsigned char loopback[4] = {127, 0, 0, 1};
    int size = sizeof listening;
    listening = (struct sockaddr_in){.sin_family = AF_INET};
    memcpy(&listening.sin_addr, loopback, sizeof loopback);
    require(open_socket(AF_INET, &listener) == 0 &&
                bind_and_listen(listener, (struct sockaddr *)&listening,
                                sizeof listening) == 0 &&
                getsockname(listener, (struct sockaddr *)&listening, &size) ==
                    0,
            "no listener could be made");
}

/* A stream on one end of a connection; returns the other end. */
__attribute__((unused)) static SOCKET new_stream(TcpStream *stream)
{
    SOCKET s, far_end = INVALID_SOCKET;
    if (stream != NULL && open_socket(AF_INET, &s) == 0 &&
        connect(s, (struct sockaddr *)&listening, sizeof listening) == 0 &&
        tcp_stream_adopt(stream, s) == 0)
        far_end = accept(listener, NULL, NULL);
    require(far_end != INVALID_SOCKET, "no connection");
    return far_end;
}

__attribute__((unused)) static void say(SOCKET s, const char *data, int size)
{
    require(send(s, data, size, 0) == size, "sending failed");
}

/* From now on closing s resets its connection. */
__attribute__((unused)) static void close_will_reset(SOCKET s)
{
    const int linger = 0x80;
    const unsigned short at_once[2] = {1, 0};
    require(setsockopt(s, SOL_SOCKET, linger, (const char *)at_once,
                       sizeof at_once) == 0,
            "no reset could be arranged");
}

#endif
