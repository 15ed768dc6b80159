#include "accept.h"

#define SOL_SOCKET 0xFFFF
#define SO_UPDATE_ACCEPT_CONTEXT 0x700B

BOOL WINAPI AcceptEx(SOCKET sListenSocket, SOCKET sAcceptSocket,
                     void *lpOutputBuffer, DWORD dwReceiveDataLength,
                     DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength,
                     DWORD *lpdwBytesReceived, OVERLAPPED *lpOverlapped);
int WINAPI setsockopt(SOCKET s, int level, int optname, const char *optval,
                      int optlen);

DWORD accept_start(Accept *accept, SOCKET listener)
{
    DWORD bytes;
    *accept = (Accept){.listener = listener};
    accept->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (accept->socket == INVALID_SOCKET)
        return (DWORD)WSAGetLastError();
    /* No room for data: the packet comes when the peer has connected, and
       doesn't wait until it has spoken. */
    if (AcceptEx(listener, accept->socket, accept->data, ACCEPT_DATA,
                 ACCEPT_ADDRESS, ACCEPT_ADDRESS, &bytes, &accept->overlapped))
        return 0;
    DWORD error = (DWORD)WSAGetLastError();
    if (error == WSA_IO_PENDING)
        return 0;
    close_socket(accept->socket);
    return error;
}

/* The socket takes over what it should have from its listener. Until then it is
   connected, but getpeername and shutdown don't know. */
static DWORD update_context(const Accept *accept)
{
    if (setsockopt(accept->socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT,
                   (const char *)&accept->listener,
                   sizeof accept->listener) == 0)
        return 0;
    return (DWORD)WSAGetLastError();
}

DWORD accept_finish(Accept *accept, SOCKET *s)
{
    DWORD error = 0;
    *s = INVALID_SOCKET;
    if (accept->overlapped.Internal != 0)
        error =
            wsa_get_overlapped_result(accept->listener, &accept->overlapped);
    if (error == 0)
        error = update_context(accept);
    if (error != 0)
        close_socket(accept->socket);
    else
        *s = accept->socket;
    return error;
}
