// wrap: WSARecv WSAGetOverlappedResult malloc calloc realloc free
/* Runs loop_turn over reads, and over bells: a kind of operation that is known
   here and nowhere else. Memory that is used after it was freed crashes. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "guard.h"
#include "loop.h"
#include "peers.h"
#include "read.h"

enum {
    KEY = 7,
    BELLS = 3,
    BATCH = 16,
    MANY = 40, /* bells: more than a batch */
    ENOUGH = 100,
    BRIEFLY = 30,
    LONG = 2000
};

typedef struct Bell {
    Operation operation; /* stays first */
    int number;
} Bell;

void WINAPI WSASetLastError(int iError);
BOOL WINAPI CancelIoEx(HANDLE hFile, OVERLAPPED *lpOverlapped);
WRAPPED(WSARecv);
WRAPPED(WSAGetOverlappedResult);

static HANDLE port;
static int fail_next; /* the next read doesn't start */
static int take_next; /* the next read's packet is out before WSARecv returns */
static SOCKET asked;  /* how a read on this socket has ended, or 0 */

/* What the callbacks have noted. */
static int rung[ENOUGH];
static DWORD rung_bytes[ENOUGH];
static int rings;
static int reads;
static int other_reads; /* those of them that note_other was told of */
static Read *last_read;
static DWORD last_bytes, last_error;
static char last_text[READ_BUFFER];

/* Turns the loop until a read has ended, or nothing comes. */
static void turn(void)
{
    int before = reads;
    while (reads == before && loop_turn(port, LONG / 4) == 0)
        continue;
}

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
    int result =
        __real_WSARecv(s, buffers, count, received, flags, overlapped, routine);
    if (take_next) {
        int error = WSAGetLastError();
        take_next = 0;
        turn(); /* as another thread might */
        WSASetLastError(error);
    }
    return result;
}

BOOL WINAPI __wrap_WSAGetOverlappedResult(SOCKET s, WSAOVERLAPPED *overlapped,
                                          DWORD *bytes, BOOL wait, DWORD *flags)
{
    asked = s;
    return __real_WSAGetOverlappedResult(s, overlapped, bytes, wait, flags);
}

static void forget(void)
{
    rings = reads = other_reads = 0;
    memset(rung, -1, sizeof rung);
    last_read = NULL;
    last_bytes = last_error = 99;
}

static void post(Bell *bell, DWORD bytes)
{
    require(post_queued_completion_status(
                port, bytes, 0,
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
    need(rings > 0, "a packet leads to a callback",
         "%d packets were in the port, and of %d callbacks %d were called in "
         "one turn: does a packet lead to its operation, and that to its "
         "callback?",
         BELLS, BELLS, rings);
    need(rings == BELLS, "each one's callback is called once",
         "%d packets were in the port, and in one turn %d callbacks were "
         "called. It is to take out all that are there, up to %d, each once: "
         "how many does it?",
         BELLS, rings, BATCH);
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
    stage("no packet but one that was posted without an OVERLAPPED");
    post(NULL, 1);
    unsigned long before = milliseconds();
    error = loop_turn(port, LONG / 4);
    unsigned long took = milliseconds() - before;
    expect(error == 0 && took < LONG / 8, "a turn with that one succeeds",
           "one packet was in the port; loop_turn returned %lu after %lu ms: "
           "has nothing come?",
           error, took);
    stage("an empty port");
    error = loop_turn(port, BRIEFLY);
    expect(error == WAIT_TIMEOUT, "an empty port gives error 258",
           "nothing came in %d ms, and loop_turn returned %lu, not 258",
           BRIEFLY, error);
}

static void no_port(void)
{
    OVERLAPPED_ENTRY packet;
    ULONG count;
    HANDLE closed;
    stage("a port that was closed");
    require(create_completion_port(&closed) == 0 && close_handle(closed) == 0,
            "no port was created");
    DWORD wanted =
        get_queued_completion_status_ex(closed, &packet, 1, &count, 0);
    DWORD error = loop_turn(closed, 0);
    expect(error == wanted, "the wait's error is returned",
           "the wait failed with %lu, and loop_turn returned %lu: what will "
           "its caller do now?",
           wanted, error);
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

static void many_ring_on(void)
{
    Bell *bells[MANY];
    int first = 0;
    stage("%d operations that their callbacks post again", MANY);
    forget();
    for (int i = 0; i < MANY; i++) {
        bells[i] = new_bell(i, ring_on);
        post(bells[i], 1);
    }
    loop_turn(port, LONG);
    for (int i = 0; i < rings && i < ENOUGH; i++)
        first += rung[i] == 0;
    expect(first == 1, "a turn is one batch, even a full one",
           "%d callbacks post their operations again each time, and in one "
           "turn the first of them was called %d times: when does a turn end?",
           MANY, first);
    expect(rings >= BATCH, "a batch has up to 16 packets",
           "%d packets were in the port, and in one turn %d callbacks were "
           "called, not %d",
           MANY, rings, BATCH);
    rings = ENOUGH;
    while (loop_turn(port, 0) == 0)
        continue;
    for (int i = 0; i < MANY; i++)
        free(bells[i]);
}

static Bell *inner[BELLS];

static void ring_and_turn(Operation *operation, DWORD bytes)
{
    ring(operation, bytes);
    for (int i = 0; i < BELLS; i++)
        post(inner[i], bytes);
    loop_turn(port, LONG);
}

static void turn_in_turn(void)
{
    static const int wanted[] = {0, 3, 4, 5, 1, 2};
    Bell *outer[BELLS];
    stage("a callback that calls loop_turn");
    forget();
    for (int i = 0; i < BELLS; i++) {
        outer[i] = new_bell(i, i == 0 ? ring_and_turn : ring);
        inner[i] = new_bell(BELLS + i, ring);
        post(outer[i], 1);
    }
    loop_turn(port, LONG);
    expect(rings == 2 * BELLS && memcmp(rung, wanted, sizeof wanted) == 0,
           "the outer turn goes on where it was",
           "the packets of 0 1 2 were in the port; 0's callback posted 3 4 5 "
           "and called loop_turn. %d callbacks were called, for %d %d %d %d %d "
           "%d: with whose packets did the outer turn go on?",
           rings, rung[0], rung[1], rung[2], rung[3], rung[4], rung[5]);
    for (int i = 0; i < BELLS; i++) {
        free(outer[i]);
        free(inner[i]);
    }
}

static void note(Read *read, DWORD bytes, DWORD error)
{
    reads++;
    last_read = read;
    last_bytes = bytes;
    last_error = error;
    memcpy(last_text, read->buffer, bytes < READ_BUFFER ? bytes : READ_BUFFER);
}

static void note_other(Read *read, DWORD bytes, DWORD error)
{
    note(read, bytes, error);
    other_reads++;
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
    Read *read = malloc(sizeof *read);
    stage("a read whose connection is reset, and whose callback frees it");
    forget();
    connected(pair);
    read_start(read, pair[0], note_and_free);
    close_will_reset(pair[1]);
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

static void two_reads(void)
{
    SOCKET pair[2], other_pair[2];
    Read *read = malloc(sizeof *read), *other = malloc(sizeof *other);
    stage("two reads in flight, with a callback each");
    forget();
    connected(pair);
    connected(other_pair);
    read_start(read, pair[0], note);
    read_start(other, other_pair[0], note_other);
    say(pair[1], "one");
    turn();
    expect(other_reads == 0, "each read calls its own callback",
           "the first read has ended, and the second one's callback was "
           "called: where is it kept whom to call?");
    heard("one", read);
    say(other_pair[1], "two");
    turn();
    expect(other_reads == 1, "the other read calls the other callback",
           "the second read has ended; its callback was called %d times",
           other_reads);
    heard("two", other);

    stage("two reads in flight, and the first is cancelled");
    forget();
    read_start(read, pair[0], note);
    read_start(other, other_pair[0], note_other);
    asked = 0;
    require(CancelIoEx((HANDLE)pair[0], NULL), "the read was not cancelled");
    turn();
    expect(asked == 0 || asked == pair[0], "it is asked about its own socket",
           "a read on socket %#llx has failed, and WSAGetOverlappedResult was "
           "asked about %#llx: where is a read's socket kept?",
           (unsigned long long)pair[0], (unsigned long long)asked);
    expect(reads == 1 && last_read == read && last_error == 995,
           "it is told why it failed",
           "the read was cancelled, which is error 995; of one callback %d "
           "were called, the last with error %lu: where does that number come "
           "from?",
           reads, last_error);
    close_socket(other_pair[1]);
    turn();
    close_socket(pair[0]);
    close_socket(pair[1]);
    close_socket(other_pair[0]);
    free(read);
    free(other);
}

static void full_buffer(void)
{
    enum { ROOM = 2048 };
    SOCKET pair[2];
    char text[READ_BUFFER + 1];
    char *room = malloc(ROOM);
    Read *read = (Read *)(room + ROOM - sizeof *read);
    stage("a read that fills its buffer, with a guard behind it");
    forget();
    connected(pair);
    memset(text, 'x', READ_BUFFER);
    text[READ_BUFFER] = '\0';
    say(pair[1], text);
    pause_ms(BRIEFLY);
    read_start(read, pair[0], note);
    turn();
    expect(reads == 1 && last_bytes == READ_BUFFER &&
               memcmp(last_text, text, READ_BUFFER) == 0,
           "a read takes as much as its buffer holds",
           "%d bytes were there, and the callback was told of %lu: how many "
           "fit into a Read?",
           READ_BUFFER, last_bytes);
    close_socket(pair[0]);
    close_socket(pair[1]);
    free(room);
}

static void taken_at_once(void)
{
    SOCKET pair[2];
    Read *read = malloc(sizeof *read);
    stage("a read whose packet another thread takes out, and whose callback "
          "frees it, before WSARecv returns");
    forget();
    connected(pair);
    say(pair[1], "hello");
    pause_ms(BRIEFLY);
    take_next = 1;
    DWORD error = read_start(read, pair[0], note_and_free);
    expect(error == 0 && reads == 1, "the read may be gone by then",
           "read_start returned %lu, and %d callbacks were called", error,
           reads);
    close_socket(pair[0]);
    close_socket(pair[1]);
}

void examine(const Checker *table)
{
    BEGIN(table);
    stage("creating a port");
    require(wsa_startup() == 0 && create_completion_port(&port) == 0,
            "Winsock did not start, or no port was created");
    three_bells();
    no_operation();
    no_port();
    freed();
    rings_on();
    many_ring_on();
    turn_in_turn();
    data_first();
    reads_on();
    failed_start();
    reset();
    two_reads();
    full_buffer();
    taken_at_once();
}
