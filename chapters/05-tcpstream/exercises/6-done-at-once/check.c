// wrap: WSARecv SetFileCompletionNotificationModes
// sizes: TcpStream
/* Listens to what WSARecv says, and holds what register says against it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "talk.h"

enum { A_MOMENT = 40, PATIENCE = 2000, TOKEN = 6, NO_COUNT = 5000 };

extern const unsigned long long size_of_TcpStream;

void WINAPI WSASetLastError(int iError);
WRAPPED(WSARecv);
WRAPPED(SetFileCompletionNotificationModes);

typedef struct Talk {
    TcpStream *stream;
    SOCKET peer;
} Talk;

static Event list[4];
static Events events = {.list = list, .capacity = 4};

static SOCKET skipping;  /* the last socket whose mode was set */
static SOCKET reading;   /* what WSARecv was last called with, */
static DWORD said;       /* and what it said */
static DWORD fails_with; /* how the next call fails, or 0 */
static int done_at_once; /* reads that ended in the call */
static DWORD before;     /* bytes of the last read that was looked at */
static SOCKET speaks;    /* a peer that speaks while WSARecv is busy, or 0 */
static volatile int polled;
static DWORD poll_error;

BOOL WINAPI __wrap_SetFileCompletionNotificationModes(HANDLE handle,
                                                      unsigned char flags)
{
    BOOL succeeded = __real_SetFileCompletionNotificationModes(handle, flags);
    if (succeeded && (flags & 1) != 0)
        skipping = (SOCKET)handle;
    return succeeded;
}

static void take_out(void *unused)
{
    (void)unused;
    poll_error = poll_wait(&the_poll, &events, PATIENCE);
    polled = 1;
}

/* Bytes come, and another thread takes the packet out. It may have to wait for
   the caller: then only until the call is back. */
static void overtake(void)
{
    unsigned long start = milliseconds();
    require(send_all(speaks, "quick", 5) == 0, "sending failed");
    polled = 0;
    in_thread(take_out, NULL);
    while (!polled && milliseconds() - start < PATIENCE / 2)
        pause_ms(1);
    need(!polled || (poll_error == 0 && events.count == 1),
         "a packet may overtake the call",
         "WSARecv said 997, and before it had returned, another thread took "
         "the packet out: its poll_wait had %lu events. In which state did it "
         "find the operation?",
         events.count);
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    reading = s;
    if (fails_with != 0) {
        if (received != NULL)
            *received = NO_COUNT;
        said = fails_with;
        WSASetLastError((int)fails_with);
        return -1;
    }
    int result =
        __real_WSARecv(s, buffers, count, received, flags, overlapped, routine);
    said = result == 0 ? 0 : (DWORD)WSAGetLastError();
    done_at_once += result == 0;
    if (said == WSA_IO_PENDING && speaks != 0)
        overtake();
    if (result != 0)
        WSASetLastError((int)said);
    return result;
}

static Talk begin_talk(void)
{
    Talk talk = {.stream = calloc(1, size_of_TcpStream)};
    talk.peer = connect_stream(talk.stream);
    return talk;
}

static DWORD start_read(Talk *talk)
{
    said = 1;
    DWORD error =
        tcp_stream_register(talk->stream, &registrator, TOKEN, READABLE);
    require(said != 1, "tcp_stream_register gave %lu and has started no read",
            error);
    need(skipping == reading, "the socket's mode is set",
         "SetFileCompletionNotificationModes with "
         "FILE_SKIP_COMPLETION_PORT_ON_SUCCESS was not called for the socket: "
         "the exercise is to handle what it brings, not to do without it");
    return error;
}

/* The event that must come, or must not. */
static void expect_event(int wanted)
{
    DWORD error = poll_wait(&the_poll, &events, wanted ? PATIENCE : A_MOMENT);
    require(error == 0, "poll_wait gave %lu", error);
    if (wanted)
        need(events.count == 1 && list[0].token == TOKEN,
             "a read that was pending has an event", "there were %lu events",
             events.count);
    else
        expect(events.count == 0, "a read that ended at once has none",
               "an event came for a read that had ended at once, and had been "
               "reported as such");
}

/* Starts a read and waits for its end, whichever way WSARecv goes. */
static void read_to_the_end(Talk *talk)
{
    DWORD error = start_read(talk);
    if (said == WSA_IO_PENDING) {
        need(error == WSA_IO_PENDING, "a read that is in flight gives 997",
             "WSARecv said 997, the read is in flight and its packet will "
             "come, but tcp_stream_register gave %lu: how is the caller to "
             "know that it has to wait?",
             error);
        expect_event(1);
    } else {
        need(error == 0, "a read that ended at once gives 0",
             "WSARecv returned 0, the read has ended and no packet will come, "
             "but tcp_stream_register gave %lu%s",
             error,
             error == WSA_IO_PENDING ? ": the caller will wait for ever" : "");
    }
}

/* An operation that takes another read isn't in flight any more. */
static int takes_a_read(Talk *talk)
{
    return tcp_stream_register(talk->stream, &registrator, TOKEN, READABLE) !=
           WSAEALREADY;
}

static void expect_bytes(Talk *talk, const char *bytes)
{
    char text[2048];
    DWORD size = (DWORD)strlen(bytes), count = 0, answer = said;
    DWORD error = tcp_stream_read(talk->stream, text, sizeof text, &count);
    int done = error == WSAEWOULDBLOCK && before > 0 && takes_a_read(talk);
    need(!done, "a read's bytes are handed out from the first",
         "WSARecv gave %lu, %lu bytes came, and the operation is done: it can "
         "be started again. Yet tcp_stream_read gave 10035, as if they had "
         "been read. The read before brought %lu bytes: where does the "
         "stream's position stand now? Who puts it back to 0, and after which "
         "answers?",
         answer, size, before);
    need(error != WSAEWOULDBLOCK || answer != 0, "the operation is done",
         "%lu bytes were there when the read was started, and WSARecv returned "
         "0: the read is over and no packet will come. Yet tcp_stream_read "
         "gives 10035 for ever: who takes the operation back?",
         size);
    before = size;
    need(error == 0 && count == size && memcmp(text, bytes, size) == 0,
         "its bytes can be read",
         "of %lu bytes that a read brought, tcp_stream_read gave %lu, and "
         "error %lu%s",
         size, count, error,
         count == 0
             ? ". From where do you have the number of bytes, when there "
               "is no packet to tell it?"
             : "");
}

static void bytes_first(Talk *talk)
{
    stage("5 bytes that come before the read");
    send_all(talk->peer, "hello", 5);
    pause_ms(A_MOMENT);
    read_to_the_end(talk);
    expect_bytes(talk, "hello");
    if (said == 0)
        expect_event(0);
}

static void read_first(Talk *talk)
{
    stage("a read that is started before 5 bytes come");
    DWORD error = start_read(talk);
    require(said == WSA_IO_PENDING, "a read without bytes was not pending");
    need(error == WSA_IO_PENDING, "a read that is in flight gives 997",
         "WSARecv said 997, the read is in flight and its packet will come, "
         "but tcp_stream_register gave %lu: how is the caller to know that it "
         "has to wait?",
         error);
    char byte;
    DWORD count;
    error = tcp_stream_read(talk->stream, &byte, 1, &count);
    expect(error == WSAEWOULDBLOCK, "in flight, reading would block",
           "tcp_stream_read gave %lu while the read was in flight", error);
    error = tcp_stream_register(talk->stream, &registrator, TOKEN, READABLE);
    expect(error == WSAEALREADY, "in flight, registering gives 10037",
           "registering again gave %lu while the read was in flight", error);
    send_all(talk->peer, "later", 5);
    expect_event(1);
    expect(list[0].bytes == 5 && list[0].error == 0,
           "the event tells what came", "it told of %lu bytes and error %lu",
           list[0].bytes, list[0].error);
    expect_bytes(talk, "later");
}

static void many_bytes(Talk *talk)
{
    char bytes[3 * OPERATION_BUFFER + 1];
    stage("three reads' worth of bytes");
    for (int i = 0; i < 3 * OPERATION_BUFFER; i++)
        bytes[i] = (char)('a' + i % 23);
    bytes[3 * OPERATION_BUFFER] = '\0';
    send_all(talk->peer, bytes, 3 * OPERATION_BUFFER);
    pause_ms(A_MOMENT);
    for (int i = 0; i < 3; i++) {
        char piece[OPERATION_BUFFER + 1] = "";
        memcpy(piece, bytes + i * OPERATION_BUFFER, OPERATION_BUFFER);
        read_to_the_end(talk);
        expect_bytes(talk, piece);
    }
}

static void failing(Talk *talk)
{
    char byte;
    DWORD count;
    stage("a read that fails at once");
    fails_with = WSAECONNRESET;
    DWORD error = start_read(talk);
    expect(error == WSAECONNRESET, "an error is the error",
           "WSARecv failed with 10054, and tcp_stream_register gave %lu",
           error);
    error = tcp_stream_read(talk->stream, &byte, 1, &count);
    expect(error == WSAECONNRESET, "and the reader gets it, too",
           "WSARecv failed with 10054, and tcp_stream_read gave %lu", error);
    error = tcp_stream_register(talk->stream, &registrator, TOKEN, READABLE);
    need(error != ERROR_MORE_DATA, "a read that failed has no bytes",
         "WSARecv failed with 10054, and left %d where its fourth argument "
         "points. The next tcp_stream_register gave 234, bytes wait in the "
         "buffer: how many has the failed read brought? After which answer "
         "does WSARecv promise a number there?",
         NO_COUNT);
    expect(error == WSAECONNRESET, "the next can be tried",
           "WSARecv failed with 10054 again, and tcp_stream_register gave %lu",
           error);
    fails_with = 0;
}

static void overtaken(Talk *talk)
{
    stage("a read whose packet another thread takes out before WSARecv has "
          "returned");
    speaks = talk->peer;
    DWORD error = start_read(talk);
    speaks = 0;
    require(said == WSA_IO_PENDING, "a read without bytes was not pending");
    wait_until(polled, PATIENCE);
    need(polled && poll_error == 0 && events.count == 1 && list[0].bytes == 5,
         "its event comes", "its 5 bytes came, and their event did not");
    expect(error == WSA_IO_PENDING, "a read that was in flight gives 997",
           "WSARecv said 997, but tcp_stream_register gave %lu", error);
    expect_bytes(talk, "quick");
}

static void refused(Talk *talk)
{
    char byte;
    DWORD count;
    stage("a read that is refused, as the loop is closed");
    require(registrator_close_loop(&registrator) == 0,
            "registrator_close_loop failed");
    DWORD error =
        tcp_stream_register(talk->stream, &registrator, TOKEN, READABLE);
    expect(error == ERROR_ABANDONED_WAIT_0, "a closed loop gives 735",
           "the loop is closed, and tcp_stream_register gave %lu", error);
    error = tcp_stream_read(talk->stream, &byte, 1, &count);
    expect(error == WSAEWOULDBLOCK && count == 0,
           "old bytes are not read twice",
           "all bytes of the last read had been read, and the next was refused "
           "with 735. Then tcp_stream_read gave error %lu and %lu bytes: does "
           "every answer of registrator_register mean new bytes?",
           error, count);
}

static void the_end(Talk *talk)
{
    char byte;
    DWORD count = 1;
    stage("an end of stream that comes before the read");
    close_socket(talk->peer);
    pause_ms(A_MOMENT);
    read_to_the_end(talk);
    for (int i = 0; i < 2; i++) {
        DWORD error = tcp_stream_read(talk->stream, &byte, 1, &count);
        expect(error == 0 && count == 0, "the end is 0 bytes",
               "at the end of the stream tcp_stream_read gave error %lu and "
               "%lu bytes",
               error, count);
    }
}

void examine(const Checker *table)
{
    BEGIN(table);
    open_listener();
    open_poll();
    Talk talk = begin_talk();
    bytes_first(&talk);
    read_first(&talk);
    bytes_first(&talk);
    overtaken(&talk);
    many_bytes(&talk);
    failing(&talk);
    the_end(&talk);
    DWORD error = tcp_stream_close(talk.stream);
    expect(error == 0, "the stream closes", "tcp_stream_close gave %lu", error);
    expect(done_at_once > 0, "reads ended at once",
           "not one WSARecv returned 0, though bytes were there");

    stage("another stream");
    Talk last = begin_talk();
    before = 0;
    bytes_first(&last);

    stage("closing a stream with a read in flight");
    talk = begin_talk();
    require(start_read(&talk) == WSA_IO_PENDING, "a read was not pending");
    error = tcp_stream_close(talk.stream);
    expect(error == 0, "it closes", "tcp_stream_close gave %lu", error);

    refused(&last);
    error = tcp_stream_close(last.stream);
    expect(error == 0, "it closes", "tcp_stream_close gave %lu", error);

    stage("destroying the poll, which waits for what is lent (and does a read "
          "that ended at once still count as lent?)");
    error = poll_destroy(&the_poll);
    expect(error == 0, "the poll is destroyed", "poll_destroy gave %lu", error);
}
