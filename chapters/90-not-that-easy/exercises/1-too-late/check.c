// wrap: WSARecv GetQueuedCompletionStatusEx CancelIoEx
// sizes: Reader
/* Follows what is lent to the system from WSARecv until the packet is out, and
   lets bytes come at the worst moments. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "loopback.h"
#include "reader.h"

enum { LENT = 8, SIZE = 16, SHORT_MS = 60, STACK = 1 << 20 };

extern const unsigned long long size_of_Reader;

void WINAPI SetLastError(DWORD dwErrCode);
int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __real_CancelIoEx(HANDLE, OVERLAPPED *);
BOOL WINAPI __wrap_CancelIoEx(HANDLE, OVERLAPPED *);

/* What the system holds of ours: a read whose packet is not out. */
typedef struct Loan {
    WSAOVERLAPPED *overlapped; /* NULL: this place is free */
    char *buffer;
} Loan;

static Loan loans[LENT];
static BOOL lent_twice;
static int cancels;
static SOCKET last_moment = INVALID_SOCKET; /* speaks when time is just up */

static Loan *loan_of(const WSAOVERLAPPED *overlapped)
{
    for (int i = 0; i < LENT; i++)
        if (loans[i].overlapped == overlapped)
            return &loans[i];
    return NULL;
}

/* Any read whose packet is not out. */
static const Loan *open_loan(void)
{
    for (int i = 0; i < LENT; i++)
        if (loans[i].overlapped != NULL)
            return &loans[i];
    return NULL;
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    lent_twice |= loan_of(overlapped) != NULL;
    Loan *loan = loan_of(NULL);
    if (loan != NULL)
        *loan = (Loan){overlapped, buffers[0].buf};
    int failed =
        __real_WSARecv(s, buffers, count, received, flags, overlapped, routine);
    if (failed && WSAGetLastError() != WSA_IO_PENDING && loan != NULL)
        loan->overlapped = NULL;
    return failed;
}

BOOL WINAPI __wrap_CancelIoEx(HANDLE handle, OVERLAPPED *overlapped)
{
    cancels++;
    return __real_CancelIoEx(handle, overlapped);
}

/* Bytes come when the time is up, before anybody can cancel. (Wine notes in the
   OVERLAPPED when the read is over; Windows does so with the packet, hence the
   limit.) */
static void speak_at_last(void)
{
    const Loan *loan = open_loan();
    send_all(last_moment, "just!", 5);
    last_moment = INVALID_SOCKET;
    for (int i = 0; i < 50 && loan != NULL; i++) {
        if (*(volatile ULONG_PTR *)&loan->overlapped->Internal == 0)
            break;
        pause_ms(1);
    }
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    if (__real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                           timeout, alertable)) {
        for (ULONG i = 0; i < *removed; i++) {
            Loan *loan = entries[i].lpOverlapped == NULL
                             ? NULL
                             : loan_of(entries[i].lpOverlapped);
            if (loan != NULL)
                loan->overlapped = NULL;
        }
        return TRUE;
    }
    DWORD error = GetLastError();
    if (error == WAIT_TIMEOUT && timeout > 0 && last_moment != INVALID_SOCKET)
        speak_at_last();
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

/* The read is to give exactly these bytes. */
static void hear(Reader *reader, DWORD size, DWORD timeout, const char *text)
{
    char buffer[SIZE + 8];
    DWORD count, expected = (DWORD)strlen(text);
    memset(buffer, '#', sizeof buffer);
    DWORD error = reader_read(reader, buffer, size, &count, timeout);
    expect(
        error == 0 && count == expected && memcmp(buffer, text, expected) == 0,
        "the bytes are handed out",
        "\"%s\" was there to be read into %lu bytes: it gave error %lu and "
        "%lu bytes, \"%.*s\"",
        text, size, error, count, (int)(count < SIZE ? count : SIZE), buffer);
    expect(buffer[size] == '#', "no more is written than there is room",
           "it wrote past the end of a buffer of %lu bytes", size);
}

/* A read that ends without bytes; afterwards neither the stack that it used nor
   the caller's buffer may be the system's. */
static void hear_nothing(Reader *reader, char *buffer)
{
    char here;
    unsigned long start = milliseconds();
    DWORD count;
    cancels = 0;
    DWORD error = reader_read(reader, buffer, SIZE, &count, SHORT_MS);
    unsigned long took = milliseconds() - start;
    need(error == WAIT_TIMEOUT, "nothing came in time: error 258",
         "nothing came in %d ms: it gave error %lu, not 258%s", SHORT_MS, error,
         error == 995 ? ". 995 is how the cancelled read ended; is that what "
                        "the caller asked about?"
                      : "");
    expect(took + 20 >= SHORT_MS && took < SHORT_MS + 250,
           "it waits as long as it was told to", "a wait of %d ms took %lu",
           SHORT_MS, took);
    const Loan *loan = open_loan();
    uintptr_t overlapped = (uintptr_t)(loan != NULL ? loan->overlapped : NULL);
    BOOL on_stack =
        overlapped < (uintptr_t)&here && overlapped > (uintptr_t)&here - STACK;
    need(loan == NULL || !on_stack || cancels > 0,
         "no OVERLAPPED is left behind on the stack",
         "reader_read has returned 258, but its read is still in flight: the "
         "system will write to the OVERLAPPED at %p and to the caller's buffer "
         "when bytes come. Whose is that piece of stack by then?",
         (void *)overlapped);
    need(loan == NULL || !on_stack, "a cancelled read is waited for",
         "reader_read has asked to cancel its read and returned, but the "
         "packet is not out of the port yet: until when are the OVERLAPPED "
         "and the buffer the system's?");
    need(loan == NULL || loan->buffer < buffer || loan->buffer >= buffer + SIZE,
         "no caller's buffer is left behind",
         "reader_read has returned 258 with its read still in flight. The "
         "OVERLAPPED outlives that now; but where will the bytes go when they "
         "come?");
}

static void late(Reader *reader, SOCKET peer)
{
    char buffer[SIZE];
    stage("nothing comes in %d ms", SHORT_MS);
    memset(buffer, '#', SIZE);
    hear_nothing(reader, buffer);
    stage("9 bytes come later, and are read 4 and 5 at a time");
    memset(buffer, '#', SIZE);
    require(send_all(peer, "late news", 9) == 0, "the peer could not send");
    pause_ms(20);
    hear(reader, 4, 500, "late");
    hear(reader, SIZE, 500, " news");
    expect(memchr(buffer, 'l', SIZE) == NULL,
           "nothing is written to the buffer of a call that is over",
           "the bytes were written to the buffer of a call that had returned");
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

static void speak_soon(void *peer)
{
    pause_ms(50);
    send_all((SOCKET)peer, "soon", 4);
}

/* Two readers, both with a silence behind them. */
static void side_by_side(void)
{
    char buffers[2][SIZE];
    SOCKET peers[2];
    Reader *readers[2];
    stage("two readers side by side");
    for (int i = 0; i < 2; i++) {
        readers[i] = open_reader(&peers[i]);
        hear_nothing(readers[i], buffers[i]);
    }
    need(!lent_twice, "no OVERLAPPED is lent twice",
         "an OVERLAPPED was lent to a second read while the first was in "
         "flight: do all readers share one?");
    for (int i = 0; i < 2; i++) {
        send_all(peers[i], i == 0 ? "one" : "two", 3);
        hear(readers[i], SIZE, 500, i == 0 ? "one" : "two");
        hear_nothing(readers[i], buffers[i]);
    }
    stage("closing a reader");
    for (int i = 0; i < 2; i++) {
        DWORD error = reader_close(readers[i]);
        expect(error == 0, "it closes", "reader_close gave error %lu", error);
    }
    expect(open_loan() == NULL, "nothing is lent when it is closed",
           "reader_close has returned while a read was in flight: who will "
           "take out its packet?");
}

void examine(const Checker *table)
{
    SOCKET peer;
    BEGIN(table);
    require(wsa_startup() == 0, "Winsock did not start");
    Reader *reader = open_reader(&peer);

    stage("5 bytes are there already");
    require(send_all(peer, "early", 5) == 0, "the peer could not send");
    hear(reader, SIZE, 500, "early");
    late(reader, peer);
    at_the_last_moment(reader, peer);
    stage("a wait without end, bytes after 50 ms");
    in_thread(speak_soon, (void *)peer);
    hear(reader, SIZE, INFINITE, "soon");
    side_by_side();

    stage("the peer hangs up");
    close_socket(peer);
    hear(reader, SIZE, 500, "");
    reader_close(reader);
}
