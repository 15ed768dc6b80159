/* What is sent, for the checkers of steps 6 and on, which are tagged
       // wrap: WSASend GetQueuedCompletionStatusEx free
   Counts the sends, has them done in part, and sees to it that what is lent stays
   as it is until its packet is out. */
#ifndef SENDS_H
#define SENDS_H

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ffi.h"

enum { SENDS = 4, SEND_PARTS = 16, SEND_BYTES = 1 << 17 };

WRAPPED(WSASend);
WRAPPED(GetQueuedCompletionStatusEx);
void __real_free(void *memory);
void __wrap_free(void *memory);

typedef struct Send {
    WSAOVERLAPPED *overlapped; /* NULL: this place is free */
    SOCKET socket;
    WSABUF parts[SEND_PARTS]; /* as they were lent */
    DWORD count;
    char copy[SEND_BYTES];
} Send;

static Send sends_lent[SENDS];
static int sends;              /* calls so far, */
static DWORD sends_bytes;      /* and what they were given */
static DWORD sends_limit;      /* at most so much of a send is done; 0: all */
static const char *sends_last; /* the first byte of the last one */
static BOOL sends_together;    /* may two be in flight on one socket? */
static DWORD sends_fail;       /* the next send fails so, or 0 */
void WINAPI WSASetLastError(int iError);

/* The send with this OVERLAPPED, or NULL. Of NULL: a free place. */
static Send *send_of(const WSAOVERLAPPED *overlapped)
{
    for (int i = 0; i < SENDS; i++)
        if (sends_lent[i].overlapped == overlapped)
            return &sends_lent[i];
    return NULL;
}

/* How many are in flight. */
__attribute__((unused)) static int sends_in_flight(void)
{
    int count = 0;
    for (int i = 0; i < SENDS; i++)
        count += sends_lent[i].overlapped != NULL;
    return count;
}

static void note_send(Send *send, SOCKET s, const WSABUF *parts, DWORD count,
                      WSAOVERLAPPED *overlapped)
{
    char *copy = send->copy;
    send->overlapped = overlapped;
    send->socket = s;
    send->count = count;
    for (DWORD i = 0; i < count; i++) {
        send->parts[i] = parts[i];
        memcpy(copy, parts[i].buf, parts[i].len);
        copy += parts[i].len;
    }
}

/* Cuts the parts down to the limit. Returns how many are left. */
static DWORD cut(WSABUF *parts, DWORD count)
{
    DWORD left = sends_limit;
    for (DWORD i = 0; sends_limit > 0 && i < count; i++) {
        if (parts[i].len >= left) {
            parts[i].len = left;
            return i + 1;
        }
        left -= parts[i].len;
    }
    return count;
}

int WINAPI __wrap_WSASend(SOCKET s, WSABUF *buffers, DWORD count, DWORD *sent,
                          DWORD flags, WSAOVERLAPPED *overlapped,
                          COMPLETION_ROUTINE routine)
{
    WSABUF parts[SEND_PARTS];
    DWORD size = 0;
    for (int i = 0; i < SENDS; i++)
        if (sends_lent[i].overlapped != NULL &&
            (sends_lent[i].overlapped == overlapped ||
             (!sends_together && sends_lent[i].socket == s)))
            need(0, "one send at a time",
                 "a send was started while the stream's last one was in "
                 "flight: if the system takes only half of that one, which "
                 "bytes come next?");
    require(overlapped != NULL, "WSASend was called without an OVERLAPPED: "
                                "such a send waits");
    require(count > 0 && count <= SEND_PARTS, "WSASend was given %lu parts",
            count);
    for (DWORD i = 0; i < count; i++) {
        parts[i] = buffers[i];
        size += parts[i].len;
    }
    require(size > 0, "WSASend was given no byte to send");
    require(size <= SEND_BYTES,
            "WSASend was given %lu bytes, more than any stream was to hold",
            size);
    sends++;
    sends_bytes += size;
    sends_last = parts[0].buf;
    if (sends_fail != 0) {
        WSASetLastError((int)sends_fail);
        sends_fail = 0;
        return -1;
    }
    Send *send = send_of(NULL);
    require(send != NULL, "%d sends are in flight: more than there are streams",
            SENDS);
    note_send(send, s, parts, count, overlapped);
    int result = __real_WSASend(s, parts, cut(parts, count), sent, flags,
                                overlapped, routine);
    if (result != 0 && WSAGetLastError() != WSA_IO_PENDING)
        send->overlapped = NULL;
    return result;
}

static void give_back(Send *send)
{
    const char *copy = send->copy;
    for (DWORD i = 0; i < send->count; i++) {
        if (memcmp(send->parts[i].buf, copy, send->parts[i].len) != 0)
            need(0, "what is lent is left alone",
                 "%lu bytes were given to WSASend, and while they were in "
                 "flight something else was written over them: whose are they "
                 "until the packet has been taken out?",
                 send->parts[i].len);
        copy += send->parts[i].len;
    }
    send->overlapped = NULL;
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE from,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    if (!__real_GetQueuedCompletionStatusEx(from, entries, capacity, removed,
                                            timeout, alertable))
        return FALSE;
    for (ULONG i = 0; i < *removed; i++)
        if (entries[i].lpOverlapped != NULL &&
            send_of(entries[i].lpOverlapped) != NULL)
            give_back(send_of(entries[i].lpOverlapped));
    return TRUE;
}

/* A block of memory that is given up must hold nothing that is lent. */
void __wrap_free(void *memory)
{
    size_t size = memory == NULL ? 0 : _msize(memory);
    for (int i = 0; i < SENDS; i++) {
        const Send *send = &sends_lent[i];
        if (send->overlapped == NULL)
            continue;
        if ((uintptr_t)send->overlapped - (uintptr_t)memory < size)
            need(0, "an operation stays while it is in flight",
                 "memory was freed that holds the OVERLAPPED of a send in "
                 "flight: "
                 "where will the system write how it ended?");
        for (DWORD j = 0; j < send->count; j++)
            if ((uintptr_t)send->parts[j].buf - (uintptr_t)memory < size)
                need(0, "memory stays while it is lent",
                     "memory was freed while the system was sending from it: "
                     "when is a buffer ours again?");
    }
    __real_free(memory);
}

/* A peer that reads, on a thread, when it may. */
typedef struct Peer {
    SOCKET socket;
    char *bytes; /* what it has read */
    volatile DWORD size;
    volatile BOOL ended; /* it has read the end; or an error */
    volatile int error;
} Peer;

enum { PEER_BYTES = 1 << 20 };

static void peer_reads(void *argument)
{
    Peer *peer = argument;
    int got = 1;
    while (got > 0 && peer->size < PEER_BYTES) {
        got = recv(peer->socket, peer->bytes + peer->size,
                   (int)(PEER_BYTES - peer->size), 0);
        if (got > 0)
            peer->size += (DWORD)got;
    }
    peer->error = got < 0 ? WSAGetLastError() : 0;
    peer->ended = TRUE;
}

__attribute__((unused)) static void peer_begin(Peer *peer, SOCKET s)
{
    *peer = (Peer){.socket = s, .bytes = calloc(1, PEER_BYTES + 1)};
    require(peer->bytes != NULL, "no memory");
    in_thread(peer_reads, peer);
}

/* A moment in which bytes on their way arrive. */
__attribute__((unused)) static void peer_expects(const Peer *peer, DWORD size)
{
    wait_until(peer->size >= size || peer->ended, 500);
}

#endif
