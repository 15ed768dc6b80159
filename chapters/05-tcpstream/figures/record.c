/* Linked into step 5's program by record.sh: writes to standard error when
   each connection and each read starts and when its packet is taken out. */
#include <stdio.h>

#include "ffi.h"

enum { CONNECTIONS = 16 };

static struct {
    SOCKET s;
    char path[16]; /* known once the request has been sent */
    const OVERLAPPED *overlapped;
} connections[CONNECTIONS];
static int count;
static unsigned long long first;

static unsigned long now(void)
{
    return (unsigned long)(GetTickCount64() - first);
}

int WINAPI __real_connect(SOCKET s, const struct sockaddr *name, int namelen);
int WINAPI __real_send(SOCKET s, const char *buf, int len, int flags);
int WINAPI __real_WSARecv(SOCKET s, WSABUF *buffers, DWORD buffer_count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped,
                          COMPLETION_ROUTINE routine);
BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable);

int WINAPI __wrap_connect(SOCKET s, const struct sockaddr *name, int namelen)
{
    if (count == 0)
        first = GetTickCount64();
    if (count < CONNECTIONS) {
        fprintf(stderr, "%lu connect %d -\n", now(), count);
        connections[count++].s = s;
    }
    return __real_connect(s, name, namelen);
}

int WINAPI __wrap_send(SOCKET s, const char *buf, int len, int flags)
{
    for (int i = 0; i < count; i++)
        if (connections[i].s == s &&
            sscanf(buf, "GET %15s", connections[i].path) == 1)
            fprintf(stderr, "%lu ask %d %s\n", now(), i, connections[i].path);
    return __real_send(s, buf, len, flags);
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD buffer_count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    for (int i = 0; i < count; i++)
        if (connections[i].s == s) {
            connections[i].overlapped = overlapped;
            fprintf(stderr, "%lu read %d -\n", now(), i);
        }
    return __real_WSARecv(s, buffers, buffer_count, received, flags, overlapped,
                          routine);
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    BOOL succeeded = __real_GetQueuedCompletionStatusEx(
        port, entries, capacity, removed, timeout, alertable);
    for (ULONG k = 0; succeeded && k < *removed; k++)
        for (int i = 0; i < count; i++)
            if (connections[i].overlapped == entries[k].lpOverlapped)
                fprintf(stderr, "%lu packet %d %lu\n", now(), i,
                        entries[k].dwNumberOfBytesTransferred);
    return succeeded;
}
