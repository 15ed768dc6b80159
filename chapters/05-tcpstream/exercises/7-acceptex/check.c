// wrap: AcceptEx WSAIoctl setsockopt socket closesocket
// libs: -lmswsock
// sizes: Accept
/* Accepts three clients that say nothing, and cancels a fourth accept. */
#include <stdlib.h>
#include <string.h>

#include "accept.h"
#include "check.h"
#include "loopback.h"

enum { CLIENTS = 3, KEY = 5, PATIENCE = 1000, SOCKETS = 64 };

extern const unsigned long long size_of_Accept;

BOOL WINAPI CancelIoEx(HANDLE, OVERLAPPED *);
int WINAPI recv(SOCKET, char *, int, int);
int WINAPI getpeername(SOCKET, struct sockaddr *, int *);
BOOL WINAPI __real_AcceptEx(SOCKET, SOCKET, void *, DWORD, DWORD, DWORD,
                            DWORD *, OVERLAPPED *);
BOOL WINAPI __wrap_AcceptEx(SOCKET, SOCKET, void *, DWORD, DWORD, DWORD,
                            DWORD *, OVERLAPPED *);
int WINAPI __real_WSAIoctl(SOCKET, DWORD, void *, DWORD, void *, DWORD, DWORD *,
                           OVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSAIoctl(SOCKET, DWORD, void *, DWORD, void *, DWORD, DWORD *,
                           OVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __real_setsockopt(SOCKET, int, int, const char *, int);
int WINAPI __wrap_setsockopt(SOCKET, int, int, const char *, int);
SOCKET WINAPI __real_socket(int, int, int);
SOCKET WINAPI __wrap_socket(int, int, int);
int WINAPI __real_closesocket(SOCKET);
int WINAPI __wrap_closesocket(SOCKET);

static const Accept *block; /* the Accept that is being started */
static OVERLAPPED *lent;    /* with which AcceptEx was called */
static SOCKET open[SOCKETS];
static SOCKET updated, updated_with; /* by SO_UPDATE_ACCEPT_CONTEXT */

static HANDLE port;
static SOCKET listener;
static struct sockaddr_in address;

static int far_from(const void *a, const void *b)
{
    ptrdiff_t distance = (const char *)a - (const char *)b;
    return distance > 256 * 1024 || distance < -256 * 1024;
}

BOOL WINAPI __wrap_AcceptEx(SOCKET s, SOCKET connection, void *buffer,
                            DWORD room, DWORD local, DWORD remote,
                            DWORD *received, OVERLAPPED *overlapped)
{
    const char *from = buffer;
    const char *end = (const char *)block + size_of_Accept;
    char here;
    lent = overlapped;
    require(overlapped != NULL, "AcceptEx was called without an OVERLAPPED");
    require(room == 0,
            "dwReceiveDataLength is %lu: then AcceptEx ends with the first "
            "bytes, and a client that connects and says nothing keeps it "
            "waiting for ever",
            room);
    require(local >= sizeof address + 16 && remote >= sizeof address + 16,
            "AcceptEx was told of %lu and %lu bytes for the addresses: how "
            "many does its documentation want, for an address of %u?",
            local, remote, (unsigned)sizeof address);
    require(
        far_from(buffer, &here) && far_from(overlapped, &here),
        "AcceptEx was given something on the stack, which is gone when "
        "accept_start returns: the system writes there when a client comes");
    require(from < (const char *)block || from >= end ||
                from + local + remote <= end,
            "the addresses take %lu bytes, and run over the end of Accept by "
            "%ld",
            local + remote, (long)(from + local + remote - end));
    return __real_AcceptEx(s, connection, buffer, room, local, remote, received,
                           overlapped);
}

/* Whoever asks for the function's address gets ours. */
int WINAPI __wrap_WSAIoctl(SOCKET s, DWORD code, void *in, DWORD in_size,
                           void *out, DWORD out_size, DWORD *returned,
                           OVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    static const unsigned char accept_ex[] = {
        0xF1, 0x7D, 0x36, 0xB5, 0xAC, 0xCB, 0xCF, 0x11,
        0x95, 0xCA, 0x00, 0x80, 0x5F, 0x48, 0xA1, 0x92};
    int result = __real_WSAIoctl(s, code, in, in_size, out, out_size, returned,
                                 overlapped, routine);
    if (result == 0 && code == 0xC8000006 && in_size == sizeof accept_ex &&
        memcmp(in, accept_ex, sizeof accept_ex) == 0 &&
        out_size >= sizeof(void *)) {
        BOOL(WINAPI * ours)
        (SOCKET, SOCKET, void *, DWORD, DWORD, DWORD, DWORD *, OVERLAPPED *) =
            __wrap_AcceptEx;
        memcpy(out, &ours, sizeof ours);
    }
    return result;
}

int WINAPI __wrap_setsockopt(SOCKET s, int level, int name, const char *value,
                             int size)
{
    int result = __real_setsockopt(s, level, name, value, size);
    if (level == 0xFFFF && name == 0x700B) {
        require(size == sizeof(SOCKET) && value != NULL,
                "SO_UPDATE_ACCEPT_CONTEXT was set with a value of %d bytes: it "
                "wants the address of the listener's SOCKET, and its size",
                size);
        memcpy(&updated_with, value, sizeof updated_with);
        updated = s;
    }
    return result;
}

SOCKET WINAPI __wrap_socket(int family, int type, int protocol)
{
    SOCKET s = __real_socket(family, type, protocol);
    int i = 0;
    while (i < SOCKETS - 1 && open[i] != 0)
        i++;
    open[i] = s == INVALID_SOCKET ? 0 : s;
    return s;
}

int WINAPI __wrap_closesocket(SOCKET s)
{
    for (int i = 0; i < SOCKETS; i++)
        if (open[i] == s)
            open[i] = 0;
    return __real_closesocket(s);
}

static int left_open(void)
{
    int count = 0;
    for (int i = 0; i < SOCKETS; i++)
        count += open[i] != 0;
    return count;
}

static Accept *new_accept(void)
{
    Accept *made = calloc(1, size_of_Accept);
    require(made != NULL, "no memory");
    block = made;
    lent = NULL;
    return made;
}

/* FALSE if no packet comes. */
static BOOL take_packet(OVERLAPPED_ENTRY *entry)
{
    ULONG count;
    return get_queued_completion_status_ex(port, entry, 1, &count, PATIENCE) ==
           0;
}

static SOCKET connect_client(struct sockaddr_in *name)
{
    int size = sizeof *name;
    SOCKET client = __real_socket(AF_INET, SOCK_STREAM, 0);
    require(connect(client, (struct sockaddr *)&address, sizeof address) == 0 &&
                getsockname(client, (struct sockaddr *)name, &size) == 0,
            "a client could not connect");
    return client;
}

static void expect_welcome(SOCKET client, SOCKET connection)
{
    char text[8];
    DWORD error = send_all(connection, "welcome", 7);
    int got = error == 0 ? recv(client, text, sizeof text, 0) : -1;
    expect(got == 7 && memcmp(text, "welcome", 7) == 0,
           "the client hears from us",
           "sending on the accepted socket gave error %lu, and the client got "
           "%d bytes",
           error, got);
    require(send_all(client, "thanks", 6) == 0, "a client couldn't send");
    got = recv(connection, text, sizeof text, 0);
    expect(got == 6 && memcmp(text, "thanks", 6) == 0, "and we hear from it",
           "the client sent 6 bytes, and on the accepted socket came %d", got);
}

static void clients(void)
{
    Accept *accepts[CLIENTS];
    OVERLAPPED *mine[CLIENTS];
    stage("starting three accepts");
    for (int i = 0; i < CLIENTS; i++) {
        accepts[i] = new_accept();
        DWORD error = accept_start(accepts[i], listener);
        need(error == 0, "an accept starts, and nobody waits",
             "accept_start gave %lu, and no client was there yet%s", error,
             error == WSA_IO_PENDING ? ": that is no failure" : "");
        need(lent != NULL, "with AcceptEx",
             "accept_start has not called AcceptEx");
        mine[i] = lent;
    }
    for (int i = 0; i < CLIENTS; i++) {
        struct sockaddr_in theirs, seen = {0};
        OVERLAPPED_ENTRY entry;
        SOCKET connection = INVALID_SOCKET;
        int which = 0, size = sizeof seen;
        stage("client %d connects and says nothing", i + 1);
        SOCKET client = connect_client(&theirs);
        need(take_packet(&entry), "its packet comes",
             "a client has connected, and no packet came");
        while (which < CLIENTS && mine[which] != entry.lpOverlapped)
            which++;
        require(which < CLIENTS, "a packet of something else came");
        updated = 0;
        DWORD error = accept_finish(accepts[which], &connection);
        need(error == 0 && connection != INVALID_SOCKET, "it is accepted",
             "accept_finish gave %lu", error);
        need(updated == connection, "it takes over its listener's context",
             "SO_UPDATE_ACCEPT_CONTEXT was not set on the accepted socket: on "
             "Windows getpeername and shutdown on it fail with 10057, as if it "
             "were not connected");
        need(updated_with == listener, "and from the right one",
             "SO_UPDATE_ACCEPT_CONTEXT wants the listener's SOCKET (%llu), and "
             "got %llu",
             (unsigned long long)listener, (unsigned long long)updated_with);
        expect(getpeername(connection, (struct sockaddr *)&seen, &size) == 0 &&
                   seen.sin_port == theirs.sin_port,
               "and knows its peer",
               "getpeername on the accepted socket failed, or named another "
               "client");
        expect_welcome(client, connection);
        close_socket(connection);
        __real_closesocket(client);
    }
}

static void cancelled(void)
{
    OVERLAPPED_ENTRY entry;
    SOCKET connection = INVALID_SOCKET;
    stage("an accept that is cancelled");
    int before = left_open();
    Accept *accept = new_accept();
    require(accept_start(accept, listener) == 0, "accept_start failed");
    CancelIoEx((HANDLE)listener, NULL);
    require(take_packet(&entry), "no packet came for a cancelled accept");
    DWORD error = accept_finish(accept, &connection);
    expect(error != 0, "its failure is told",
           "the accept was cancelled before anybody came, and accept_finish "
           "gave 0: how does one see how an operation ended?");
    expect(left_open() == before, "its socket is closed",
           "the accept failed, nobody has a connection, and %d socket is left "
           "open",
           left_open() - before);
}

static void refused(void)
{
    stage("a listener that is no socket");
    int before = left_open();
    DWORD error = accept_start(new_accept(), (SOCKET)0x7FFFFFF0);
    expect(error != 0 && error != WSA_IO_PENDING, "it is refused",
           "accept_start gave %lu for a listener that doesn't exist", error);
    expect(left_open() == before, "and nothing is left open",
           "accept_start failed, and %d socket is left open",
           left_open() - before);
}

void examine(const Checker *table)
{
    BEGIN(table);
    require(wsa_startup() == 0 && create_completion_port(&port) == 0 &&
                loopback_listen(&listener, &address) == 0 &&
                associate_socket(port, listener, KEY) == 0,
            "no listener could be made");
    clients();
    cancelled();
    refused();
}
