/* An echo server without any layer: WSARecv and WSASend, a packet each. What
   everything else is measured against. Reads again when the send's packet is out.
   usage: raw [ex]   with GetQueuedCompletionStatusEx in place of the plain call */
#include <winsock2.h>

#include <mswsock.h>
#include <stdio.h>
#include <stdlib.h>

enum { MESSAGE = 64, BATCH = 64 };

typedef struct Client {
    OVERLAPPED overlapped;
    SOCKET socket;
    BOOL sending;
    char bytes[MESSAGE];
} Client;

static void receive(Client *client)
{
    WSABUF buffer = {MESSAGE, client->bytes};
    DWORD flags = 0;
    client->overlapped = (OVERLAPPED){0};
    client->sending = FALSE;
    if (WSARecv(client->socket, &buffer, 1, NULL, &flags, &client->overlapped,
                NULL) != 0 &&
        WSAGetLastError() != WSA_IO_PENDING)
        closesocket(client->socket);
}

static void go_on(Client *client, DWORD bytes)
{
    WSABUF buffer = {bytes, client->bytes};
    if (client->sending) {
        receive(client);
        return;
    }
    client->overlapped = (OVERLAPPED){0};
    client->sending = TRUE;
    if (bytes == 0 || (WSASend(client->socket, &buffer, 1, NULL, 0,
                               &client->overlapped, NULL) != 0 &&
                       WSAGetLastError() != WSA_IO_PENDING))
        closesocket(client->socket);
}

/* Connections are accepted on a thread of their own: they are not counted. */
__attribute__((noreturn)) static DWORD WINAPI accept_all(void *argument)
{
    SOCKET *listener = argument;
    HANDLE port = (HANDLE)listener[1];
    for (;;) {
        Client *client = calloc(1, sizeof *client);
        client->socket = accept(listener[0], NULL, NULL);
        CreateIoCompletionPort((HANDLE)client->socket, port, 0, 0);
        receive(client);
    }
}

static void loop(HANDLE port)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    for (;;) {
        GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        go_on((Client *)overlapped, bytes);
    }
}

static void loop_ex(HANDLE port)
{
    OVERLAPPED_ENTRY packets[BATCH];
    ULONG count;
    for (;;) {
        GetQueuedCompletionStatusEx(port, packets, BATCH, &count, INFINITE,
                                    FALSE);
        for (ULONG i = 0; i < count; i++)
            go_on((Client *)packets[i].lpOverlapped,
                  packets[i].dwNumberOfBytesTransferred);
    }
}

int main(int argc, char **argv)
{
    WSADATA data;
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof address;
    SOCKET listener[2];
    (void)argv;
    WSAStartup(MAKEWORD(2, 2), &data);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener[0] =
        WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    listener[1] = (SOCKET)port;
    if (bind(listener[0], (struct sockaddr *)&address, size) != 0 ||
        listen(listener[0], SOMAXCONN) != 0 ||
        getsockname(listener[0], (struct sockaddr *)&address, &size) != 0)
        return 1;
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    CreateThread(NULL, 0, accept_all, listener, 0, NULL);
    if (argc > 1)
        loop_ex(port);
    loop(port);
}
