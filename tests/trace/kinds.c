// Every kind of operation once, over one port, for trace.t: sockets, a file, a pipe;
// one cancelled, one done at once where that queues no packet, one still in flight at
// the end.
// clang-format off
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
// clang-format on
#include <stdio.h>
#include <stdlib.h>

static HANDLE port;

static void need(int held, const char *what)
{
    if (held)
        return;
    printf("%s: error %lu\n", what, GetLastError());
    exit(1);
}

static void started(int succeeded, const char *what)
{
    need(succeeded || GetLastError() == ERROR_IO_PENDING, what);
}

static void take(OVERLAPPED *expected, const char *what)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped = NULL;
    GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 5000);
    need(overlapped == expected, what);
}

static SOCKET bound_socket(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    need(bind(s, (struct sockaddr *)&address, sizeof address) == 0, "bind");
    need(CreateIoCompletionPort((HANDLE)s, port, 1, 0) == port, "associate");
    return s;
}

static LPFN_CONNECTEX connect_ex(SOCKET s)
{
    GUID id = WSAID_CONNECTEX;
    LPFN_CONNECTEX function;
    DWORD bytes;
    need(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id,
                  &function, sizeof function, &bytes, NULL, NULL) == 0,
         "WSAIoctl");
    return function;
}

static void sockets(void)
{
    static char buffer[64];
    static OVERLAPPED accepting, connecting, sending, reading, skipped, left;
    char addresses[2 * (sizeof(struct sockaddr_in) + 16)];
    struct sockaddr_in address;
    int size = sizeof address;
    DWORD flags = 0;
    WSABUF part = {sizeof buffer, buffer};
    SOCKET listener = bound_socket(), client = bound_socket(),
           server = socket(AF_INET, SOCK_STREAM, 0);
    need(listen(listener, 1) == 0, "listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    started(AcceptEx(listener, server, addresses, 0, sizeof addresses / 2,
                     sizeof addresses / 2, &flags, &accepting),
            "AcceptEx");
    started(connect_ex(client)(client, (struct sockaddr *)&address, size, NULL,
                               0, NULL, &connecting),
            "ConnectEx");
    for (int i = 0; i < 2; i++) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *overlapped;
        need(GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 5000),
             "connecting");
    }
    setsockopt(client, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0);
    started(WSASend(client, &part, 1, NULL, 0, &sending, NULL) == 0, "WSASend");
    take(&sending, "sending");
    flags = 0;
    started(WSARecv(client, &part, 1, NULL, &flags, &reading, NULL) == 0,
            "WSARecv");
    need(CancelIoEx((HANDLE)client, &reading), "CancelIoEx");
    take(&reading, "cancelled");
    need(SetFileCompletionNotificationModes(
             (HANDLE)client, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS),
         "skip");
    need(WSASend(client, &part, 1, NULL, 0, &skipped, NULL) == 0, "at once");
    flags = 0;
    started(WSARecv(client, &part, 1, NULL, &flags, &left, NULL) == 0, "left");
}

static void files(const char *name)
{
    static char buffer[16];
    static OVERLAPPED reading;
    HANDLE file = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    need(CreateIoCompletionPort(file, port, 2, 0) == port, "associate file");
    started(ReadFile(file, buffer, sizeof buffer, NULL, &reading), "ReadFile");
    take(&reading, "file");
    need(CloseHandle(file), "close file");
}

static void pipes(void)
{
    static OVERLAPPED connecting, writing;
    char name[64];
    sprintf(name, "\\\\.\\pipe\\trace-kinds-%lu", GetCurrentProcessId());
    HANDLE pipe = CreateNamedPipeA(
        name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1, 64, 64, 0, NULL);
    need(CreateIoCompletionPort(pipe, port, 3, 0) == port, "associate pipe");
    started(ConnectNamedPipe(pipe, &connecting), "ConnectNamedPipe");
    HANDLE client =
        CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    need(client != INVALID_HANDLE_VALUE, "open pipe");
    take(&connecting, "pipe");
    started(WriteFile(pipe, "x", 1, NULL, &writing), "WriteFile");
    take(&writing, "written");
    need(CloseHandle(client) && CloseHandle(pipe), "close pipe");
}

int main(int argc, char **argv)
{
    WSADATA data;
    static OVERLAPPED posted;
    (void)argc;
    need(WSAStartup(0x0202, &data) == 0, "WSAStartup");
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    sockets();
    files(argv[0]);
    pipes();
    need(PostQueuedCompletionStatus(port, 7, 7, &posted), "post");
    take(&posted, "posted");
    return 0;
}
