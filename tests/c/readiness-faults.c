// steps: 11+
// guard: yes
// wrap: CreateIoCompletionPort PostQueuedCompletionStatus
// wrap: GetQueuedCompletionStatusEx CloseHandle WSARecv WSAGetOverlappedResult
// wrap: WSASocketW setsockopt bind listen getsockname connect closesocket
// wrap: CancelIoEx getaddrinfo _beginthreadex WSASend shutdown WSAIoctl
// wrap: accept send recv WSAStartup WSACleanup WaitForSingleObject
// wrap: SetHandleInformation WSARecvFrom WSASendTo ReadFile WriteFile
// wrap: ConnectNamedPipe CreateNamedPipeW CreateFileW
/* What faults.c does, with sources that are registered with poll_register: each
   Win32 call and each allocation fails in turn. The error is told, by the call or
   by an event; what can go on does, and nothing is left behind. */
#include <wchar.h>

#include "guard.h"
/* After guard.h, which has allocations fail. */
#include "each-call.h"
#include "peers.h"

#include "economy.h"
#include "namedpipe.h"
#include "readiness.h"
#include "tcplistener.h"
#include "udpsocket.h"
#include "waker.h"

#define FAULT_REAL_WSARecvFrom __real_WSARecvFrom
#define FAULT_REAL_WSASendTo __real_WSASendTo
#define FAULT_REAL_ReadFile __real_ReadFile
#define FAULT_REAL_WriteFile __real_WriteFile
#define FAULT_REAL_ConnectNamedPipe __real_ConnectNamedPipe
#define FAULT_REAL_CreateNamedPipeW __real_CreateNamedPipeW
#define FAULT_REAL_CreateFileW __real_CreateFileW

FAULT(int, WSARecvFrom,
      (SOCKET s, WSABUF *parts, DWORD count, DWORD *bytes, DWORD *flags,
       struct sockaddr *from, int *from_size, WSAOVERLAPPED *overlapped,
       COMPLETION_ROUTINE routine),
      (s, parts, count, bytes, flags, from, from_size, overlapped, routine),
      FAULT_NO_BUFFERS, -1)
FAULT(int, WSASendTo,
      (SOCKET s, WSABUF *parts, DWORD count, DWORD *bytes, DWORD flags,
       const struct sockaddr *to, int to_size, WSAOVERLAPPED *overlapped,
       COMPLETION_ROUTINE routine),
      (s, parts, count, bytes, flags, to, to_size, overlapped, routine),
      FAULT_NO_BUFFERS, -1)
FAULT(BOOL, ReadFile,
      (HANDLE file, void *into, DWORD size, DWORD *bytes,
       OVERLAPPED *overlapped),
      (file, into, size, bytes, overlapped), FAULT_NO_RESOURCES, FALSE)
FAULT(BOOL, WriteFile,
      (HANDLE file, const void *from, DWORD size, DWORD *bytes,
       OVERLAPPED *overlapped),
      (file, from, size, bytes, overlapped), FAULT_NO_RESOURCES, FALSE)
FAULT(BOOL, ConnectNamedPipe, (HANDLE pipe, OVERLAPPED *overlapped),
      (pipe, overlapped), FAULT_NO_RESOURCES, FALSE)
FAULT(HANDLE, CreateNamedPipeW,
      (const wchar_t *name, DWORD mode, DWORD type, DWORD instances, DWORD out,
       DWORD in, DWORD timeout, void *security),
      (name, mode, type, instances, out, in, timeout, security),
      FAULT_NO_RESOURCES, INVALID_HANDLE_VALUE)
FAULT(HANDLE, CreateFileW,
      (const wchar_t *name, DWORD access, DWORD share, void *security,
       DWORD disposition, DWORD flags, HANDLE like),
      (name, access, share, security, disposition, flags, like),
      FAULT_NO_RESOURCES, INVALID_HANDLE_VALUE)

enum { WAIT_MS = 3000, DOOR = 1, SERVED, CLIENT, UDP, PIPE, VISITOR, WAKE };

DWORD WINAPI GetCurrentProcessId(void);

static wchar_t pipe_name[64];

static TcpListener door;
static TcpStream served, client;
static UdpSocket udp;
static NamedPipe pipe_end, visitor;
static Waker waker;
static DWORD heard; /* bits of the tokens that have had their answer */

/* An error of ours that stands for the one that was made: for want of memory there
   is no buffer to lend; a client was dropped for his listener's. */
static DWORD meant(DWORD error)
{
    const char *call = fault_call != NULL ? fault_call : "";
    if ((error == WSAENOBUFS && strcmp(call, "calloc") == 0) ||
        ((error == ERROR_HANDLE_EOF || error == WSAECONNRESET) &&
         strcmp(call, "setsockopt") == 0))
        return fault_code;
    return error;
}

static BOOL listen_for(Source *source, Token token, Interests interests,
                       Mode mode)
{
    return good(poll_register(&poll, source, token, interests, mode));
}

/* Each source, ready to be spoken to. FALSE if one is not to be had. */
static BOOL open_all(void)
{
    const Interests both = (Interests)(READABLE | WRITABLE);
    char text[8];
    unsigned short number;
    DWORD count;
    Address self = {.v4 = {.sin_family = AF_INET}};
    if (!good(waker_create(&waker, &poll, WAKE)) || !good(waker_wake(&waker)) ||
        !good(tcp_listener_open(&door, &registrator, DOOR, "127.0.0.1", "0")) ||
        !listen_for(tcp_listener_source(&door), DOOR, READABLE, LEVEL) ||
        !good(tcp_listener_port(&door, &number)))
        return FALSE;
    snprintf(text, sizeof text, "%u", number);
    if (!good(tcp_stream_connect(&client, &registrator, CLIENT, "127.0.0.1",
                                 text)) ||
        !listen_for(tcp_stream_source(&client), CLIENT, both, EDGE) ||
        !good(tcp_stream_write(&client, "hello", 5, &count)))
        return FALSE;
    if (!good(udp_socket_open(&udp, &registrator, "127.0.0.1", "0")) ||
        !listen_for(udp_socket_source(&udp), UDP, READABLE, LEVEL) ||
        !good(udp_socket_port(&udp, &self.v4.sin_port)))
        return FALSE;
    self.v4.sin_port = ntohs(self.v4.sin_port);
    self.v4.sin_addr = htonl(0x7F000001);
    return good(udp_socket_send(&udp, "hello", 5, &self)) &&
           good(named_pipe_serve(&pipe_end, &registrator, pipe_name, FALSE)) &&
           listen_for(named_pipe_source(&pipe_end), PIPE, both, ONE_SHOT) &&
           good(named_pipe_open(&visitor, &registrator, pipe_name)) &&
           listen_for(named_pipe_source(&visitor), VISITOR, READABLE, LEVEL) &&
           good(named_pipe_write(&visitor, "hello", 5, &count));
}

static void close_all(void)
{
    if (client.connection != NULL)
        good(tcp_stream_close(&client));
    if (served.connection != NULL)
        good(tcp_stream_close(&served));
    if (door.listener != NULL)
        good(tcp_listener_close(&door));
    if (udp.datagrams != NULL)
        good(udp_socket_close(&udp));
    if (pipe_end.stream.connection != NULL)
        good(named_pipe_close(&pipe_end));
    if (visitor.stream.connection != NULL)
        good(named_pipe_close(&visitor));
    if (waker.loop != NULL)
        good(waker_close(&waker));
}

static void note(Token token)
{
    heard |= 1u << token;
}

/* Reads, and sends it back or is content. */
static void converse(TcpStream *stream, Token token, BOOL answers)
{
    char text[8];
    DWORD count;
    DWORD error = tcp_stream_read(stream, text, sizeof text, &count);
    if (error == WSAEWOULDBLOCK)
        return;
    if (error == 0 && count == 0)
        error = ERROR_HANDLE_EOF;
    if (!good(error != 0 ? meant(error) : 0))
        return;
    note(token);
    if (answers)
        good(tcp_stream_write(stream, text, count, &count));
}

static void take_datagram(void)
{
    char text[8];
    DWORD count;
    DWORD error = udp_socket_receive(&udp, text, sizeof text, &count, NULL);
    if (error != WSAEWOULDBLOCK && good(error))
        note(UDP);
}

static void handle(const Event *event)
{
    if (!good(event->error != 0 ? meant(event->error) : 0))
        return;
    if (event->token == WAKE)
        note(WAKE);
    else if (event->token == DOOR && served.connection == NULL) {
        DWORD error = tcp_listener_accept(&door, &served);
        if (error != WSAEWOULDBLOCK && good(error))
            listen_for(tcp_stream_source(&served), SERVED, READABLE, EDGE);
    } else if (event->token == UDP)
        take_datagram();
    else if (!(event->ready & READABLE) && event->token == PIPE)
        good(poll_reregister(&poll, named_pipe_source(&pipe_end), PIPE,
                             READABLE, LEVEL));
    else if (event->ready & READABLE)
        converse(event->token == SERVED   ? &served
                 : event->token == CLIENT ? &client
                 : event->token == PIPE   ? &pipe_end.stream
                                          : &visitor.stream,
                 event->token, event->token == SERVED || event->token == PIPE);
}

/* Everybody has his answer. */
static void talk(void)
{
    const DWORD all = 1u << SERVED | 1u << CLIENT | 1u << UDP | 1u << PIPE |
                      1u << VISITOR | 1u << WAKE;
    Event list[8];
    Events events = {.list = list, .capacity = 8};
    while (first == 0 && heard != all) {
        if (!good(poll_wait(&poll, &events, WAIT_MS)) ||
            !good(events.count > 0 ? 0 : WAIT_TIMEOUT))
            return;
        for (ULONG i = 0; i < events.count; i++)
            handle(&list[i]);
    }
}

static void run(BOOL talks)
{
    heard = 0;
    if (!good(poll_create(&poll)))
        return;
    if (good(poll_registrator(&poll, &registrator))) {
        if (open_all() && talks)
            talk();
        close_all();
        if (!good(poll_destroy(&poll)) && poll.loop != NULL)
            good(poll_destroy(&poll));
        good(registrator_release(&registrator));
    } else {
        good(poll_destroy(&poll));
    }
}

static void talking(void)
{
    run(TRUE);
}

/* All is closed with everything in flight and in the queue. */
static void leaving(void)
{
    run(FALSE);
}

/* What may fail without a report: giving something back; an accept, while others
   are in flight; a buffer, where one can wait without; and what is still under way
   when everybody has his answer, or when all is closed. */
static BOOL harmless(const char *call)
{
    static const char *const names[] = {
        "CancelIoEx",
        "closesocket",
        "CloseHandle",
        "getaddrinfo",
        "WSASocketW",
        "AcceptEx",
        "WSAIoctl(SIO_TCP_INITIAL_RTO)",
        "WSASend",
        "WriteFile",
        "ReadFile",
        "WSARecv",
        "WSARecvFrom",
        "WSAGetOverlappedResult",
        "calloc",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], call) == 0)
            return TRUE;
    return FALSE;
}

int main(void)
{
    swprintf(pipe_name, 64, L"\\\\.\\pipe\\readiness-faults-%lu",
             GetCurrentProcessId());
    must("starting Winsock", wsa_startup());
    economy.spares = 0; /* so that nothing stays for later */
    guard_refuse = fault_allocation;
    each_call_fails(talking, "talking", harmless, 75);
    each_call_fails(leaving, "leaving", harmless, 75);
    wsa_cleanup();
    return done_testing();
}
