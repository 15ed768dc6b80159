#include "loopback.h"

/* Keeps the error that closing might replace. */
static DWORD close_after_error(SOCKET s)
{
    DWORD error = (DWORD)WSAGetLastError();
    close_socket(s);
    return error;
}

DWORD loopback_listen(SOCKET *listener, struct sockaddr_in *address)
{
    static const int yes = 1;
    int size = sizeof *address;
    *address = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_addr = htonl(INADDR_LOOPBACK)};
    DWORD error = open_socket(AF_INET, SOCK_STREAM, 0, listener);
    if (error != 0)
        return error;
    /* Exclusive, or another program may bind to the same port and get some of
       the connections. */
    if (setsockopt(*listener, SOL_SOCKET, SO_EXCLUSIVEADDRUSE,
                   (const char *)&yes, sizeof yes) != 0 ||
        bind(*listener, (struct sockaddr *)address, size) != 0 ||
        listen(*listener, SOMAXCONN) != 0 ||
        getsockname(*listener, (struct sockaddr *)address, &size) != 0)
        return close_after_error(*listener);
    return 0;
}

/* Accepts the connection that comes from this address. Any program on the
   machine may have connected before it. */
static DWORD accept_from(SOCKET listener, const struct sockaddr_in *address,
                         SOCKET *s)
{
    struct sockaddr_in from;
    DWORD error;
    while ((error = accept_socket(listener, &from, s)) == 0 &&
           (from.sin_port != address->sin_port ||
            from.sin_addr != address->sin_addr))
        close_socket(*s);
    return error;
}

DWORD loopback_pair(SOCKET pair[2])
{
    SOCKET listener;
    struct sockaddr_in address;
    int size = sizeof address;
    DWORD error = loopback_listen(&listener, &address);
    if (error != 0)
        return error;
    error = open_socket(AF_INET, SOCK_STREAM, 0, &pair[0]);
    if (error == 0) {
        if (connect(pair[0], (struct sockaddr *)&address, size) != 0 ||
            getsockname(pair[0], (struct sockaddr *)&address, &size) != 0)
            error = close_after_error(pair[0]);
        else if ((error = accept_from(listener, &address, &pair[1])) != 0)
            close_socket(pair[0]);
    }
    close_socket(listener);
    return error;
}
