// steps: 05
/* What the original's test "proposed API" holds: a reactor owns the poll, its
   thread and the sending end of a channel; an executor keeps what is suspended
   and resumes it when its token comes out of the channel. The code that is
   resumed closes the loop itself, through the registrator it was given; with
   that the reactor's thread ends, with that the channel, and with that the
   executor. */
#include "delay_server.h"
#include "peers.h"

enum { TOKEN = 10, TASKS = 4 };

/* Posted into the channel as its end. A token's own packet carries 0. */
enum { CHANNEL_ENDS = 1 };

typedef struct Reactor {
    Poll poll;
    HANDLE sender;
    HANDLE thread;
    DWORD ended_with;
} Reactor;

static unsigned WINAPI reactor_run(void *argument)
{
    Reactor *reactor = argument;
    Event list[16];
    Events events = {.list = list, .capacity = 16};
    while ((reactor->ended_with = poll_wait(&reactor->poll, &events, 200)) == 0)
        for (ULONG i = 0; i < events.count; i++)
            post_queued_completion_status(reactor->sender, 0, list[i].token,
                                          NULL);
    post_queued_completion_status(reactor->sender, CHANNEL_ENDS, 0, NULL);
    return 0;
}

static void reactor_start(Reactor *reactor, HANDLE sender,
                          Registrator *its_registrator)
{
    *reactor = (Reactor){.sender = sender};
    must("creating the poll", poll_create(&reactor->poll));
    must("making a registrator",
         poll_registrator(&reactor->poll, its_registrator));
    must("starting the reactor",
         start_thread(&reactor->thread, reactor_run, reactor));
}

typedef struct Suspended {
    Token token;
    void (*resume)(void *with);
    void *with;
} Suspended;

typedef struct Executor {
    HANDLE receiver;
    Suspended list[TASKS];
    int count;
    int resumed;
} Executor;

static void suspend(Executor *executor, Token token, void (*resume)(void *),
                    void *with)
{
    executor->list[executor->count++] = (Suspended){token, resume, with};
}

static void block_on_all(Executor *executor)
{
    OVERLAPPED_ENTRY entry;
    ULONG removed;
    for (;;) {
        must("receiving",
             get_queued_completion_status_ex(executor->receiver, &entry, 1,
                                             &removed, PATIENCE));
        if (entry.dwNumberOfBytesTransferred == CHANNEL_ENDS)
            return;
        is(entry.lpCompletionKey, TOKEN, "the token is the one registered");
        for (int i = 0; i < executor->count; i++)
            if (executor->list[i].token == entry.lpCompletionKey) {
                executor->resumed++;
                executor->list[i].resume(executor->list[i].with);
            }
    }
}

typedef struct Task {
    TcpStream stream;
    Registrator registrator;
    int closed_by_it;
} Task;

static void read_and_close_the_loop(void *with)
{
    Task *task = with;
    char buffer[256] = "";
    DWORD count;
    is(tcp_stream_read(&task->stream, buffer, sizeof buffer - 1, &count), 0,
       "resumed, the task reads");
    ok(strstr(buffer, "waited 300 ms\n") != NULL, "the answer");
    task->closed_by_it = registrator_close_loop(&task->registrator) == 0;
}

int main(void)
{
    static const char request[] = "GET /300 HTTP/1.0\r\n\r\n";
    Reactor reactor;
    Executor executor = {0};
    Task task = {0};
    unsigned short number;
    char site[6];
    must("starting Winsock", wsa_startup());
    must("starting the slow site", delay_server_start(&number));
    snprintf(site, sizeof site, "%u", number);
    must("creating a channel", create_completion_port(&executor.receiver));
    reactor_start(&reactor, executor.receiver, &task.registrator);

    is(tcp_stream_connect(&task.stream, "127.0.0.1", site), 0, "connected");
    is(tcp_stream_write(&task.stream, request, sizeof request - 1), 0, "asked");
    is(tcp_stream_register(&task.stream, &task.registrator, TOKEN, READABLE), 0,
       "registered");
    suspend(&executor, TOKEN, read_and_close_the_loop, &task);
    block_on_all(&executor);

    is((unsigned)executor.resumed, 1, "the task was resumed once");
    ok(task.closed_by_it, "and closed the loop");
    is(join_thread(reactor.thread), 0, "the reactor's thread has ended");
    is(reactor.ended_with, ERROR_ABANDONED_WAIT_0,
       "because the loop was closed");
    is(tcp_stream_register(&task.stream, &task.registrator, TOKEN, READABLE),
       ERROR_ABANDONED_WAIT_0, "nothing more can be registered");
    is(tcp_stream_close(&task.stream), 0, "the stream is closed");
    is(poll_destroy(&reactor.poll), 0, "the poll is destroyed");
    is(registrator_release(&task.registrator), 0,
       "the registrator is released");
    close_handle(executor.receiver);
    wsa_cleanup();
    return done_testing();
}
