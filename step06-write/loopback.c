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

/* Any program on the machine may connect before our end does: accepts until it
   is our end's turn. */
static DWORD connect_ends(SOCKET listener, struct sockaddr_in *address,
                          SOCKET pair[2])
{
    struct sockaddr_in from;
    int size = sizeof from;
    DWORD error;
    if (connect(pair[0], (struct sockaddr *)address, size) != 0 ||
        getsockname(pair[0], (struct sockaddr *)address, &size) != 0)
        return (DWORD)WSAGetLastError();
    while ((error = accept_socket(listener, &from, &pair[1])) == 0 &&
           (from.sin_port != address->sin_port ||
            from.sin_addr != address->sin_addr))
        close_socket(pair[1]);
    return error;
}

DWORD loopback_pair(SOCKET pair[2])
{
    SOCKET listener;
    struct sockaddr_in address;
    DWORD error = loopback_listen(&listener, &address);
    if (error != 0)
        return error;
    error = open_socket(AF_INET, &pair[0]);
    if (error == 0) {
        error = connect_ends(listener, &address, pair);
        if (error != 0)
            close_socket(pair[0]);
    }
    close_socket(listener);
    return error;
}
