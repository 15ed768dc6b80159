// steps: 10+
// wrap: ReadFile WriteFile ConnectNamedPipe WSARecv PostQueuedCompletionStatus
/* Whatever the call says that starts an operation, and whatever the system does
   about a packet: one completion, or an error and none. The calls' answers are made
   up here, as one system never gives them all. */
#include "completions.h"

void WINAPI SetLastError(DWORD error);

static DWORD made_up; /* what the next call fails with, without a packet */
static BOOL done;     /* it does what it should, and says that it is done */
static BOOL cannot_post;

/* Whether the call is answered here; then its error is set. */
static BOOL answered(void)
{
    if (made_up != 0)
        SetLastError(made_up);
    return made_up != 0;
}

/* Turns 997 into "done at once": what Windows may say where Wine does not. A
   packet comes all the same. */
static BOOL said(BOOL result)
{
    return result || (done && GetLastError() == WSA_IO_PENDING);
}

BOOL WINAPI __real_ReadFile(HANDLE, void *, DWORD, DWORD *, OVERLAPPED *);
BOOL WINAPI __wrap_ReadFile(HANDLE file, void *into, DWORD size, DWORD *bytes,
                            OVERLAPPED *overlapped)
{
    return !answered() &&
           said(__real_ReadFile(file, into, size, bytes, overlapped));
}

BOOL WINAPI __real_WriteFile(HANDLE, const void *, DWORD, DWORD *,
                             OVERLAPPED *);
BOOL WINAPI __wrap_WriteFile(HANDLE file, const void *from, DWORD size,
                             DWORD *bytes, OVERLAPPED *overlapped)
{
    return !answered() &&
           said(__real_WriteFile(file, from, size, bytes, overlapped));
}

BOOL WINAPI __real_ConnectNamedPipe(HANDLE, OVERLAPPED *);
BOOL WINAPI __wrap_ConnectNamedPipe(HANDLE pipe, OVERLAPPED *overlapped)
{
    return !answered() && said(__real_ConnectNamedPipe(pipe, overlapped));
}

int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *parts, DWORD count, DWORD *bytes,
                          DWORD *flags, WSAOVERLAPPED *overlapped,
                          COMPLETION_ROUTINE routine)
{
    if (answered())
        return -1;
    return __real_WSARecv(s, parts, count, bytes, flags, overlapped, routine);
}

BOOL WINAPI __real_PostQueuedCompletionStatus(HANDLE, DWORD, ULONG_PTR,
                                              OVERLAPPED *);
BOOL WINAPI __wrap_PostQueuedCompletionStatus(HANDLE port, DWORD bytes,
                                              ULONG_PTR key,
                                              OVERLAPPED *overlapped)
{
    if (!cannot_post)
        return __real_PostQueuedCompletionStatus(port, bytes, key, overlapped);
    SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return FALSE;
}

static IocpHandle file, pipe, stream;
static HANDLE file_handle, server, client;
static SOCKET ours, peer;
static IocpId id;
static int here;

static DWORD read_file_(void)
{
    return iocp_read(&file, buffer, 5, 0, &here, &id);
}

static DWORD write_file_(void)
{
    return iocp_write(&file, "hello", 5, 0, &here, &id);
}

static DWORD connect_pipe_(void)
{
    return iocp_connect_pipe(&pipe, &here, &id);
}

static DWORD read_socket_(void)
{
    return iocp_read(&stream, buffer, 5, 0, &here, &id);
}

/* What comes of a start that the system refuses so. */
static void refused(const char *name, DWORD (*start)(void), DWORD error)
{
    made_up = error;
    is(start(), error, "%s: %lu is the caller's answer", name, error);
    made_up = 0;
    ok(id == 0 && iocp.in_flight.count == 0 && nothing_comes(),
       "%s: there is no completion", name);
}

/* And of one that is refused, but tells of an end, or of success. */
static void told(const char *name, DWORD (*start)(void), DWORD error, BOOL end)
{
    made_up = error;
    is(start(), 0, "%s: %lu at once is no failure", name, error);
    IocpCompletion it = completion();
    ok(ended(it, &id, &here, 0, 0) && it.end == end && it.key == KEY,
       "%s: it is told by a completion", name);
    cannot_post = TRUE;
    is(start(), ERROR_NO_SYSTEM_RESOURCES, "%s: if that can be posted", name);
    cannot_post = FALSE;
    made_up = 0;
    ok(id == 0 && iocp.in_flight.count == 0 && nothing_comes(),
       "%s: else there is none", name);
}

/* Done when the call returns, and a packet all the same: one completion. */
static void done_at_once(const char *name, DWORD (*start)(void), DWORD bytes)
{
    done = TRUE;
    is(start(), 0, "%s, done at once", name);
    done = FALSE;
    ok(ended(completion(), &id, &here, bytes, 0), "%s: a completion", name);
    ok(nothing_comes(), "%s: one", name);
}

static void a_post_that_fails(void)
{
    cannot_post = TRUE;
    is(iocp_post(&iocp, 1, &here, 2), ERROR_NO_SYSTEM_RESOURCES,
       "a post that fails says so");
    cannot_post = FALSE;
    ok(iocp.in_flight.count == 0 && nothing_comes(), "and leaves nothing");
}

static DWORD waited;
static unsigned WINAPI wait_for_the_end(void *unused)
{
    IocpCompletion it;
    (void)unused;
    waited = iocp_get_completion(&iocp, &it, INFINITE);
    return 0;
}

static void a_stop_that_fails(void)
{
    HANDLE thread;
    must("starting a thread", start_thread(&thread, wait_for_the_end, NULL));
    Sleep(A_WHILE);
    cannot_post = TRUE;
    is(iocp_stop(&iocp), ERROR_NO_SYSTEM_RESOURCES,
       "a stop that wakes nobody says so");
    cannot_post = FALSE;
    is(iocp_stop(&iocp), 0, "and can be called again");
    must("joining", join_thread(thread));
    is(waited, ERROR_ABANDONED_WAIT_0, "then it has worked");
}

int main(void)
{
    must("starting Winsock", wsa_startup());
    must("creating", iocp_create(&iocp, 0));
    file_handle = file_with("hello", 5);
    pipe_pair(FALSE, 4096, &server, &client);
    socket_pair(&ours, &peer);
    must("adding", iocp_add_handle(&iocp, file_handle, KEY, &file));
    must("adding", iocp_add_handle(&iocp, server, KEY, &pipe));
    must("adding", iocp_add_socket(&iocp, ours, KEY, &stream));

    told("a file", read_file_, ERROR_HANDLE_EOF, TRUE);
    told("a pipe", read_file_, ERROR_BROKEN_PIPE, TRUE);
    told("a client", connect_pipe_, ERROR_PIPE_CONNECTED, FALSE);
    refused("a write", write_file_, ERROR_HANDLE_EOF);
    refused("a write", write_file_, ERROR_BROKEN_PIPE);
    refused("a write", write_file_, 112);
    refused("a write", write_file_, ERROR_NO_SYSTEM_RESOURCES);
    refused("a read", read_file_, 5);
    refused("a read", read_file_, ERROR_PIPE_CONNECTED);
    refused("a client", connect_pipe_, ERROR_NO_DATA);
    refused("a client", connect_pipe_, ERROR_BROKEN_PIPE);
    refused("a socket", read_socket_, WSAECONNRESET);
    refused("a socket", read_socket_, ERROR_HANDLE_EOF);
    done_at_once("a read", read_file_, 5);
    done_at_once("a write", write_file_, 5);
    a_post_that_fails();
    a_stop_that_fails();

    close_handle(file_handle);
    close_handle(server);
    close_handle(client);
    close_socket(ours);
    close_socket(peer);
    is(iocp_close(&iocp), 0, "all is closed");
    _wremove(file_name());
    return done_testing();
}
