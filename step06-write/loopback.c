#include "loopback.h"

DWORD loopback_listen(SOCKET *listener, struct sockaddr_in *address)
{
    static const int yes = 1;
    int size = sizeof *address;
    *address = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_addr = htonl(INADDR_LOOPBACK)};
    DWORD error = open_socket(AF_INET, listener);
    if (error != 0)
        return error;
    /* Exclusive, or another program may bind to the same port and get some of
       the connections. */
    if (setsockopt(*listener, SOL_SOCKET, SO_EXCLUSIVEADDRUSE,
                   (const char *)&yes, sizeof yes) != 0 ||
        bind(*listener, (struct sockaddr *)address, size) != 0 ||
        listen(*listener, SOMAXCONN) != 0 ||
        getsockname(*listener, (struct sockaddr *)address, &size) != 0) {
        error = (DWORD)WSAGetLastError(); /* closing might replace it */
        close_socket(*listener);
    }
    return error;
}
