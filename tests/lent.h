/* Keeps guard.h's list of what is lent to the system: a read's buffer and its
   OVERLAPPED, from WSARecv until the packet is taken out. To be linked with
     // wrap: WSARecv GetQueuedCompletionStatusEx
   A test that wraps these calls itself defines LENT_OWN_WRAPS, and calls
   lent_recv and lent_take in the place of the real ones. */
#ifndef LENT_H
#define LENT_H

#include "guard.h"

void WINAPI WSASetLastError(int error);
int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);

static atomic_int lent_reads;   /* packets still to come */
static atomic_int lent_started; /* reads, in all */

/* Whether a packet comes: not if the start has failed with an error. A datagram
   that is cut short fails with a warning, which Winsock calls 10040. */
static inline BOOL lent_packet_comes(int result)
{
    enum { WSAEMSGSIZE_ = 10040 };
    int error = WSAGetLastError();
    return result == 0 || error == WSA_IO_PENDING || error == WSAEMSGSIZE_;
}

/* A read that fails at once lends nothing, but then its packet must not be
   waited for either: so it is noted first, as the packet may be taken out by
   another thread before the call returns. */
static inline int lent_recv(SOCKET s, WSABUF *buffers, DWORD count,
                            DWORD *received, DWORD *flags,
                            WSAOVERLAPPED *overlapped,
                            COMPLETION_ROUTINE routine)
{
    if (guard_take_back(overlapped) > 0)
        guard_fault("reused while the system owns it", overlapped);
    guard_lend(overlapped, overlapped, sizeof *overlapped);
    guard_lend(overlapped, buffers[0].buf, buffers[0].len);
    lent_reads++;
    lent_started++;
    int result =
        __real_WSARecv(s, buffers, count, received, flags, overlapped, routine);
    if (!lent_packet_comes(result)) {
        DWORD error = (DWORD)WSAGetLastError();
        guard_take_back(overlapped);
        lent_reads--;
        WSASetLastError((int)error);
    }
    return result;
}

static inline BOOL lent_take(HANDLE port, OVERLAPPED_ENTRY *entries,
                             ULONG capacity, ULONG *removed, DWORD timeout,
                             BOOL alertable)
{
    BOOL succeeded = __real_GetQueuedCompletionStatusEx(
        port, entries, capacity, removed, timeout, alertable);
    for (ULONG i = 0; succeeded && i < *removed; i++)
        if (entries[i].lpOverlapped != NULL &&
            guard_take_back(entries[i].lpOverlapped) > 0)
            lent_reads--;
    return succeeded;
}

#ifndef LENT_OWN_WRAPS
int WINAPI __wrap_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    return lent_recv(s, buffers, count, received, flags, overlapped, routine);
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    return lent_take(port, entries, capacity, removed, timeout, alertable);
}
#endif

#endif
