// wrap: WSARecv GetQueuedCompletionStatusEx malloc calloc realloc free
// sizes: Collector
/* Text comes piece by piece. Whenever memory is given back: has the system been
   lent some of it? Growing always moves (see guard.h). A very long text comes
   quickly: those reads end at once, and their packets never see the port. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "collector.h"
#include "loans.h"
#include "peers.h"

/* guard.h's, to which something is added below. */
#define __wrap_malloc guard_malloc
#define __wrap_calloc guard_calloc
#define __wrap_realloc guard_realloc
#define __wrap_free guard_free
#include "guard.h"
#undef __wrap_malloc
#undef __wrap_calloc
#undef __wrap_realloc
#undef __wrap_free

enum {
    PIECES = 120,
    LONG_TEXT = 4 << 20,
    SOON_MS = 500,
    SHORT_MS = 40,
    LATE_MS = 300,
    SMALL = 4096,
    MANY_BLOCKS = 3000,
    MANY_BYTES = 200 << 20
};

extern const unsigned long long size_of_Collector;

WRAPPED(WSARecv);
WRAPPED(GetQueuedCompletionStatusEx);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

static Loan ended;       /* the last that was given back by its packet */
static BOOL gone;        /* memory was given back that was lent: */
static Loan gone_loan;   /* this, */
static size_t gone_size; /* in a block of so many bytes */
static BOOL silent; /* nothing comes, and the caller will not wait for long */
static BOOL no_memory;     /* there is no more */
static SOCKET to_be_reset; /* when somebody waits for its read */
static DWORD said;         /* characters, by all that the peer has said */

/* Reads that end at once. */
static struct {
    DWORD left; /* characters */
    struct {
        WSAOVERLAPPED *overlapped;
        DWORD size;
    } done[LENT]; /* whose packets wait: from taken to ended */
    DWORD taken, ended;
} quick;

/* Notes it when a block is given back that is lent. */
static BOOL is_lent(const GuardBlock *block)
{
    const Loan *loan = loan_in(block->memory, block->size);
    if (loan != NULL && !gone) {
        gone_loan = *loan;
        gone_size = block->size;
    }
    gone = gone || loan != NULL;
    return loan != NULL;
}

void *__wrap_malloc(size_t size)
{
    return no_memory ? NULL : guard_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return no_memory ? NULL : guard_calloc(count, size);
}

/* A block that is lent can still be written to: what the system writes there is
   then missing in the text. */
void __wrap_free(void *memory)
{
    GuardBlock *block = memory == NULL ? NULL : guard_find(memory);
    if (block != NULL && !block->freed && is_lent(block))
        block->freed = 1;
    else
        guard_free(memory);
}

void *__wrap_realloc(void *memory, size_t size)
{
    const GuardBlock *block = memory == NULL ? NULL : guard_find(memory);
    char *larger = __wrap_malloc(size);
    if (larger != NULL && block != NULL) {
        memcpy(larger, memory, block->size < size ? block->size : size);
        __wrap_free(memory);
    }
    return larger;
}

/* The allocated block that an address lies in or just behind, living or freed. */
static const GuardBlock *block_of(const void *address)
{
    for (long i = guard_count; i-- > 0;) {
        const GuardBlock *block = &guard_blocks[i];
        if (block->memory != NULL &&
            lies_in(address, block->memory, block->size + 1))
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

/* So much that the checker can't go on for long. */
static BOOL has_allocated_much(void)
{
    size_t sum = 0;
    for (long i = 0; i < guard_count; i++)
        sum += guard_blocks[i].size;
    return guard_count > MANY_BLOCKS || sum > MANY_BYTES;
}

/* A read is about to start. */
static void lend(SOCKET s, const WSABUF *buffer, WSAOVERLAPPED *overlapped)
{
    const GuardBlock *block = buffer->len > 0 ? block_of(buffer->buf) : NULL;
    require(loan_of(overlapped) == NULL,
            "a read was started with an OVERLAPPED that another read has "
            "still: the packet of that one is not out. What ends a read: that "
            "nobody waits for it any more, that it is cancelled?");
    for (int i = 0; i < LENT; i++)
        require(loans[i].overlapped == NULL ||
                    buffer->buf >= loans[i].buffer + loans[i].size ||
                    loans[i].buffer >= buffer->buf + buffer->len,
                "a read was started into a buffer that another read in flight "
                "has: which comes first?");
    if (block != NULL) {
        size_t room = (size_t)(block->memory + block->size - buffer->buf);
        require(!block->freed,
                "a read of %lu bytes was started into memory that has been "
                "given back",
                buffer->len);
        require(buffer->len <= room,
                "a read of %lu bytes was started into %llu: there the block "
                "of %llu bytes ends. Where would the rest be written?",
                buffer->len, (unsigned long long)room,
                (unsigned long long)block->size);
    }
    Loan *loan = loan_of(NULL);
    if (loan != NULL)
        *loan = (Loan){overlapped, s, buffer->buf, buffer->len};
}

/* Every character tells its place. */
static char spoken(DWORD place)
{
    return (char)('a' + (place + place / 26) % 26);
}

static void end_quickly(const WSABUF *buffer, WSAOVERLAPPED *overlapped)
{
    DWORD size = buffer->len < quick.left ? buffer->len : quick.left;
    for (DWORD i = 0; i < size; i++)
        buffer->buf[i] = spoken(said++);
    quick.left -= size;
    overlapped->Internal = 0;
    overlapped->InternalHigh = size;
    quick.done[quick.ended % LENT].overlapped = overlapped;
    quick.done[quick.ended++ % LENT].size = size;
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    lend(s, buffers, overlapped);
    if (buffers[0].len == 0)
        quick.left = 0;
    if (quick.left > 0 && quick.ended < quick.taken + LENT) {
        end_quickly(buffers, overlapped);
        return 0;
    }
    int failed =
        __real_WSARecv(s, buffers, count, received, flags, overlapped, routine);
    if (failed && WSAGetLastError() != WSA_IO_PENDING)
        loan_of(overlapped)->overlapped = NULL;
    return failed;
}

/* The peer resets the connection while a read is in flight. (Wine notes the end
   in the OVERLAPPED when it happens; Windows does so with the packet, hence the
   limit.) */
static void reset(void)
{
    const ULONG_PTR pending = 0x103;
    Loan loan = open_loan();
    close_will_reset(to_be_reset);
    close_socket(to_be_reset);
    to_be_reset = 0;
    if (loan.overlapped != NULL)
        wait_until(*(volatile ULONG_PTR *)&loan.overlapped->Internal != pending,
                   50);
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    if (to_be_reset != 0)
        reset();
    if (quick.taken < quick.ended) {
        entries[0] = (OVERLAPPED_ENTRY){
            .lpOverlapped = quick.done[quick.taken % LENT].overlapped,
            .dwNumberOfBytesTransferred = quick.done[quick.taken % LENT].size};
        quick.taken++;
        *removed = 1;
    } else if (silent && timeout > LATE_MS) {
        require(__real_GetQueuedCompletionStatusEx(port, entries, capacity,
                                                   removed, LATE_MS, alertable),
                "nothing comes, and the caller wants to wait for %d ms. After "
                "%d ms the wait at the port still went on: for how long was "
                "it to be?",
                SHORT_MS, LATE_MS);
    } else if (!__real_GetQueuedCompletionStatusEx(
                   port, entries, capacity, removed, timeout, alertable)) {
        return FALSE;
    }
    for (ULONG i = 0; i < *removed; i++) {
        Loan *loan = loan_of_packet(&entries[i]);
        if (loan == NULL)
            continue;
        ended = *loan;
        ended.size = entries[i].dwNumberOfBytesTransferred;
        loan->overlapped = NULL;
    }
    return TRUE;
}

static void speak(SOCKET peer, DWORD size)
{
    char text[SMALL];
    for (DWORD i = 0; i < size; i++)
        text[i] = spoken(said++);
    require(send_all(peer, text, size) == 0, "the peer could not send");
}

/* How many characters are not what was spoken, and the first of them. */
static DWORD wrong(const char *text, DWORD length, DWORD *first)
{
    DWORD count = 0;
    for (DWORD i = length; i-- > 0;)
        if (text[i] != spoken(i)) {
            count++;
            *first = i;
        }
    return count;
}

static void nothing_is_gone(void)
{
    need(!gone, "no memory is given back that is lent",
         "a read into %lu bytes at %p was in flight when memory that it had "
         "been lent was given back, a block of %llu bytes. Where will the "
         "system write what comes next?",
         gone_loan.size, (void *)gone_loan.buffer,
         (unsigned long long)gone_size);
}

/* Collects until there is all that was said. What is wrong shows in the text;
   why it is, is told after it. */
static void collect(Collector *collector)
{
    DWORD count, first = 0, before, length;
    BOOL was_gone = gone;
    collector_text(collector, &before);
    length = before;
    while (length < said || quick.left > 0) {
        DWORD last = length;
        DWORD error = collector_more(collector, &count, SOON_MS);
        if (has_allocated_much())
            quick.left = 0;
        if (length == said && error == WAIT_TIMEOUT)
            break; /* it asks for nothing: no read can end quickly */
        if (error != 0 || count == 0) {
            expect(FALSE, "there is more",
                   "%lu of %lu characters were collected, the others have been "
                   "sent: it gave error %lu and %lu more",
                   last, said + quick.left, error, count);
            break;
        }
        collector_text(collector, &length);
        require(length == last + count,
                "after %lu characters came %lu more, and the text is %lu long",
                last, count, length);
    }
    const char *text = collector_text(collector, &length);
    DWORD missing = wrong(text, length, &first);
    if (missing > 0)
        expect(FALSE, "all is in the text",
               "%lu characters had come, and all were right. Then %lu more "
               "were sent, and counted; %lu of them, from character %lu on, "
               "are not in the text. What has the program done in between?",
               before, length - before, missing, first);
    if (was_gone || missing > 0 || length < said)
        nothing_is_gone();
    require(missing == 0,
            "the last read was to write to %p, and the text lies at %p: who "
            "has told the system where, and when?",
            (void *)ended.buffer, (const void *)text);
    if (length < said)
        check_table->give_up();
}

static Collector *open_one(SOCKET *peer)
{
    SOCKET pair[2];
    size_t before = allocated();
    Collector *collector = calloc(1, size_of_Collector);
    said = 0;
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

static void close_one(Collector *collector, int blocks)
{
    DWORD error = collector_close(collector);
    free(collector);
    nothing_is_gone();
    expect(error == 0, "it closes", "collector_close gave error %lu", error);
    expect(open_loan().overlapped == NULL, "nothing is lent when it is closed",
           "collector_close has returned while a read was in flight");
    expect(guard_living() <= blocks, "the text is freed",
           "after collector_close %d more blocks of memory are allocated than "
           "before collector_open",
           guard_living() - blocks);
}

static void grows_with_the_text(const Collector *collector)
{
    DWORD length, first;
    const char *text = collector_text(collector, &length);
    expect(length == said && wrong(text, length, &first) == 0,
           "all of it is in the text", "%lu of %lu characters are in the text",
           length, said);
    expect(allocated() < SMALL + 8 * (size_t)said, "it grows with the text",
           "for %lu characters it holds %llu bytes", said,
           (unsigned long long)allocated());
}

static void pieces(Collector *collector, SOCKET peer)
{
    int blocks = guard_living();
    stage("text comes, 10 to 40 characters at a time");
    for (DWORD i = 0; i < PIECES; i++) {
        speak(peer, 10 + i * 7 % 31);
        collect(collector);
    }
    nothing_is_gone();
    expect(guard_living() <= blocks + 2, "it gives back what it has outgrown",
           "%d blocks of memory were allocated at first, and %d are now: what "
           "becomes of those that have grown too small?",
           blocks, guard_living());
    grows_with_the_text(collector);
}

static void silence(Collector *collector, SOCKET peer)
{
    DWORD count;
    stage("nothing comes, and the caller waits for %d ms", SHORT_MS);
    unsigned long start = milliseconds();
    silent = TRUE;
    DWORD error = collector_more(collector, &count, SHORT_MS);
    silent = FALSE;
    unsigned long took = milliseconds() - start;
    need(error == WAIT_TIMEOUT, "nothing came in time: error 258",
         "nothing came in %d ms: it gave error %lu and %lu characters, not "
         "258. What does a caller take that for?",
         SHORT_MS, error, count);
    expect(took + 20 >= SHORT_MS && took < SHORT_MS + 250,
           "it waits as long as it was told to", "a wait of %d ms took %lu",
           SHORT_MS, took);
    stage("after that text comes");
    speak(peer, 30);
    collect(collector);
    speak(peer, 30);
    collect(collector);
}

static void much(Collector *collector, SOCKET peer)
{
    stage("%d more characters come at once", LONG_TEXT);
    if (open_loan().overlapped != NULL)
        speak(peer, 1); /* for the read that is in flight already */
    quick.left = LONG_TEXT;
    collect(collector);
    grows_with_the_text(collector);
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

/* Text comes until there is no room for it. */
static void no_room(void)
{
    SOCKET peer;
    DWORD count = 0, length = 0, first = 0, error = 0;
    int blocks = guard_living();
    Collector *collector = open_one(&peer);
    stage("text comes, and there is no more memory");
    no_memory = TRUE;
    while (error == 0 && said < 2 * SMALL) {
        speak(peer, 40);
        do {
            error = collector_more(collector, &count, SOON_MS);
            collector_text(collector, &length);
        } while (error == 0 && count > 0 && length < said);
        if (count == 0)
            break;
    }
    expect(length == said || error == ERROR_NOT_ENOUGH_MEMORY,
           "no memory: error 8",
           "%lu characters were sent, and no memory could be had. With %lu of "
           "them in the text it gave error %lu and %lu characters, not 8. What "
           "does a caller take that for?",
           said, length, error, count);
    for (int i = 0; i < 2 && length < said; i++) {
        error = collector_more(collector, &count, SHORT_MS);
        expect(error == ERROR_NOT_ENOUGH_MEMORY, "and error 8 again",
               "%lu of %lu characters are in the text, and the call after "
               "error 8 gave error %lu and %lu characters. What does a caller "
               "take that for?",
               length, said, error, count);
    }
    const char *text = collector_text(collector, &length);
    DWORD missing = wrong(text, length, &first);
    expect(missing == 0, "what had come stays",
           "%lu of the %lu characters that had come until then are wrong, from "
           "character %lu on",
           missing, length, first);
    no_memory = FALSE;
    stage("closing after that");
    close_one(collector, blocks);
    close_socket(peer);
}

static void is_reset(void)
{
    SOCKET peer;
    DWORD count;
    int blocks = guard_living();
    Collector *collector = open_one(&peer);
    stage("the connection is reset");
    speak(peer, 10);
    collect(collector);
    to_be_reset = peer;
    for (int i = 0; i < 3; i++) {
        DWORD error = collector_more(collector, &count, SOON_MS);
        expect(error != 0 && error != WAIT_TIMEOUT,
               i == 0 ? "that is an error" : "and an error again",
               "the connection was reset, and call %d after that gave error "
               "%lu and %lu characters. What does a caller take that for?",
               i + 1, error, count);
    }
    stage("closing after that");
    close_one(collector, blocks);
}

void examine(const Checker *table)
{
    SOCKET peer;
    BEGIN(table);
    require(wsa_startup() == 0, "Winsock did not start");
    int blocks = guard_living();

    stage("opening");
    Collector *collector = open_one(&peer);
    pieces(collector, peer);
    silence(collector, peer);
    much(collector, peer);
    end(collector, peer);
    stage("closing after the end");
    close_one(collector, blocks);
    no_room();
    is_reset();

    stage("closing with a read in flight");
    collector = open_one(&peer);
    close_one(collector, blocks);
}
