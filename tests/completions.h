/* For the tests of iocp.h: one Iocp, the next completion of it, and pairs of
   sockets, pipes, files to try it on. */
#ifndef COMPLETIONS_H
#define COMPLETIONS_H

#include <stdio.h>
#include <string.h>

#include "iocp.h"
#include "peers.h"

enum { KEY = 7, INVALID_HANDLE = 6 };

BOOL WINAPI DeleteFileA(const char *lpFileName);
DWORD WINAPI GetCurrentProcessId(void);

static Iocp iocp;
static char buffer[64] __attribute__((unused));

/* The next completion; its error is WAIT_TIMEOUT and its id 0 if none came. */
static inline IocpCompletion next_completion(DWORD timeout)
{
    IocpCompletion completion = {.id = 0};
    DWORD error = iocp_get_completion(&iocp, &completion, timeout);
    if (error != 0)
        completion = (IocpCompletion){.error = error};
    return completion;
}

static inline IocpCompletion completion(void)
{
    return next_completion(PATIENCE);
}

static inline BOOL nothing_comes(void)
{
    return next_completion(A_WHILE).error == WAIT_TIMEOUT;
}

/* Whether it is this operation's, and ended so. A pointer, as the call that gives
   the completion may set the id. */
static inline BOOL ended(IocpCompletion it, const IocpId *id, void *context,
                         DWORD bytes, DWORD error)
{
    BOOL right = it.id == *id && it.context == context && it.bytes == bytes &&
                 it.error == error;
    if (!right)
        printf("# id %llx (%llx), context %p (%p), bytes %lu (%lu), error %lu "
               "(%lu), key %lu, end %d\n",
               (unsigned long long)it.id, (unsigned long long)*id, it.context,
               context, it.bytes, bytes, it.error, error, (unsigned long)it.key,
               it.end);
    return right;
}

/* Waits until the operation's packet is in the port, without taking it out. */
static inline void await_packet(IocpId id)
{
    volatile IocpOperation *operation = in_flight_by_id(&iocp.in_flight, id);
    if (operation == NULL)
        bail("the operation is not in flight");
    for (int i = 0; operation->overlapped.Internal == STATUS_PENDING; i++)
        if (i == PATIENCE)
            bail("the operation does not end");
        else
            Sleep(1);
    Sleep(1);
}

/* Two sockets that are connected: ours can do overlapped operations. */
static inline void socket_pair(SOCKET *ours, SOCKET *peer)
{
    static SOCKET listener;
    static struct sockaddr_in address;
    if (listener == 0)
        must("listening", loopback_listen(&listener, &address));
    must("making a socket", open_socket(AF_INET, ours));
    if (connect(*ours, (struct sockaddr *)&address, sizeof address) != 0 ||
        (*peer = accept(listener, NULL, NULL)) == INVALID_SOCKET)
        bail("cannot connect");
}

/* A name of this run's own. */
static inline const wchar_t *pipe_name(void)
{
    static wchar_t name[64];
    static int count;
    swprintf(name, 64, L"\\\\.\\pipe\\iocp-test-%lu-%d", GetCurrentProcessId(),
             count++);
    return name;
}

/* Two ends of a pipe; on messages both give out messages. */
static inline void pipe_pair(BOOL messages, DWORD size, HANDLE *server,
                             HANDLE *client)
{
    const wchar_t *name = pipe_name();
    must("making a pipe", create_pipe(name, messages, size, server));
    must("opening it",
         open_existing(name, GENERIC_READ | GENERIC_WRITE, client));
    if (messages)
        must("reading messages", read_messages(*client));
}

/* A file of this content, open for reading and writing. */
static inline const wchar_t *file_name(void)
{
    static wchar_t name[64];
    swprintf(name, 64, L"build\\iocp-%d-%d-%lu.tmp", STEP,
             8 * (int)sizeof(void *), GetCurrentProcessId());
    return name;
}

static inline HANDLE file_with(const char *content, size_t size)
{
    HANDLE file;
    FILE *made = _wfopen(file_name(), L"wb");
    if (made == NULL || fwrite(content, 1, size, made) != size ||
        fclose(made) != 0)
        bail("cannot make a file under build");
    must("opening it",
         open_existing(file_name(), GENERIC_READ | GENERIC_WRITE, &file));
    return file;
}

#endif
