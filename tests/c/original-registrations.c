// steps: 05
/* What the original's test "multiple registrations" holds: a thread polls and
   passes tokens on; two slow answers are asked for; code is kept under each
   token and run when the token comes; after the second event the loop is closed
   and its thread ends. The original let the tokens run into a channel; a second
   completion port is one. */
#include "delay_server.h"
#include "peers.h"

enum { FIRST = 10, SECOND = 11 };

static HANDLE channel;

static unsigned WINAPI run_loop(void *unused)
{
    Event list[16];
    Events events = {.list = list, .capacity = 16};
    DWORD error;
    (void)unused;
    while ((error = poll_wait(&poll, &events, 200)) == 0)
        for (ULONG i = 0; i < events.count; i++)
            must("passing on",
                 post_queued_completion_status(channel, list[i].bytes,
                                               list[i].token, NULL));
    return error;
}

/* The original's runtime: code to run, kept under the token it waits for. */
typedef struct Task {
    Token token;
    void (*run)(TcpStream *stream);
    TcpStream stream;
} Task;

static void spawn(Task *task, Token token, const char *site, unsigned delay,
                  void (*run)(TcpStream *))
{
    char request[64];
    int size =
        snprintf(request, sizeof request, "GET /%u HTTP/1.0\r\n\r\n", delay);
    *task = (Task){.token = token, .run = run};
    must("connecting", tcp_stream_connect(&task->stream, "127.0.0.1", site));
    must("asking", tcp_stream_write(&task->stream, request, (size_t)size));
    is(await(&task->stream, token), 0, "token %llu is registered",
       (unsigned long long)token);
}

static void read_at_once(TcpStream *stream)
{
    char buffer[256] = "";
    DWORD count;
    is(tcp_stream_read(stream, buffer, sizeof buffer - 1, &count), 0,
       "the first task reads");
    ok(strstr(buffer, "\r\n\r\nwaited 400 ms\n") != NULL, "its own answer");
}

/* As the original's second: in a loop, until there is no more. There, the loop
   ended at an end of stream that no packet had told of; here at would-block. */
static void read_in_a_loop(TcpStream *stream)
{
    char buffer[256] = "";
    DWORD size = 0, count, error;
    while ((error = tcp_stream_read(stream, buffer + size, 8, &count)) == 0 &&
           count > 0)
        size += count;
    is(error, WSAEWOULDBLOCK, "the second task reads all there is");
    ok(strstr(buffer, "\r\n\r\nwaited 200 ms\n") != NULL, "its own answer");
}

int main(void)
{
    Task tasks[2];
    HANDLE thread;
    OVERLAPPED_ENTRY entry;
    ULONG removed;
    Token order[2];
    unsigned short number;
    char site[6];
    set_up();
    must("starting the slow site", delay_server_start(&number));
    snprintf(site, sizeof site, "%u", number);
    must("creating a channel", create_completion_port(&channel));
    must("starting a thread", start_thread(&thread, run_loop, NULL));
    spawn(&tasks[0], FIRST, site, 400, read_at_once);
    spawn(&tasks[1], SECOND, site, 200, read_in_a_loop);

    for (int i = 0; i < 2; i++) {
        must("waiting for a token",
             get_queued_completion_status_ex(channel, &entry, 1, &removed,
                                             PATIENCE));
        order[i] = entry.lpCompletionKey;
        for (int j = 0; j < 2; j++)
            if (tasks[j].token == order[i])
                tasks[j].run(&tasks[j].stream);
    }
    is(registrator_close_loop(&registrator), 0,
       "after two events it is closed");
    is(join_thread(thread), 0, "and its thread ends");
    is(order[0], SECOND, "the shorter delay came first");
    is(order[1], FIRST, "the longer one second");
    is(get_queued_completion_status_ex(channel, &entry, 1, &removed, 0),
       WAIT_TIMEOUT, "and no third event");
    for (int i = 0; i < 2; i++)
        is(tcp_stream_close(&tasks[i].stream), 0, "stream %d is closed", i);
    close_handle(channel);
    tear_down();
    return done_testing();
}
