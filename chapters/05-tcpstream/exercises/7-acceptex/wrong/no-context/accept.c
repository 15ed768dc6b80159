#include "accept.h"

BOOL WINAPI AcceptEx(SOCKET sListenSocket, SOCKET sAcceptSocket,
                     void *lpOutputBuffer, DWORD dwReceiveDataLength,
                     DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength,
                     DWORD *lpdwBytesReceived, OVERLAPPED *lpOverlapped);

DWORD accept_start(Accept *accept, SOCKET listener)
{
    DWORD bytes;
    *accept = (Accept){.listener = listener};
    accept->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (accept->socket == INVALID_SOCKET)
        return (DWORD)WSAGetLastError();
    /* No room for data: the packet comes when the peer has connected, and
       doesn't wait until it has spoken. */
    if (AcceptEx(listener, accept->socket, accept->addresses, 0, ACCEPT_ADDRESS,
                 ACCEPT_ADDRESS, &bytes, &accept->overlapped))
        return 0;
    DWORD error = (DWORD)WSAGetLastError();
    if (error == WSA_IO_PENDING)
        return 0;
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
    if (error != 0)
        close_socket(accept->socket);
    else
        *s = accept->socket;
    return error;
}
