#include "pipes.h"

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iocp.h"

enum { PART = 256, ROUNDS = 3, THREADS = 64, AGAIN_MS = 10 };

typedef struct Pipes Pipes;

/* One end of a pipe. It has one operation in flight at a time, so that one thread
   at a time has to do with it. */
typedef struct End {
    void (*advance)(struct End *end, const IocpCompletion *completion);
    Pipes *pipes;
    IocpHandle pipe;
    IocpId id;       /* of what is in flight */
    BOOL connecting; /* a server's */
    BOOL writing;
    DWORD have; /* bytes of the message, so far */
    int round;  /* a client's */
    char message[PIPES_MESSAGE];
} End;

struct Pipes {
    Iocp iocp;
    BOOL messages;
    wchar_t name[64];
    End instances[PIPES_INSTANCES];
    End *clients;
    atomic_ulong busy; /* clients */
    atomic_ulong served, failed, parts, error;
    atomic_ullong bytes;
    SRWLOCK lock; /* held while the server starts something, or stops */
    BOOL stopping;
};

/* Notes what went wrong, if it is the first thing. */
static void note(Pipes *pipes, DWORD error)
{
    unsigned long none = 0;
    atomic_compare_exchange_strong(&pipes->error, &none, error);
}

/* The server's operations start one at a time, so that none slips through when it
   stops. */
static DWORD start_instance(End *end)
{
    DWORD error = ERROR_ABANDONED_WAIT_0;
    AcquireSRWLockExclusive(&end->pipes->lock);
    if (end->pipes->stopping)
        ;
    else if (end->connecting)
        error = iocp_connect_pipe(&end->pipe, end, &end->id);
    else if (end->writing)
        error =
            iocp_write(&end->pipe, end->message, end->have, 0, end, &end->id);
    else
        error = iocp_read(&end->pipe, end->message + end->have, PART, 0, end,
                          &end->id);
    ReleaseSRWLockExclusive(&end->pipes->lock);
    return error;
}

static void stop(Pipes *pipes)
{
    AcquireSRWLockExclusive(&pipes->lock);
    pipes->stopping = TRUE;
    for (int i = 0; i < PIPES_INSTANCES; i++)
        iocp_cancel(&pipes->iocp, pipes->instances[i].id);
    ReleaseSRWLockExclusive(&pipes->lock);
    while (iocp_stop(&pipes->iocp) != 0)
        Sleep(AGAIN_MS);
}

/* Has the instance wait for a client. One who came and went again meanwhile (232)
   is no reason to stop. An instance that can't wait is closed: a client would find
   it and wait for ever. */
static void serve_next(End *end)
{
    DWORD error;
    do {
        end->connecting = TRUE;
        end->writing = FALSE;
        end->have = 0;
        error = start_instance(end);
    } while (error == ERROR_NO_DATA && disconnect_pipe(end->pipe.handle) == 0);
    if (error == 0)
        return; /* and it may be in other hands already */
    if (error != ERROR_ABANDONED_WAIT_0)
        note(end->pipes, error);
    close_handle(end->pipe.handle);
    end->pipe.iocp = NULL;
}

/* Reads, or writes, and if even that can't be started lets the client go. */
static void go_on(End *end)
{
    DWORD error = start_instance(end);
    if (error == 0)
        return;
    if (error != ERROR_ABANDONED_WAIT_0)
        note(end->pipes, error);
    disconnect_pipe(end->pipe.handle);
    serve_next(end);
}

/* Of bytes, what has come is sent back; of messages, when one is whole. */
static void advance_instance(End *end, const IocpCompletion *completion)
{
    BOOL part = completion->error == ERROR_MORE_DATA;
    BOOL read = !end->connecting && !end->writing;
    end->have = read ? end->have + completion->bytes : 0;
    end->pipes->parts += part;
    if (completion->end || (completion->error != 0 && !part) ||
        end->have + PART > PIPES_MESSAGE) {
        disconnect_pipe(end->pipe.handle);
        serve_next(end);
        return;
    }
    end->connecting = FALSE;
    end->writing = read && !part;
    go_on(end);
}

static const DWORD sizes[ROUNDS] = {3, 100, 1000};
static char text[PIPES_MESSAGE]; /* what clients send */

static void leave(End *end, DWORD error)
{
    Pipes *pipes = end->pipes;
    if (error != 0)
        note(pipes, error);
    if (end->pipe.iocp != NULL)
        close_handle(end->pipe.handle);
    pipes->served += error == 0;
    pipes->failed += error != 0;
    if (--pipes->busy == 0)
        stop(pipes);
}

static DWORD start_client(End *end)
{
    return end->writing ? iocp_write(&end->pipe, text, sizes[end->round], 0,
                                     end, &end->id)
                        : iocp_read(&end->pipe, end->message + end->have, PART,
                                    0, end, &end->id);
}

/* Something of the answer has come. Returns whether it is the right one. */
static BOOL take_answer(End *end, const IocpCompletion *completion)
{
    DWORD size = sizes[end->round];
    BOOL part = completion->error == ERROR_MORE_DATA;
    end->have += completion->bytes;
    end->pipes->parts += part;
    if (end->pipes->messages ? part : end->have < size)
        return end->have < size;
    end->pipes->bytes += end->have;
    end->writing = TRUE;
    end->round++;
    return end->have == size && memcmp(end->message, text, size) == 0;
}

static void advance_client(End *end, const IocpCompletion *completion)
{
    DWORD error = completion->end ? ERROR_BROKEN_PIPE : completion->error;
    if (end->writing) {
        end->writing = FALSE;
        end->have = 0;
    } else if (error == 0 || error == ERROR_MORE_DATA) {
        error = take_answer(end, completion) ? 0 : ERROR_INVALID_DATA;
    }
    BOOL more = error == 0 && end->round < ROUNDS;
    if (more)
        error = start_client(end);
    if (!more || error != 0)
        leave(end, error);
}

/* Opens a client's end; while all instances serve somebody else, again. */
static DWORD open_client(Pipes *pipes, HANDLE *handle)
{
    DWORD error;
    while ((error = open_existing(pipes->name, GENERIC_READ | GENERIC_WRITE,
                                  handle)) == ERROR_PIPE_BUSY)
        Sleep(1);
    if (error == 0 && pipes->messages)
        error = read_messages(*handle);
    if (error != 0 && *handle != INVALID_HANDLE_VALUE)
        close_handle(*handle);
    return error;
}

/* Takes the handle over. */
static DWORD add(Pipes *pipes, End *end, HANDLE handle)
{
    DWORD error = iocp_add_handle(&pipes->iocp, handle, 0, &end->pipe);
    if (error != 0) {
        close_handle(handle);
        end->pipe.iocp = NULL;
    }
    return error;
}

static void begin_client(Pipes *pipes, End *end)
{
    HANDLE handle;
    *end = (End){.advance = advance_client, .pipes = pipes, .writing = TRUE};
    DWORD error = open_client(pipes, &handle);
    if (error == 0)
        error = add(pipes, end, handle);
    if (error == 0)
        error = start_client(end);
    if (error != 0)
        leave(end, error);
}

static DWORD begin_instance(Pipes *pipes, End *end)
{
    HANDLE handle;
    *end = (End){.advance = advance_instance, .pipes = pipes};
    DWORD error =
        create_pipe(pipes->name, pipes->messages, PIPES_MESSAGE, &handle);
    if (error == 0)
        error = add(pipes, end, handle);
    if (error == 0)
        serve_next(end);
    return error;
}

static unsigned WINAPI work(void *argument)
{
    Pipes *pipes = argument;
    for (;;) {
        IocpCompletion completion;
        DWORD error = iocp_get_completion(&pipes->iocp, &completion, INFINITE);
        if (error == ERROR_ABANDONED_WAIT_0)
            return 0;
        if (error == 0) {
            End *end = completion.context;
            end->advance(end, &completion);
        } else {
            Sleep(AGAIN_MS);
        }
    }
}

/* Returns when all clients have been served, or none can be. */
static DWORD serve(Pipes *pipes, ULONG clients, ULONG threads)
{
    HANDLE pool[THREADS];
    ULONG started = 0;
    while (started < threads && started < THREADS &&
           start_thread(&pool[started], work, pipes) == 0)
        started++;
    if (started == 0 || clients == 0)
        stop(pipes);
    else
        for (ULONG i = 0; i < clients; i++)
            begin_client(pipes, &pipes->clients[i]);
    DWORD error = started == 0 ? ERROR_NOT_ENOUGH_MEMORY : 0;
    while (started > 0)
        join_thread(pool[--started]);
    return error;
}

static DWORD open_all(Pipes *pipes)
{
    static atomic_int count;
    DWORD error = iocp_create(&pipes->iocp, 0);
    if (error != 0)
        return error;
    swprintf(pipes->name, sizeof pipes->name / sizeof *pipes->name,
             L"\\\\.\\pipe\\iocp-%d-%d", _getpid(), count++);
    for (int i = 0; i < PIPES_INSTANCES && error == 0; i++)
        error = begin_instance(pipes, &pipes->instances[i]);
    return error;
}

/* Takes out what may be left, and closes the server's ends. */
static DWORD close_all(Pipes *pipes)
{
    stop(pipes);
    work(pipes);
    for (int i = 0; i < PIPES_INSTANCES; i++)
        if (pipes->instances[i].pipe.iocp != NULL)
            close_handle(pipes->instances[i].pipe.handle);
    return iocp_close(&pipes->iocp);
}

DWORD pipes_run(BOOL messages, ULONG clients, ULONG threads,
                PipesReport *report)
{
    *report = (PipesReport){0};
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    Pipes *pipes = calloc(1, sizeof *pipes);
    End *ends = calloc(clients > 0 ? clients : 1, sizeof *ends);
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    if (pipes != NULL && ends != NULL) {
        pipes->messages = messages;
        pipes->clients = ends;
        pipes->busy = clients;
        InitializeSRWLock(&pipes->lock);
        error = open_all(pipes);
        if (error == 0)
            error = serve(pipes, clients, threads);
        DWORD closing = pipes->iocp.port == NULL ? 0 : close_all(pipes);
        if (error == 0)
            error = closing;
        *report = (PipesReport){pipes->served, pipes->failed, pipes->error,
                                pipes->parts, pipes->bytes};
    }
    free(ends);
    free(pipes);
    return error;
}
