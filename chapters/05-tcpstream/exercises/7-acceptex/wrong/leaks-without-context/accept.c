#include "accept.h"

DWORD accept_start(Accept *accept, SOCKET listener)
{
    *accept = (Accept){.listener = listener};
    DWORD error = open_socket(AF_INET, &accept->socket);
    if (error != 0)
        return error;
    error = accept_ex(listener, accept->socket, accept->addresses,
                      &accept->overlapped);
    if (error != 0)
        close_socket(accept->socket);
    return error;
}

DWORD accept_finish(Accept *accept, SOCKET *s)
{
    DWORD error = 0;
    *s = INVALID_SOCKET;
    if (accept->overlapped.Internal != 0)
        error =
            wsa_get_overlapped_result(accept->listener, &accept->overlapped);
    if (error != 0) {
        close_socket(accept->socket);
        return error;
    }
    *s = accept->socket;
    return update_accept_context(accept->socket, accept->listener);
}
