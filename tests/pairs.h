/* Connected pairs of sockets by the thousand: one listener for all, and a first
   end that does not linger, so that no port stays taken after it is closed. */
#ifndef PAIRS_H
#define PAIRS_H

#include "loopback.h"
#include "operation.h"
#include "tap.h"

void WINAPI Sleep(DWORD milliseconds);
SOCKET WINAPI socket(int family, int type, int protocol);

/* Ends this test alone: what follows would make no sense. */
__attribute__((noreturn)) static inline void give_up(const char *why)
{
    printf("not ok - %s\n", why);
    fflush(stdout);
    exit(1);
}

/* connected(pair): pair[0] is for the step's code, pair[1] is its peer. */
static inline void connected(SOCKET pair[2])
{
    enum { SO_LINGER_ = 0x80 };
    static const unsigned short at_once[2] = {1, 0};
    static SOCKET listener;
    static struct sockaddr_in address;
    if (listener == 0 && loopback_listen(&listener, &address) != 0)
        give_up("cannot listen");
    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(pair[0], (struct sockaddr *)&address, sizeof address) != 0 ||
        (pair[1] = accept(listener, NULL, NULL)) == INVALID_SOCKET)
        give_up("cannot connect");
    setsockopt(pair[0], SOL_SOCKET, SO_LINGER_, (const char *)at_once,
               sizeof at_once);
}

/* Has the peer reset the connection. */
static inline void reset(SOCKET peer)
{
    static const unsigned short at_once[2] = {1, 0};
    setsockopt(peer, SOL_SOCKET, 0x80, (const char *)at_once, sizeof at_once);
    close_socket(peer);
}

/* Waits until the read has ended and its packet is in the port, without taking
   it out. FALSE if that does not come within two seconds. */
static inline BOOL packet_queued(Operation *operation)
{
    enum { STATUS_PENDING_ = 0x103 };
    volatile WSAOVERLAPPED *overlapped = &operation->overlapped;
    for (int i = 0; i < 2000 && overlapped->Internal == STATUS_PENDING_; i++)
        Sleep(i < 10 ? 0 : 1);
    Sleep(0);
    return overlapped->Internal != STATUS_PENDING_;
}

#endif
