/* The original's code for Windows, told in C with its faults. The names are the
   original's where our own programs leave them free. */
#ifndef ORIGINAL_H
#define ORIGINAL_H

#include "fault.h"

typedef struct OriginalOperation {
    WSAOVERLAPPED wsaoverlapped;
    size_t token;
    struct OriginalOperation *next; /* the links of its LinkedList */
} OriginalOperation;

typedef struct OriginalStream {
    SOCKET inner;
    char buffer[1024];
    size_t pos;
    OriginalOperation *operations;
    BOOL associate_once; /* the improvement its text suggests */
} OriginalStream;

typedef struct OriginalPoll {
    HANDLE completion_port;
    BOOL is_poll_dead;
} OriginalPoll;

/* Its poll with one connected stream, and what came out of it last. */
static OriginalPoll poll;
static OriginalStream stream;
static SOCKET peer; /* the stream's other end */
static OVERLAPPED_ENTRY event;
static ULONG count; /* events that came out */

static inline void original_open(void)
{
    SOCKET listener, s;
    struct sockaddr_in address;
    need(wsa_startup(), "starting Winsock");
    need(loopback_listen(&listener, &address), "listening");
    need(open_socket(AF_INET, &s), "making a socket");
    if (connect(s, (struct sockaddr *)&address, sizeof address) != 0)
        need((DWORD)WSAGetLastError(), "connecting");
    peer = accept(listener, NULL, NULL);
    close_socket(listener);
    poll = (OriginalPoll){0};
    event = (OVERLAPPED_ENTRY){0};
    count = 0;
    need(create_completion_port(&poll.completion_port), "creating a port");
    memset(&stream, 0, sizeof stream);
    stream.inner = s;
}

static inline int original_operations(const OriginalStream *stream)
{
    int count = 0;
    for (OriginalOperation *op = stream->operations; op != NULL; op = op->next)
        count++;
    return count;
}

static inline DWORD original_wsa_recv(OriginalStream *stream,
                                      OriginalOperation *op)
{
    WSABUF wsabuf = {sizeof stream->buffer, stream->buffer};
    DWORD flags = 0;
    if (WSARecv(stream->inner, &wsabuf, 1, NULL, &flags, &op->wsaoverlapped,
                NULL) == 0)
        return 0;
    DWORD error = (DWORD)WSAGetLastError();
    return error == WSA_IO_PENDING ? 0 : error;
}

static inline DWORD original_register(OriginalPoll *poll,
                                      OriginalStream *stream, size_t token)
{
    if (poll->is_poll_dead)
        return ERROR_ABANDONED_WAIT_0; /* "Poll instance is dead." */
    if (!stream->associate_once || stream->operations == NULL) {
        DWORD error = associate_socket(poll->completion_port, stream->inner, 0);
        if (error != 0)
            return error;
    }
    OriginalOperation *op = calloc(1, sizeof *op);
    if (op == NULL)
        exit(2);
    op->token = token;
    op->next = stream->operations;
    stream->operations = op;
    return original_wsa_recv(stream, op);
}

static inline DWORD original_select(OriginalPoll *poll,
                                    OVERLAPPED_ENTRY *events, ULONG capacity,
                                    ULONG *count, DWORD timeout)
{
    *count = 0;
    if (GetQueuedCompletionStatusEx(poll->completion_port, events, capacity,
                                    count, timeout, FALSE))
        return 0;
    DWORD error = GetLastError();
    *count = 0;
    return error == WAIT_TIMEOUT ? 0 : error;
}

static inline DWORD original_poll(OriginalPoll *poll, OVERLAPPED_ENTRY *events,
                                  ULONG capacity, ULONG *count, DWORD timeout)
{
    DWORD error = original_select(poll, events, capacity, count, timeout);
    if (error == 0 && poll->is_poll_dead)
        return ERROR_ABANDONED_WAIT_0; /* "Poll closed." */
    return error;
}

static inline size_t original_event_id(const OVERLAPPED_ENTRY *event)
{
    return ((OriginalOperation *)event->lpOverlapped)->token;
}

/* Its chapter's read. The repository's copies from pos in both cases. */
static inline size_t original_read(OriginalStream *stream, char *buff,
                                   size_t size)
{
    size_t all = sizeof stream->buffer;
    if (all <= size) {
        size_t rest = stream->pos < all ? all - stream->pos : 0;
        memcpy(buff, stream->buffer + stream->pos, rest);
        return rest;
    }
    memcpy(buff, stream->buffer, size);
    stream->pos += size;
    return size;
}

#endif
