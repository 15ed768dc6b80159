// wrap: WSARecv GetQueuedCompletionStatusEx malloc calloc realloc free
// sizes: Collector
/* Text comes piece by piece. After every call: is the memory that the system
   reads into still ours? Growing always moves (see guard.h). */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "collector.h"
#include "guard.h"
#include "loopback.h"

enum { PIECES = 120, LONG_TEXT = 100000, SOON_MS = 500, SMALL = 4096 };

extern const unsigned long long size_of_Collector;

int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);

static const OVERLAPPED *lent; /* the last read, if its packet is not out */
static char *lent_buffer;
static DWORD lent_size;

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    require(lent == NULL,
            "a read was started while the last one's packet was not out: a "
            "cancelled read has a packet, too");
    lent = overlapped;
    lent_buffer = buffers[0].buf;
    lent_size = buffers[0].len;
    int failed =
        __real_WSARecv(s, buffers, count, received, flags, overlapped, routine);
    if (failed && WSAGetLastError() != WSA_IO_PENDING)
        lent = NULL;
    return failed;
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    BOOL done = __real_GetQueuedCompletionStatusEx(port, entries, capacity,
                                                   removed, timeout, alertable);
    for (ULONG i = 0; done && i < *removed; i++)
        if (entries[i].lpOverlapped == lent)
            lent = NULL;
    return done;
}

/* The allocated block that an address lies in, living or freed. */
static const GuardBlock *block_of(const void *address)
{
    const char *wanted = address;
    for (long i = 0; i < guard_count; i++) {
        const GuardBlock *block = &guard_blocks[i];
        if (block->memory != NULL && wanted >= block->memory &&
            wanted < block->memory + block->size)
            return block;
    }
    return NULL;
}

static size_t allocated(void)
{
    size_t sum = 0;
    for (long i = 0; i < guard_count; i++)
        if (guard_blocks[i].memory != NULL && !guard_blocks[i].freed)
            sum += guard_blocks[i].size;
    return sum;
}

static void still_ours(const char *call)
{
    const GuardBlock *block = lent == NULL ? NULL : block_of(lent_buffer);
    require(
        block == NULL || !block->freed,
        "%s has started a read into %lu bytes at %p, and then given the block "
        "of %llu bytes around them back. Where will the system write what "
        "comes next?",
        call, lent_size, (void *)lent_buffer, (unsigned long long)block->size);
    require(block == NULL ||
                lent_buffer + lent_size <= block->memory + block->size,
            "%s has started a read past its block's end", call);
    block = lent == NULL ? NULL : block_of(lent);
    require(block == NULL || !block->freed,
            "%s has freed the OVERLAPPED of a read in flight", call);
}

/* What the peer says: every character tells its place. */
static char spoken(DWORD place)
{
    return (char)('a' + (place + place / 26) % 26);
}

static DWORD speak(SOCKET peer, DWORD from, DWORD size)
{
    static char text[LONG_TEXT];
    for (DWORD i = 0; i < size; i++)
        text[i] = spoken(from + i);
    return send_all(peer, text, size);
}

/* The first character that was not kept as it was spoken. */
static DWORD kept(const char *text, DWORD length)
{
    DWORD i = 0;
    while (i < length && text[i] == spoken(i))
        i++;
    return i;
}

/* Collects until there are so many characters. */
static void collect(Collector *collector, DWORD expected)
{
    DWORD count, length;
    const char *text = collector_text(collector, &length);
    while (length < expected) {
        DWORD before = length;
        DWORD error = collector_more(collector, &count, SOON_MS);
        still_ours("collector_more");
        require(error == 0 && count > 0,
                "%lu of %lu characters were collected, the others have been "
                "sent: it gave error %lu and %lu more",
                before, expected, error, count);
        text = collector_text(collector, &length);
        require(length == before + count,
                "after %lu characters came %lu more, and the text is %lu long",
                before, count, length);
    }
    DWORD good = kept(text, length);
    require(good == length && length == expected,
            "character %lu of %lu is not what was sent: it has been written to "
            "memory that isn't the text any more, or never copied",
            good, length);
}

static void end(Collector *collector, SOCKET peer)
{
    DWORD count = 1;
    stage("the peer hangs up");
    close_socket(peer);
    for (int i = 0; i < 2; i++) {
        DWORD error = collector_more(collector, &count, SOON_MS);
        expect(error == 0 && count == 0, "the end is the end, and again",
               "it gave error %lu and %lu characters", error, count);
    }
}

static void close_one(Collector *collector)
{
    int others = guard_living();
    DWORD error = collector_close(collector);
    expect(error == 0, "it closes", "collector_close gave error %lu", error);
    expect(lent == NULL, "nothing is lent when it is closed",
           "collector_close has returned while a read was in flight");
    expect(guard_living() < others, "the text is freed",
           "collector_close has freed nothing");
}

static Collector *open_one(SOCKET *peer)
{
    SOCKET pair[2];
    Collector *collector = calloc(1, size_of_Collector);
    size_t before = allocated();
    require(collector != NULL && loopback_pair(pair) == 0 &&
                collector_open(collector, pair[0]) == 0,
            "collector_open failed");
    *peer = pair[1];
    need(allocated() - before <= SMALL, "a collector starts small",
         "a collector that has collected nothing holds %llu bytes: what would "
         "ten thousand of them hold, and what if more comes?",
         (unsigned long long)(allocated() - before));
    return collector;
}

void examine(const Checker *table)
{
    SOCKET peer;
    DWORD length = 0;
    BEGIN(table);
    require(wsa_startup() == 0, "Winsock did not start");

    stage("opening");
    Collector *collector = open_one(&peer);
    int blocks = guard_living();
    stage("text comes, 10 to 40 characters at a time");
    for (DWORD i = 0; i < PIECES; i++) {
        DWORD size = 10 + i * 7 % 31;
        require(speak(peer, length, size) == 0, "the peer could not send");
        length += size;
        collect(collector, length);
    }
    DWORD collected;
    const char *text = collector_text(collector, &collected);
    expect(kept(text, collected) == length, "all of it is kept",
           "only %lu of %lu characters are kept", kept(text, collected),
           length);
    expect(guard_living() <= blocks + 2, "it gives back what it has outgrown",
           "%d blocks of memory were allocated at first, and %d are now: what "
           "becomes of those that have grown too small?",
           blocks, guard_living());
    stage("%d more characters come at once", LONG_TEXT / 2);
    require(speak(peer, length, LONG_TEXT / 2) == 0, "the peer could not send");
    length += LONG_TEXT / 2;
    collect(collector, length);
    expect(allocated() < 8 * length, "it grows with the text",
           "for %lu characters it holds %llu bytes", length,
           (unsigned long long)allocated());
    end(collector, peer);
    stage("closing after the end");
    close_one(collector);

    stage("closing with a read in flight");
    collector = open_one(&peer);
    close_one(collector);
}
