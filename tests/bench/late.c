/* Waits LATE_MS milliseconds before each read, where that is set: then the client
   has answered, however busy the machine is. */
#include "ffi.h"

#include <stdlib.h>

int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count, DWORD *bytes,
                          DWORD *flags, WSAOVERLAPPED *overlapped,
                          COMPLETION_ROUTINE routine)
{
    static const char *late;
    if (late == NULL && (late = getenv("LATE_MS")) == NULL)
        late = "0";
    if (*late != '0')
        Sleep(strtoul(late, NULL, 10));
    return __real_WSARecv(s, buffers, count, bytes, flags, overlapped, routine);
}
