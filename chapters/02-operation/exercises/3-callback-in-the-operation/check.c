// wrap: WSARecv malloc calloc realloc free
/* Runs loop_turn over reads, and over bells: a kind of operation that is known
   here and nowhere else. Memory that is used after it was freed crashes. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "guard.h"
#include "loop.h"
#include "loopback.h"
#include "read.h"

enum { KEY = 7, BELLS = 3, ENOUGH = 100, BRIEFLY = 30, LONG = 2000 };

typedef struct Bell {
    Operation operation; /* stays first */
    int number;
} Bell;

struct linger {
    unsigned short l_onoff;
    unsigned short l_linger;
};

void WINAPI WSASetLastError(int iError);
int WINAPI setsockopt(SOCKET, int, int, const char *, int);
int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);

static HANDLE port;
static int fail_next; /* the next read doesn't start */

/* What the callbacks have noted. */
static int rung[ENOUGH];
static DWORD rung_bytes[ENOUGH];
static int rings;
static int reads;
static Read *last_read;
static DWORD last_bytes, last_error;
static char last_text[READ_BUFFER];

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    require(overlapped->hEvent == NULL,
            "a read was started with %p in hEvent, which the system takes for "
            "the handle of an event: what was in that memory before?",
            overlapped->hEvent);
    if (fail_next) {
        fail_next = 0;
        WSASetLastError(10054);
        return -1;
    }
    return __real_WSARecv(s, buffers, count, received, flags, overlapped,
                          routine);
}

static void forget(void)
{
    rings = reads = 0;
    last_read = NULL;
    last_bytes = last_error = 99;
}

static void post(Bell *bell, DWORD bytes)
{
    require(post_queued_completion_status(
                port, bytes, KEY,
                bell == NULL ? NULL : &bell->operation.overlapped) == 0,
            "posting a packet failed");
}

static void ring(Operation *operation, DWORD bytes)
{
    Bell *bell = (Bell *)operation;
    if (rings < ENOUGH) {
        rung[rings] = bell->number;
        rung_bytes[rings] = bytes;
    }
    rings++;
}

static void ring_and_free(Operation *operation, DWORD bytes)
{
    ring(operation, bytes);
    free(operation);
}

static void ring_on(Operation *operation, DWORD bytes)
{
    ring(operation, bytes);
    if (rings < ENOUGH)
        post((Bell *)operation, bytes);
}

static Bell *new_bell(int number, Done *done)
{
    Bell *bell = malloc(sizeof *bell);
    require(bell != NULL, "there is no memory left");
    *bell = (Bell){.operation.done = done, .number = number};
    return bell;
}

static void three_bells(void)
{
    stage("three operations of a kind the loop has never heard of");
    forget();
    Bell *bells[BELLS];
    for (int i = 0; i < BELLS; i++) {
        bells[i] = new_bell(i, ring);
        post(bells[i], 100 * (DWORD)(i + 1));
    }
    DWORD error = loop_turn(port, LONG);
    need(rings == BELLS, "each one's callback is called once",
         "%d packets were in the port, and of %d callbacks %d were called in "
         "one turn: does a packet lead to its operation, and that to its "
         "callback?",
         BELLS, BELLS, rings);
    expect(error == 0, "a turn with packets succeeds", "loop_turn returned %lu",
           error);
    for (int i = 0; i < BELLS; i++) {
        expect(rung[i] == i, "in the order of the packets",
               "call %d was for operation %d", i, rung[i]);
        expect(rung_bytes[i] == 100 * (DWORD)(i + 1), "with its packet's bytes",
               "packet %d says %d bytes, its callback was told %lu", i,
               100 * (i + 1), rung_bytes[i]);
        free(bells[i]);
    }
}

static void no_operation(void)
{
    stage("a packet that was posted without an OVERLAPPED");
    forget();
    Bell *bell = new_bell(1, ring);
    post(NULL, 1);
    post(bell, 2);
    DWORD error = loop_turn(port, LONG);
    expect(error == 0 && rings == 1, "the one after it is still handled",
           "it was followed by another packet; loop_turn returned %lu, and %d "
           "callbacks were called, not 1",
           error, rings);
    free(bell);
    stage("an empty port");
    error = loop_turn(port, BRIEFLY);
    expect(error == WAIT_TIMEOUT, "an empty port gives error 258",
           "nothing came in %d ms, and loop_turn returned %lu, not 258",
           BRIEFLY, error);
}

static void freed(void)
{
    stage("an operation that its callback frees");
    forget();
    post(new_bell(1, ring_and_free), 1);
    post(new_bell(2, ring_and_free), 2);
    loop_turn(port, LONG);
    expect(rings == BELLS - 1, "a callback may free its operation",
           "of two callbacks %d were called", rings);
}

static void rings_on(void)
{
    stage("an operation that its callback posts again");
    forget();
    Bell *bell = new_bell(1, ring_on);
    post(bell, 1);
    loop_turn(port, LONG);
    expect(rings == 1, "a turn is one batch",
           "a callback posts its operation again each time it is called, and "
           "in one turn it was called %d times: is that still one batch? What "
           "else has the program to do?",
           rings);
    loop_turn(port, LONG);
    expect(rings == 2, "the next packet is for the next turn",
           "after two turns it was called %d times, not twice", rings);
    while (loop_turn(port, 0) == 0)
        continue;
    free(bell);
}

static void note(Read *read, DWORD bytes, DWORD error)
{
    reads++;
    last_read = read;
    last_bytes = bytes;
    last_error = error;
    memcpy(last_text, read->buffer, bytes < READ_BUFFER ? bytes : READ_BUFFER);
}

static void note_and_read_on(Read *read, DWORD bytes, DWORD error)
{
    note(read, bytes, error);
    if (error == 0 && bytes > 0)
        read_start(read, read->socket, note_and_read_on);
}

static void note_and_free(Read *read, DWORD bytes, DWORD error)
{
    note(read, bytes, error);
    free(read);
}

static void connected(SOCKET pair[2])
{
    require(loopback_pair(pair) == 0 &&
                associate_socket(port, pair[0], KEY) == 0,
            "no pair of sockets could be made");
}

static void say(SOCKET s, const char *text)
{
    require(send_all(s, text, strlen(text)) == 0, "nothing could be sent");
}

/* Turns the loop until a read has ended, or nothing comes. */
static void turn(void)
{
    int before = reads;
    while (reads == before && loop_turn(port, LONG / 4) == 0)
        continue;
}

static void heard(const char *text, Read *read)
{
    expect(reads > 0, "the read's callback is called",
           "a read has ended, and its callback was not called");
    expect(last_read == read && last_error == 0 && last_bytes == strlen(text) &&
               memcmp(last_text, text, strlen(text)) == 0,
           "it is told what has come",
           "sent were the %d bytes \"%s\"; the callback was told of %lu bytes, "
           "error %lu, \"%.8s\"",
           (int)strlen(text), text, last_bytes, last_error, last_text);
}

static void data_first(void)
{
    SOCKET pair[2];
    Read *read = malloc(sizeof *read);
    stage("a read of bytes that are there already");
    forget();
    connected(pair);
    say(pair[1], "hello");
    pause_ms(BRIEFLY);
    DWORD error = read_start(read, pair[0], note);
    need(error == 0, "a read starts", "read_start returned %lu", error);
    expect(reads == 0, "nobody is called before the packet is out",
           "the callback was called before loop_turn: the bytes are there, but "
           "who has the read, and will its packet still come?");
    forget();
    turn();
    heard("hello", read);
    loop_turn(port, BRIEFLY);
    expect(reads == 1, "the callback is called once",
           "one read was started, and its callback was called %d times", reads);
    close_socket(pair[0]);
    close_socket(pair[1]);
    free(read);
}

static void reads_on(void)
{
    SOCKET pair[2];
    Read *read = malloc(sizeof *read);
    stage("a callback that starts the read anew");
    forget();
    connected(pair);
    read_start(read, pair[0], note_and_read_on);
    say(pair[1], "one");
    turn();
    heard("one", read);
    say(pair[1], "two");
    turn();
    heard("two", read);
    close_socket(pair[1]);
    turn();
    expect(reads == 3 && last_bytes == 0 && last_error == 0,
           "the end of the stream is a read of 0 bytes",
           "the peer has hung up; of 3 callbacks %d were called, the last with "
           "%lu bytes and error %lu",
           reads, last_bytes, last_error);
    close_socket(pair[0]);
    free(read);
}

static void failed_start(void)
{
    SOCKET pair[2];
    Read *read = malloc(sizeof *read);
    stage("a read that can't be started");
    forget();
    connected(pair);
    fail_next = 1;
    DWORD error = read_start(read, pair[0], note);
    loop_turn(port, BRIEFLY);
    expect(error == 10054, "a failed start is an error",
           "WSARecv failed with 10054, and read_start returned %lu", error);
    expect(reads == 0, "and nobody is called",
           "read_start returned %lu, and the callback was called as well: its "
           "caller is told twice, and may free the read twice",
           error);
    close_socket(pair[0]);
    close_socket(pair[1]);
    free(read);
}

static void reset(void)
{
    SOCKET pair[2];
    struct linger at_once = {1, 0};
    Read *read = malloc(sizeof *read);
    stage("a read whose connection is reset, and whose callback frees it");
    forget();
    connected(pair);
    read_start(read, pair[0], note_and_free);
    require(setsockopt(pair[1], 0xFFFF, 0x80, (char *)&at_once,
                       sizeof at_once) == 0,
            "no reset could be arranged");
    close_socket(pair[1]);
    turn();
    expect(reads == 1, "its callback is called",
           "its callback was called %d times", reads);
    expect(last_error != 0, "it is told that the read has failed",
           "it was told of %lu bytes and no error: so a read that failed looks "
           "like the end of a stream. The wait has succeeded; who knows of the "
           "read?",
           last_bytes);
    expect(last_error == 10054, "in Winsock's codes",
           "it was told of error %lu (%#lx): is that one of Winsock's? They "
           "have five digits, and this one is 10054",
           last_error, last_error);
    close_socket(pair[0]);
}

void examine(const Checker *table)
{
    BEGIN(table);
    stage("creating a port");
    require(wsa_startup() == 0 && create_completion_port(&port) == 0,
            "Winsock did not start, or no port was created");
    three_bells();
    no_operation();
    freed();
    rings_on();
    data_first();
    reads_on();
    failed_start();
    reset();
}
