/* What checkers do with sockets, for steps 2 and on. */
#ifndef PEERS_H
#define PEERS_H

#include "check.h"
#include "loopback.h"

int WINAPI setsockopt(SOCKET s, int level, int optname, const char *optval,
                      int optlen);

/* From now on closing s resets its connection: the peer's read ends with 10054.
   https://learn.microsoft.com/windows/win32/winsock/sol-socket-socket-options */
__attribute__((unused)) static void close_will_reset(SOCKET s)
{
    const int socket_level = 0xFFFF, linger = 0x80;
    const unsigned short at_once[2] = {1, 0};
    require(setsockopt(s, socket_level, linger, (const char *)at_once,
                       sizeof at_once) == 0,
            "no reset could be arranged");
}

#endif
