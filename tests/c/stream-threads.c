// steps: 05+
/* One thread polls; another connects, registers, reads and closes, without a
   lock of its own. A completion port carries tokens from the one to the other
   where they are wanted. */
#include "peers.h"

enum { STREAMS = 8, ROUNDS = 400, LIVES = 300 };

static HANDLE tokens;
static atomic_int handed_out;

/* The poll's thread: hands on each event until the loop is closed. */
static unsigned WINAPI run_loop(void *unused)
{
    Event list[STREAMS];
    Events events = {.list = list, .capacity = STREAMS};
    DWORD error;
    (void)unused;
    while ((error = poll_wait(&poll, &events, PATIENCE)) == 0)
        for (ULONG i = 0; i < events.count; i++) {
            handed_out++;
            post_queued_completion_status(tokens, list[i].bytes, list[i].token,
                                          NULL);
        }
    return error;
}

/* The next token the poll's thread has handed on. */
static Token next_token(void)
{
    OVERLAPPED_ENTRY entry;
    ULONG count;
    must("an event that must come",
         get_queued_completion_status_ex(tokens, &entry, 1, &count, PATIENCE));
    return entry.lpCompletionKey;
}

static void forget_tokens(void)
{
    OVERLAPPED_ENTRY entry;
    ULONG count;
    while (get_queued_completion_status_ex(tokens, &entry, 1, &count, 0) == 0)
        ;
}

/* Reads what has arrived; FALSE if it is not the byte i of the content. */
static int reads_byte(TcpStream *stream, unsigned i)
{
    char buffer[8];
    DWORD count;
    return tcp_stream_read(stream, buffer, sizeof buffer, &count) == 0 &&
           count == 1 && (unsigned char)buffer[0] == content(i);
}

static void read_when_told(void)
{
    TcpStream streams[STREAMS];
    SOCKET far_ends[STREAMS];
    unsigned next[STREAMS] = {0};
    int right = 0;
    for (Token i = 0; i < STREAMS; i++) {
        char byte = (char)content(0);
        far_ends[i] = meet(&streams[i]);
        must("registering", await(&streams[i], i));
        must("sending", send_all(far_ends[i], &byte, 1));
    }
    for (int i = 0; i < STREAMS * ROUNDS; i++) {
        Token token = next_token();
        right += reads_byte(&streams[token], next[token]);
        if (++next[token] == ROUNDS)
            continue;
        char byte = (char)content(next[token]);
        must("registering", await(&streams[token], token));
        must("sending", send_all(far_ends[token], &byte, 1));
    }
    is((unsigned)right, STREAMS * ROUNDS, "each event's byte is there to read");
    for (int i = 0; i < STREAMS; i++) {
        close_socket(far_ends[i]);
        tcp_stream_close(&streams[i]);
    }
}

/* A reader that doesn't wait to be told, but asks. What the poll's thread has
   written into the operation must be there once read stops to say would-block;
   the event itself may come later. */
static void read_without_being_told(void)
{
    TcpStream stream;
    SOCKET far_end = meet(&stream);
    int right = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        char byte = (char)content(i), got = 0;
        DWORD count, error;
        unsigned long long end = GetTickCount64() + PATIENCE;
        must("registering", await(&stream, 0));
        must("sending", send_all(far_end, &byte, 1));
        while ((error = tcp_stream_read(&stream, &got, 1, &count)) ==
                   WSAEWOULDBLOCK &&
               GetTickCount64() < end)
            Sleep(0);
        right += error == 0 && count == 1 && got == byte;
    }
    is((unsigned)right, ROUNDS, "a reader that asks gets the same bytes");
    close_socket(far_end);
    tcp_stream_close(&stream);
}

/* Closes at every moment of a read: before, while and after its packet is taken
   out by the other thread. */
static void close_at_any_moment(void)
{
    int closed = 0;
    for (int i = 0; i < LIVES; i++) {
        TcpStream stream;
        SOCKET far_end = meet(&stream);
        must("registering", await(&stream, 0));
        if (i % 3 != 0)
            must("sending", send_all(far_end, "x", 1));
        for (volatile int spin = i % 10 * 2000; spin > 0; spin--)
            ;
        closed += tcp_stream_close(&stream) == 0;
        close_socket(far_end);
    }
    is((unsigned)closed, LIVES, "streams close while the other thread polls");
}

int main(void)
{
    HANDLE thread;
    set_up();
    must("creating a port", create_completion_port(&tokens));
    must("starting a thread", start_thread(&thread, run_loop, NULL));
    read_when_told();
    is((unsigned)handed_out, STREAMS * ROUNDS, "one event for each read");
    read_without_being_told();
    close_at_any_moment();
    forget_tokens();
    is(registrator_close_loop(&registrator), 0, "the loop is closed");
    is(join_thread(thread), 0, "and its thread ends");
    close_handle(tokens);
    tear_down();
    return done_testing();
}
