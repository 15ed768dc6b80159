// steps: 04-05
// guard: yes
/* Two threads at one loop, many rounds: registering, closing the loop, closing
   streams and destroying the poll, at times a little apart that change from
   round to round. Every round must end, and leave nothing behind. */
#include <string.h>

#include "guard.h"
#include "handles.h"
#include "streams.h"

enum { ROUNDS = 300, MESSAGES = 5000, CAPACITY = 4, JOIN_MS = 10000 };

static Poll poll;
static Registrator registrator, others;
static Stream stream;
static SOCKET peer;
static int delay;         /* how long the second of two threads waits */
static atomic_bool ready; /* both go when it is set */
static int wrong;

static void open_loop(void)
{
    if (poll_create(&poll) != 0 || poll_registrator(&poll, &registrator) != 0 ||
        poll_registrator(&poll, &others) != 0)
        give_up("cannot open a loop");
}

static void open_stream(void)
{
    SOCKET pair[2];
    connected(pair);
    peer = pair[1];
    if (stream_open(&stream, pair[0]) != 0)
        give_up("cannot open a stream");
}

static void idle(int turns)
{
    for (volatile int i = 0; i < turns; i++)
        ;
}

static void go(void)
{
    while (!ready)
        Sleep(0);
}

static HANDLE start_other(unsigned(WINAPI *run)(void *))
{
    HANDLE thread;
    if (start_thread(&thread, run, NULL) != 0)
        give_up("no thread");
    return thread;
}

static DWORD join_other(HANDLE thread)
{
    DWORD result;
    BOOL WINAPI GetExitCodeThread(HANDLE, DWORD *);
    if (WaitForSingleObject(thread, JOIN_MS) != 0)
        give_up("a thread hangs");
    GetExitCodeThread(thread, &result);
    close_handle(thread);
    return result;
}

static void expect(BOOL held)
{
    wrong += !held;
}

/* Whether what a call answered is success, or that the loop is at its end. */
static BOOL done_or_ended(DWORD error)
{
    return error == 0 || error == ERROR_ABANDONED_WAIT_0;
}

static unsigned WINAPI wait_to_the_end(void *unused)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    DWORD error;
    (void)unused;
    while ((error = poll_wait(&poll, &events, INFINITE)) == 0)
        ;
    return error;
}

static unsigned WINAPI close_the_loop(void *unused)
{
    (void)unused;
    go();
    idle(delay);
    return registrator_close_loop(&others);
}

static unsigned WINAPI destroy_the_poll(void *unused)
{
    DWORD error;
    (void)unused;
    go();
    idle(delay);
    while ((error = poll_destroy(&poll)) == ERROR_BUSY)
        Sleep(0);
    return error;
}

/* Runs a round many times, each with another delay, and judges. */
static void rounds(void (*run)(void), const char *name)
{
    run();
    int live = guard_living(), handles = handle_count();
    wrong = 0;
    for (int i = 0; i < ROUNDS; i++) {
        delay = i % 40 * 50;
        ready = FALSE;
        run();
    }
    is((unsigned)wrong, 0, "%s: every answer in %d rounds", name, ROUNDS);
    is((unsigned)guard_lent(), 0, "%s: every packet was taken out", name);
    is((unsigned)(guard_living() - live), 0, "%s: as much memory as before",
       name);
    is((unsigned)handle_count(), (unsigned)handles, "%s: as many handles",
       name);
}

static void register_and_close_loop(void)
{
    open_loop();
    open_stream();
    HANDLE waiter = start_other(wait_to_the_end);
    HANDLE closer = start_other(close_the_loop);
    ready = TRUE;
    idle(1000);
    expect(done_or_ended(stream_start(&stream, &registrator, 1)));
    expect(join_other(closer) == 0);
    expect(join_other(waiter) == ERROR_ABANDONED_WAIT_0);
    expect(stream_start(&stream, &registrator, 1) != 0);
    expect(stream_close(&stream) == 0);
    close_socket(peer);
    expect(poll_destroy(&poll) == 0);
    registrator_release(&registrator);
    registrator_release(&others);
}

static void close_loop_twice(void)
{
    open_loop();
    HANDLE waiter = start_other(wait_to_the_end);
    HANDLE closer = start_other(close_the_loop);
    ready = TRUE;
    idle(1000);
    DWORD error = registrator_close_loop(&registrator);
    DWORD others_error = join_other(closer);
    expect(done_or_ended(error) && done_or_ended(others_error));
    expect(error == 0 || others_error == 0);
    expect(join_other(waiter) == ERROR_ABANDONED_WAIT_0);
    expect(registrator_close_loop(&registrator) == ERROR_ABANDONED_WAIT_0);
    registrator_release(&registrator);
    registrator_release(&others);
    expect(poll_destroy(&poll) == 0);
}

static void register_and_destroy(void)
{
    open_loop();
    open_stream();
    HANDLE destroyer = start_other(destroy_the_poll);
    ready = TRUE;
    idle(1000);
    expect(done_or_ended(stream_start(&stream, &registrator, 1)));
    expect(stream_close(&stream) == 0);
    expect(join_other(destroyer) == 0);
    close_socket(peer);
    registrator_release(&registrator);
    registrator_release(&others);
}

static void release_and_destroy(void)
{
    open_loop();
    HANDLE destroyer = start_other(destroy_the_poll);
    registrator_release(&others);
    ready = TRUE;
    idle(1000);
    expect(registrator_release(&registrator) == 0);
    expect(join_other(destroyer) == 0);
}

/* The stream is closed while its packet is on the way, or being taken out. */
static void close_stream_and_packet(void)
{
    open_loop();
    HANDLE waiter = start_other(wait_to_the_end);
    for (int i = 0; i < 4; i++) {
        open_stream();
        expect(stream_start(&stream, &registrator, 1) == 0);
        send_all(peer, "hello", 5);
        idle(delay * i);
        if (i == 3)
            packet_queued(stream.operation);
        expect(stream_close(&stream) == 0);
        close_socket(peer);
    }
    expect(registrator_close_loop(&registrator) == 0);
    expect(join_other(waiter) == ERROR_ABANDONED_WAIT_0);
    expect(poll_destroy(&poll) == 0);
    registrator_release(&registrator);
    registrator_release(&others);
}

/* One thread polls; we register, send and read as soon as the state says that
   the read is done, without being told by the other thread. */
static void messages(void)
{
    unsigned good = 0;
    open_loop();
    open_stream();
    HANDLE waiter = start_other(wait_to_the_end);
    for (unsigned i = 0; i < MESSAGES; i++) {
        Operation *operation = stream.operation;
        char text[16];
        sprintf(text, "%u", i);
        /* Half of them are there before the read starts. */
        if (i % 2 == 0)
            send_all(peer, text, strlen(text));
        if (stream_start(&stream, &registrator, i) != 0)
            break;
        if (i % 2 == 1)
            send_all(peer, text, strlen(text));
        for (int n = 0; n < 1000000 && operation->state != OPERATION_DONE; n++)
            Sleep(0);
        good += operation->bytes == strlen(text) && operation->error == 0 &&
                memcmp(operation->buffer, text, strlen(text)) == 0;
#if STEP >= 5
        DWORD count;
        tcp_stream_read(&stream, text, sizeof text, &count);
#endif
    }
    is(good, MESSAGES, "each of %d messages is read whole", MESSAGES);
    registrator_close_loop(&registrator);
    is(join_other(waiter), ERROR_ABANDONED_WAIT_0, "then the loop is closed");
    stream_close(&stream);
    close_socket(peer);
    is(poll_destroy(&poll), 0, "and destroyed");
    registrator_release(&registrator);
    registrator_release(&others);
}

int main(void)
{
    guard_end_unchecked(); /* the listener stays open */
    if (wsa_startup() != 0)
        bail("no Winsock");
    rounds(register_and_close_loop, "register and close_loop");
    rounds(close_loop_twice, "close_loop twice");
    rounds(register_and_destroy, "register and poll_destroy");
    rounds(release_and_destroy, "release and poll_destroy");
    rounds(close_stream_and_packet, "close a stream and its packet");
    messages();
    return done_testing();
}
