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
    int size = sizeof *address;
    *address = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_addr = htonl(INADDR_LOOPBACK)};
    *listener = socket(AF_INET, SOCK_STREAM, 0);
    if (*listener == INVALID_SOCKET)
        return (DWORD)WSAGetLastError();
    if (bind(*listener, (struct sockaddr *)address, size) != 0 ||
        listen(*listener, SOMAXCONN) != 0 ||
        getsockname(*listener, (struct sockaddr *)address, &size) != 0)
        return close_after_error(*listener);
    return 0;
}

DWORD loopback_pair(SOCKET pair[2])
{
    SOCKET listener;
    struct sockaddr_in address;
    DWORD error = loopback_listen(&listener, &address);
    if (error != 0)
        return error;
    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (pair[0] == INVALID_SOCKET)
        return close_after_error(listener);
    if (connect(pair[0], (struct sockaddr *)&address, sizeof address) != 0 ||
        (pair[1] = accept(listener, NULL, NULL)) == INVALID_SOCKET) {
        error = close_after_error(pair[0]);
        close_socket(listener);
        return error;
    }
    close_socket(listener);
    return 0;
}
