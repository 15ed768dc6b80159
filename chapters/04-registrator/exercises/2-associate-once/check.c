// wrap: CreateIoCompletionPort WSARecv
/* Reads from streams again and again, counts the associations on the way, and
   has one association and one read fail. */
#include "check.h"
#include "poll.h"
#include "streams.h"

enum { CAPACITY = 4, TOKEN = 5, LOOPS = 2, NO_RESOURCES = 1450, RESET = 10054 };

void WINAPI SetLastError(DWORD dwErrCode);
void WINAPI WSASetLastError(int iError);
WRAPPED(CreateIoCompletionPort);
WRAPPED(WSARecv);

static int associations, reads;           /* of the stream that is looked at */
static DWORD fail_association, fail_read; /* the next one is to fail so */

HANDLE WINAPI __wrap_CreateIoCompletionPort(HANDLE file, HANDLE port,
                                            ULONG_PTR key, DWORD threads)
{
    DWORD error = fail_association;
    if (port == NULL)
        return __real_CreateIoCompletionPort(file, port, key, threads);
    associations++;
    fail_association = 0;
    if (error == 0)
        return __real_CreateIoCompletionPort(file, port, key, threads);
    SetLastError(error);
    return NULL;
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    DWORD error = fail_read;
    reads++;
    fail_read = 0;
    if (error == 0)
        return __real_WSARecv(s, buffers, count, received, flags, overlapped,
                              routine);
    WSASetLastError((int)error);
    return -1;
}

typedef struct Stream {
    Operation *operation;
    SOCKET peer;
} Stream;

static Poll poll[LOOPS];
static Registrator registrator[LOOPS];
static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};

static Stream open_stream(void)
{
    Stream stream;
    stream.operation = new_stream(&stream.peer);
    associations = reads = 0;
    return stream;
}

static void end_stream(Stream *stream)
{
    operation_close(stream->operation);
    close_socket(stream->peer);
}

static DWORD start_read(int loop, Stream *stream)
{
    return registrator_register(&registrator[loop], stream->operation, TOKEN,
                                READABLE);
}

/* Sends five bytes; whether the loop hands out an event for them. */
static int comes_out(int loop, Stream *stream)
{
    unsigned long start = milliseconds();
    DWORD error = send_all(stream->peer, "hello", 5);
    events.count = 0;
    while (error == 0 && events.count == 0 && milliseconds() - start < 1500)
        error = poll_wait(&poll[loop], &events, 50);
    return error == 0 && events.count == 1 && list[0].token == TOKEN &&
           list[0].bytes == 5 && list[0].error == 0;
}

static Stream again_and_again(void)
{
    stage("the first read from a stream");
    Stream stream = open_stream();
    DWORD error = start_read(0, &stream);
    need(error == 0 && comes_out(0, &stream), "the first read works",
         "the first registration gave error %lu, or no event came", error);
    need(associations == 1, "one association for the first read",
         "the first read took %d associations", associations);

    stage("more reads from the same stream");
    for (int i = 2; i <= 4; i++) {
        error = start_read(0, &stream);
        need(error != ERROR_INVALID_PARAMETER, "the next read is registered",
             "registering a stream for read %d gave 87. A second association "
             "fails with 87: is the handle associated twice?",
             i);
        need(error == 0 && comes_out(0, &stream), "the next read works",
             "registering a stream for read %d gave error %lu, or no event "
             "came",
             i, error);
    }
    expect(associations == 1, "one association for all reads",
           "CreateIoCompletionPort was called %d times with one socket: the "
           "calls after the first one fail, and whoever ignores that can't "
           "tell this from a real mistake",
           associations);
    return stream;
}

static void stranger(Stream *stream)
{
    stage("a stream of one loop, registered with another");
    associations = reads = 0;
    DWORD error = start_read(1, stream);
    expect(error == ERROR_INVALID_PARAMETER && reads == 0,
           "a stream stays with its loop",
           "a stream of one loop was registered with another: error %lu, and "
           "%d reads were started, whose packets go to the first loop's port",
           error, reads);
    if (error == 0) /* it would be in flight for the wrong loop */
        check_table->give_up();
    expect(associations == 0, "its socket is not associated again",
           "a stream of one loop was registered with another, and "
           "CreateIoCompletionPort was called with its socket once more (%d): "
           "who knows already whose port it has?",
           associations);
}

static void failed_read(void)
{
    stage("a first read that fails with 10054");
    Stream stream = open_stream();
    fail_read = RESET;
    DWORD error = start_read(0, &stream);
    expect(error == RESET, "the read's error is handed on",
           "a read failed with 10054, registrator_register gave %lu", error);
    error = start_read(0, &stream);
    need(error == 0 && comes_out(0, &stream), "the stream can be read later",
         "a first read failed, the association had not: the next registration "
         "gave error %lu",
         error);
    end_stream(&stream);
}

static void failed_association(void)
{
    stage("an association that fails with 1450 (no system resources)");
    Stream stream = open_stream();
    fail_association = NO_RESOURCES;
    DWORD error = start_read(0, &stream);
    need(error == NO_RESOURCES && reads == 0, "no read without an association",
         "an association failed with 1450: registrator_register gave %lu and "
         "started %d reads",
         error, reads);
    error = start_read(0, &stream);
    need(associations == 2, "a failed association is tried again",
         "an association failed, and the next registration didn't try again "
         "(error %lu): is the stream marked before the association has "
         "succeeded?",
         error);
    need(error == 0 && comes_out(0, &stream), "then the stream works",
         "the second attempt gave error %lu, or no event came", error);
    end_stream(&stream);
}

static void reopen(Stream *stream)
{
    SOCKET pair[2];
    require(loopback_pair(pair) == 0, "no pair of sockets could be made");
    DWORD error = operation_reopen(stream->operation, pair[0]);
    expect(error == 0, "a stream is reopened",
           "operation_reopen gave error %lu", error);
    close_socket(stream->peer);
    stream->peer = pair[1];
    associations = reads = 0;
}

static void another_socket(Stream *stream)
{
    stage("a stream that has got another socket");
    reopen(stream);
    DWORD error = start_read(0, stream);
    need(associations == 1, "another socket, another association",
         "the stream has got another socket, and %d associations were made "
         "with it (error %lu): what is it that has a port, the operation or "
         "the socket?",
         associations, error);
    need(error == 0 && comes_out(0, stream), "reading goes on",
         "after operation_reopen, registering gave error %lu, or no event came",
         error);
    expect(start_read(0, stream) == 0 && associations == 1 &&
               operation_reopen(stream->operation, 0) == WSAEALREADY &&
               comes_out(0, stream),
           "reading goes on twice",
           "the second read from the other socket failed, or operation_reopen "
           "was no longer refused while it was in flight");

    stage("a stream that has got another socket and goes to another loop");
    reopen(stream);
    error = start_read(1, stream);
    need(error == 0 && comes_out(1, stream), "a new socket is free to go",
         "a socket that has no port yet was registered with the second loop: "
         "error %lu, or no event came",
         error);
}

/* Streams that are reopened and not registered again. Returns one of them. */
static Stream left_alone(void)
{
    stage("a stream that is reopened before it was ever registered");
    Stream fresh = open_stream();
    reopen(&fresh);
    end_stream(&fresh);

    stage("a stream that is reopened twice and closed unregistered");
    Stream gone = open_stream();
    DWORD error = start_read(1, &gone);
    require(error == 0 && comes_out(1, &gone), "no stream could be read from");
    reopen(&gone);
    reopen(&gone);
    end_stream(&gone);

    stage("a stream that is reopened and left alone");
    Stream idle = open_stream();
    error = start_read(1, &idle);
    require(error == 0 && comes_out(1, &idle), "no stream could be read from");
    reopen(&idle);
    return idle;
}

static void accounts(Stream *stream)
{
    Stream idle = left_alone();
    stage("destroying the loops");
    DWORD error = poll_destroy(&poll[0]);
    need(error == 0, "the first loop has no open stream",
         "the first loop's streams are closed or gone, and poll_destroy gave "
         "%lu: was each one counted in open as often as it was counted out?",
         error);
    error = poll_destroy(&poll[1]);
    need(error == ERROR_BUSY, "the second loop has one",
         "the second loop has an open stream, and poll_destroy gave %lu: was "
         "it counted in open, and was another one counted out twice?",
         error);
    end_stream(stream);
    error = poll_destroy(&poll[1]);
    need(error == 0, "the second loop has none",
         "the second loop's stream is closed, another was reopened and not "
         "registered since, and poll_destroy gave %lu: which streams are still "
         "counted in open?",
         error);
    end_stream(&idle);
    for (int i = 0; i < LOOPS; i++)
        registrator_release(&registrator[i]);
}

void examine(const Checker *table)
{
    BEGIN(table);
    stage("making two loops");
    require(wsa_startup() == 0, "Winsock did not start");
    for (int i = 0; i < LOOPS; i++)
        require(poll_create(&poll[i]) == 0 &&
                    poll_registrator(&poll[i], &registrator[i]) == 0,
                "no loop could be made");
    Stream stream = again_and_again();
    stranger(&stream);
    failed_read();
    failed_association();
    another_socket(&stream);
    accounts(&stream);
}
