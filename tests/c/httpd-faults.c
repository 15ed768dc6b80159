// steps: 12+
// guard: yes
// wrap: CreateIoCompletionPort PostQueuedCompletionStatus
// wrap: GetQueuedCompletionStatusEx CloseHandle WSARecv WSAGetOverlappedResult
// wrap: WSASocketW setsockopt bind listen getsockname connect closesocket
// wrap: CancelIoEx getaddrinfo _beginthreadex WSASend shutdown WSAIoctl
// wrap: accept send recv WSAStartup WSACleanup WaitForSingleObject
// wrap: SetHandleInformation ReadFile CreateFileW GetFileInformationByHandleEx
// wrap: GetFileSizeEx getpeername
/* What faults.c does, with a server: each Win32 call and each allocation fails in
   turn while a client has two files sent to it. The client gets all or sees the
   connection end; the next one is served; nothing is left behind. */
#include "guard.h"
/* After guard.h, which has allocations fail. */
#include "each-call.h"
#include "peers.h"

#include <stdlib.h>

#include "economy.h"
#include "file.h"
#include "server.h"

#define FAULT_REAL_ReadFile __real_ReadFile
#define FAULT_REAL_CreateFileW __real_CreateFileW
#define FAULT_REAL_GetFileInformationByHandleEx \
    __real_GetFileInformationByHandleEx
#define FAULT_REAL_GetFileSizeEx __real_GetFileSizeEx
#define FAULT_REAL_getpeername __real_getpeername

FAULT(BOOL, ReadFile,
      (HANDLE file, void *into, DWORD size, DWORD *bytes,
       OVERLAPPED *overlapped),
      (file, into, size, bytes, overlapped), FAULT_NO_RESOURCES, FALSE)
FAULT(HANDLE, CreateFileW,
      (const wchar_t *name, DWORD access, DWORD share, void *security,
       DWORD disposition, DWORD flags, HANDLE like),
      (name, access, share, security, disposition, flags, like),
      FAULT_NO_RESOURCES, INVALID_HANDLE_VALUE)
FAULT(BOOL, GetFileInformationByHandleEx,
      (HANDLE file, unsigned class, void *information, DWORD size),
      (file, class, information, size), FAULT_NO_RESOURCES, FALSE)
FAULT(BOOL, GetFileSizeEx, (HANDLE file, long long *size), (file, size),
      FAULT_NO_RESOURCES, FALSE)
FAULT(int, getpeername, (SOCKET s, struct sockaddr *address, int *size),
      (s, address, size), FAULT_RESET, -1)

enum { CLIENT = 6, WAIT_MS = 500, BODY = 70000 };

static const wchar_t root[] = L".\\build";
static const char request[] = "GET /httpd-faults HTTP/1.1\r\nHost: x\r\n\r\n"
                              "GET /httpd-faults HTTP/1.1\r\nHost: x\r\n"
                              "Connection: close\r\n\r\n";

static Server server;
static TcpStream client;
static size_t got;
static BOOL through;

/* Whatever fails at the server, its client sees a connection that ends. */
static void lose(DWORD error)
{
    through = TRUE;
    good(fault_call != NULL ? fault_code : error);
}

static void hear(const Event *event)
{
    char bytes[1024];
    DWORD count = 0;
    DWORD error = event->error;
    while (error == 0) {
        error = tcp_stream_read(&client, bytes, sizeof bytes, &count);
        if (error == 0 && count == 0)
            break;
        got += count;
    }
    if (error == WSAEWOULDBLOCK)
        error = tcp_stream_register(&client, &registrator, CLIENT, READABLE);
    else
        through = TRUE;
    if (error != 0)
        lose(error);
}

static void handle(const Event *event)
{
    DWORD count;
    if (event->token != CLIENT)
        server_handle(&server, event);
    else if (event->ready == WRITABLE) {
        DWORD error = event->error;
        if (error == 0)
            error =
                tcp_stream_write(&client, request, sizeof request - 1, &count);
        if (error == 0)
            error =
                tcp_stream_register(&client, &registrator, CLIENT, READABLE);
        if (error != 0)
            lose(error);
    } else
        hear(event);
}

static BOOL turn(void)
{
    Event list[8];
    Events events = {.list = list, .capacity = 8};
    /* What had been done before it failed is in events all the same. */
    BOOL waited = good(poll_wait(&poll, &events, WAIT_MS));
    for (ULONG i = 0; i < events.count; i++)
        handle(&list[i]);
    return waited && events.count > 0;
}

static void serve(void)
{
    char port[8];
    unsigned short number;
    if (!good(tcp_listener_port(&server.listener, &number)))
        return;
    snprintf(port, sizeof port, "%u", number);
    if (!good(tcp_stream_connect(&client, &registrator, CLIENT, "127.0.0.1",
                                 port)))
        return;
    while (!through && turn())
        ;
    good(tcp_stream_close(&client));
}

static void run(void)
{
    got = 0;
    through = FALSE;
    server = (Server){.root = root, .limits = default_limits, .quiet = TRUE};
    server.limits.drain_ms = server.limits.linger_ms = 200;
    if (!good(poll_create(&poll)))
        return;
    if (!good(poll_registrator(&poll, &registrator))) {
        good(poll_destroy(&poll));
        return;
    }
    if (good(server_open(&server, &registrator, "127.0.0.1", "0"))) {
        serve();
        good(server_drain(&server));
        for (int turns = 0; server.clients != NULL && turns < 100; turns++)
            turn();
    }
    if (first == 0 && got < 2 * BODY)
        first = fault_call != NULL ? fault_code : ERROR_HANDLE_EOF;
    if (!good(poll_destroy(&poll)) && poll.loop != NULL)
        good(poll_destroy(&poll));
    good(registrator_release(&registrator));
}

/* The client is content, whatever failed: a buffer, where one can wait without; what
   only gives something back; an accept
   beside fifteen others; or it was told what it is that failed by a status, which
   is shorter than the file. */
static BOOL harmless(const char *call)
{
    static const char *const names[] = {"CancelIoEx",
                                        "closesocket",
                                        "CloseHandle",
                                        "getaddrinfo",
                                        "WSASocketW",
                                        "AcceptEx",
                                        "calloc",
                                        "WSARecv",
                                        "shutdown",
                                        "WSAGetOverlappedResult",
                                        "WSAIoctl(SIO_TCP_INITIAL_RTO)"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], call) == 0)
            return TRUE;
    return FALSE;
}

int main(void)
{
    FILE *file = fopen("build/httpd-faults", "wb");
    for (int i = 0; file != NULL && i < BODY; i++)
        fputc('x', file);
    must("writing a file", file == NULL || fclose(file) != 0);
    must("starting Winsock", wsa_startup());
    economy.spares = 0; /* so that nothing stays for later */
    guard_refuse = fault_allocation;
    each_call_fails(run, "serving", harmless, 300);
    wsa_cleanup();
    return done_testing();
}
