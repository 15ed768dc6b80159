// wrap: WSARecv GetQueuedCompletionStatusEx CancelIoEx closesocket malloc calloc realloc free
// sizes: Reader
/* Follows what is lent to the system from WSARecv until the packet is out, and
   lets bytes, resets and packets of cancelled reads come at the worst moments. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "loans.h"
#include "peers.h"
#include "reader.h"

/* guard.h's free, to be looked at before it is done. */
#define __wrap_free guard_free
#include "guard.h"
#undef __wrap_free
void __wrap_free(void *memory);

enum {
    SIZE = 16,
    SHORT_MS = 40,
    SLOW_MS = 2000, /* that a cancelled read takes */
    LOOK_MS = 20,   /* that a look without waiting is taken for */
    STACK = 1 << 20,
    FAR_DOWN = 1 << 14
};

extern const unsigned long long size_of_Reader;

void WINAPI SetLastError(DWORD dwErrCode);
WRAPPED(WSARecv);
WRAPPED(GetQueuedCompletionStatusEx);
WRAPPED(CancelIoEx);
WRAPPED(closesocket);

static BOOL lent_twice, lent_is_freed;
static int cancels;
static int looks;    /* for the packet of what was cancelled, */
static DWORD waited; /* and how many ms they took */

/* What happens when time is just up. */
static SOCKET last_moment = INVALID_SOCKET;
static BOOL last_is_reset;

static BOOL slow;  /* what is cancelled takes its time */
static DWORD held; /* the packet is not there for so many ms of waiting */

void __wrap_free(void *memory)
{
    const GuardBlock *block = memory == NULL ? NULL : guard_find(memory);
    if (block != NULL && loan_in(memory, block->size) != NULL)
        lent_is_freed = TRUE;
    else
        guard_free(memory);
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    lent_twice |= loan_of(overlapped) != NULL;
    Loan *loan = loan_of(NULL);
    if (loan != NULL)
        *loan = (Loan){overlapped, s, buffers[0].buf, buffers[0].len};
    int failed =
        __real_WSARecv(s, buffers, count, received, flags, overlapped, routine);
    if (failed && WSAGetLastError() != WSA_IO_PENDING && loan != NULL)
        loan->overlapped = NULL;
    return failed;
}

BOOL WINAPI __wrap_CancelIoEx(HANDLE handle, OVERLAPPED *overlapped)
{
    cancels++;
    looks = 0;
    waited = 0;
    held = slow ? SLOW_MS : 0;
    return __real_CancelIoEx(handle, overlapped);
}

int WINAPI __wrap_closesocket(SOCKET s)
{
    held = slow ? SLOW_MS : 0;
    return __real_closesocket(s);
}

static void hang_up_hard(SOCKET s)
{
    close_will_reset(s);
    close_socket(s);
}

/* The time is up, and before anybody can cancel, the read ends. (Wine notes that
   in the OVERLAPPED when it happens; Windows does so with the packet, hence the
   limit.) */
static void end_at_last(void)
{
    const ULONG_PTR pending = 0x103;
    Loan loan = open_loan();
    if (last_is_reset)
        hang_up_hard(last_moment);
    else
        send_all(last_moment, "just!", 5);
    last_moment = INVALID_SOCKET;
    if (loan.overlapped != NULL)
        wait_until(*(volatile ULONG_PTR *)&loan.overlapped->Internal != pending,
                   50);
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    looks++;
    waited += timeout;
    if (timeout < held) {
        DWORD taken = timeout > LOOK_MS ? timeout : LOOK_MS;
        held -= taken < held ? taken : held;
        SetLastError(WAIT_TIMEOUT);
        return FALSE;
    }
    if (__real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                           timeout, alertable)) {
        held = 0;
        for (ULONG i = 0; i < *removed; i++) {
            Loan *loan = loan_of_packet(&entries[i]);
            if (loan != NULL)
                loan->overlapped = NULL;
        }
        return TRUE;
    }
    DWORD error = GetLastError();
    if (error == WAIT_TIMEOUT && timeout > 0 && last_moment != INVALID_SOCKET)
        end_at_last();
    SetLastError(error);
    return FALSE;
}

static Reader *open_reader(SOCKET *peer)
{
    SOCKET pair[2];
    Reader *reader = calloc(1, size_of_Reader);
    require(reader != NULL && loopback_pair(pair) == 0 &&
                reader_open(reader, pair[0]) == 0,
            "reader_open failed");
    *peer = pair[1];
    return reader;
}

/* Calls reader_read so far down the stack that nothing of the checker's lies
   there when it has returned. Two calls from one function use the same piece. */
__attribute__((noinline)) static DWORD read_far_down(Reader *reader,
                                                     char *buffer, DWORD size,
                                                     DWORD *count,
                                                     DWORD timeout)
{
    volatile char between[FAR_DOWN];
    between[0] = 0;
    memset(buffer, '#', SIZE);
    DWORD error = reader_read(reader, buffer, size, count, timeout);
    return error + (DWORD)between[0];
}

/* The read is to give exactly these bytes. */
static void hear(Reader *reader, DWORD size, DWORD timeout, const char *text,
                 const char *question)
{
    char buffer[SIZE + 8];
    DWORD count, expected = (DWORD)strlen(text);
    memset(buffer, '#', sizeof buffer);
    DWORD error = reader_read(reader, buffer, size, &count, timeout);
    need(error == 0 && count == expected && memcmp(buffer, text, expected) == 0,
         "the bytes are handed out",
         "\"%s\" was there to be read into %lu bytes: it gave error %lu and "
         "%lu bytes, \"%.*s\"%s",
         text, size, error, count, (int)(count < SIZE ? count : SIZE), buffer,
         question);
    expect(buffer[size] == '#', "no more is written than there is room",
           "it wrote past the end of a buffer of %lu bytes", size);
}

/* Nothing came, and that is what was said. */
static void nothing_came(DWORD error, unsigned long took)
{
    need(error == WAIT_TIMEOUT, "nothing came in time: error 258",
         "nothing came in %d ms: it gave error %lu, not 258%s", SHORT_MS, error,
         error == 995 ? ". 995 is how the cancelled read ended; is that what "
                        "the caller asked about?"
                      : "");
    expect(took + 20 >= SHORT_MS && took < SHORT_MS + 250,
           "it waits as long as it was told to", "a wait of %d ms took %lu",
           SHORT_MS, took);
}

static BOOL on_stack(const WSAOVERLAPPED *overlapped)
{
    char here;
    uintptr_t top = (uintptr_t)&here;
    return (uintptr_t)overlapped < top && (uintptr_t)overlapped > top - STACK;
}

/* What was lent when reader_read had returned is neither the stack that it used
   nor the caller's buffer. */
static void nothing_is_left(Loan loan, const char *buffer)
{
    BOOL stack = loan.overlapped != NULL && on_stack(loan.overlapped);
    need(!stack || cancels > 0, "no OVERLAPPED is left behind on the stack",
         "reader_read has returned 258, but its read is still in flight: the "
         "system will write to the OVERLAPPED at %p and to the caller's buffer "
         "when bytes come. Whose is that piece of stack by then?",
         (void *)loan.overlapped);
    need(!stack || looks == 0, "a cancelled read is waited for, however long",
         "reader_read has asked to cancel its read, has waited %lu ms for "
         "the packet and returned without it. A driver may take its time: "
         "until when are the OVERLAPPED and the buffer the system's?",
         waited);
    need(!stack, "a cancelled read is waited for",
         "reader_read has asked to cancel its read and returned, but the "
         "packet is not out of the port yet: until when are the OVERLAPPED "
         "and the buffer the system's?");
    need(loan.overlapped == NULL || loan.size == 0 ||
             !lies_in(loan.buffer, buffer, SIZE),
         "no caller's buffer is left behind",
         "reader_read has returned 258 with its read still in flight. The "
         "OVERLAPPED outlives that now; but where will the bytes go when they "
         "come?");
}

/* A read that ends without bytes. */
static void hear_nothing(Reader *reader)
{
    char buffer[SIZE];
    DWORD count;
    unsigned long start = milliseconds();
    cancels = 0;
    looks = 0;
    waited = 0;
    DWORD error = read_far_down(reader, buffer, SIZE, &count, SHORT_MS);
    Loan left = open_loan();
    nothing_came(error, milliseconds() - start);
    nothing_is_left(left, buffer);
}

/* What is wrong shows in what the next call hands out. */
static void late(Reader *reader, SOCKET peer)
{
    char first[SIZE], second[SIZE];
    DWORD count;
    stage("nothing comes in %d ms", SHORT_MS);
    unsigned long start = milliseconds();
    DWORD error = read_far_down(reader, first, SIZE, &count, SHORT_MS);
    Loan left = open_loan();
    nothing_came(error, milliseconds() - start);
    if (cancels > 0 || !on_stack(left.overlapped))
        nothing_is_left(left, first);

    stage("9 bytes come later, and are read 4 and 5 at a time");
    require(send_all(peer, "late news", 9) == 0, "the peer could not send");
    pause_ms(20);
    error = read_far_down(reader, second, 4, &count, 500);
    expect(error == 0 && count == 4 && memcmp(second, "late", 4) == 0,
           "what comes after a silence is handed out",
           "nothing came in %d ms, and reader_read gave 258. Then \"late "
           "news\" came, and the next call, for 4 bytes, gave error %lu and "
           "%lu bytes, \"%.*s\". With no silence before it that went well: "
           "what does a silence leave behind?",
           SHORT_MS, error, count, (int)(count < SIZE ? count : SIZE), second);
    nothing_is_left(left, first);
    hear(reader, SIZE, 500, " news", "");
    expect(memchr(first, 'l', SIZE) == NULL,
           "nothing is written to the buffer of a call that is over",
           "the bytes were written to the buffer of a call that had returned");
}

static void slowly_cancelled(Reader *reader, SOCKET peer)
{
    stage("nothing comes in %d ms, and a cancelled read takes its time",
          SHORT_MS);
    slow = TRUE;
    hear_nothing(reader);
    slow = FALSE;
    held = 0;
    require(send_all(peer, "again", 5) == 0, "the peer could not send");
    hear(reader, SIZE, 500, "again", "");
}

static void at_the_last_moment(Reader *reader, SOCKET peer)
{
    char buffer[SIZE] = "";
    DWORD count;
    stage("5 bytes come in the moment when the time is up");
    last_moment = peer;
    DWORD error = reader_read(reader, buffer, SIZE, &count, SHORT_MS);
    if (error == WAIT_TIMEOUT)
        error = reader_read(reader, buffer, SIZE, &count, 200);
    expect(error == 0 && count == 5 && memcmp(buffer, "just!", 5) == 0,
           "none of them is lost",
           "neither this call nor the next has handed them out (error %lu, "
           "%lu bytes): the read had ended before it could be cancelled. What "
           "does its packet say?",
           error, count);
}

static BOOL is_of_the_connection(DWORD error)
{
    return error != 0 && error != WAIT_TIMEOUT && error != 995;
}

static void reset_at_the_last_moment(void)
{
    char buffer[SIZE];
    DWORD count;
    SOCKET peer;
    Reader *reader = open_reader(&peer);
    stage("the connection is reset in the moment when the time is up");
    last_moment = peer;
    last_is_reset = TRUE;
    DWORD first = reader_read(reader, buffer, SIZE, &count, SHORT_MS);
    DWORD error = first;
    if (!is_of_the_connection(error))
        error = reader_read(reader, buffer, SIZE, &count, 200);
    expect(is_of_the_connection(error), "the caller is told",
           "the peer reset the connection just when the time was up. "
           "reader_read gave error %lu, and the next call %lu: the read had "
           "ended before it could be cancelled. What does its packet say?",
           first, error);
    reader_close(reader);
}

static void speak_soon(void *peer)
{
    pause_ms(50);
    send_all((SOCKET)peer, "soon", 4);
}

/* Two readers, both with a silence behind them. */
static void side_by_side(void)
{
    SOCKET peers[2];
    Reader *readers[2];
    int before = guard_living();
    stage("two readers side by side");
    for (int i = 0; i < 2; i++) {
        readers[i] = open_reader(&peers[i]);
        hear_nothing(readers[i]);
    }
    need(!lent_twice, "no OVERLAPPED is lent twice",
         "an OVERLAPPED was lent to a second read while the first was in "
         "flight: do all readers share one?");
    for (int i = 0; i < 2; i++) {
        send_all(peers[i], i == 0 ? "one" : "two", 3);
        hear(readers[i], SIZE, 500, i == 0 ? "one" : "two",
             ". There are two readers: what do they share?");
        hear_nothing(readers[i]);
    }
    for (int i = 0; i < 2; i++) {
        stage("closing a reader%s",
              i == 0 ? "" : ", and what is cancelled takes its time");
        slow = i == 1;
        DWORD error = reader_close(readers[i]);
        slow = FALSE;
        held = 0;
        expect(error == 0, "it closes", "reader_close gave error %lu", error);
        free(readers[i]);
    }
    expect(open_loan().overlapped == NULL, "nothing is lent when it is closed",
           "reader_close has returned while a read was in flight: who will "
           "take out its packet?");
    expect(!lent_is_freed, "nothing is freed that is lent",
           "memory was freed that a read in flight was to write into: when "
           "does it come back from the system?");
    expect(guard_living() <= before, "no memory is left behind",
           "two readers were opened and closed, and %d more blocks of memory "
           "are allocated than before",
           guard_living() - before);
}

void examine(const Checker *table)
{
    SOCKET peer;
    BEGIN(table);
    require(wsa_startup() == 0, "Winsock did not start");
    Reader *reader = open_reader(&peer);

    stage("5 bytes are there already");
    require(send_all(peer, "early", 5) == 0, "the peer could not send");
    hear(reader, SIZE, 500, "early", "");
    late(reader, peer);
    at_the_last_moment(reader, peer);
    slowly_cancelled(reader, peer);
    stage("a wait without end, bytes after 50 ms");
    in_thread(speak_soon, (void *)peer);
    hear(reader, SIZE, INFINITE, "soon", "");
    reset_at_the_last_moment();
    side_by_side();

    stage("the peer hangs up");
    close_socket(peer);
    hear(reader, SIZE, 500, "", "");
    reader_close(reader);
}
