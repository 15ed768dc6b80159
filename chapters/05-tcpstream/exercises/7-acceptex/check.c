// wrap: AcceptEx WSAIoctl setsockopt WSAGetOverlappedResult
// wrap: socket WSASocketA WSASocketW closesocket
// wrap: malloc calloc realloc free
// libs: -lmswsock
// sizes: Accept
/* Accepts clients that say nothing, on two listeners, and has accepts fail in
   every way. What is lent to the system is written down until its packet. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accept.h"
#include "check.h"
#include "guard.h"
#include "loopback.h"

enum {
    ACCEPTS = 3,
    LISTENERS = 2,
    KEY = 5,
    PATIENCE = 1000,
    SOCKETS = 64,
    FILLING = 0xA5, /* of what malloc gives: see guard.h */
    STATUS_PENDING = 0x103,
    WSA_OPERATION_ABORTED = 995,
    WSAEWOULDBLOCK = 10035,
    WSAENETDOWN = 10050
};

extern const unsigned long long size_of_Accept;

BOOL WINAPI CancelIoEx(HANDLE, OVERLAPPED *);
int WINAPI recv(SOCKET, char *, int, int);
int WINAPI getpeername(SOCKET, struct sockaddr *, int *);
void WINAPI WSASetLastError(int);
SOCKET WINAPI socket(int, int, int);
WRAPPED(AcceptEx);
int WINAPI WSAIoctl(SOCKET, DWORD, void *, DWORD, void *, DWORD, DWORD *,
                    OVERLAPPED *, COMPLETION_ROUTINE);
WRAPPED(WSAIoctl);
WRAPPED(setsockopt);
WRAPPED(WSAGetOverlappedResult);
WRAPPED(socket);
SOCKET WINAPI WSASocketA(int, int, int, void *, unsigned, DWORD);
SOCKET WINAPI WSASocketW(int, int, int, void *, unsigned, DWORD);
WRAPPED(WSASocketA);
WRAPPED(WSASocketW);
WRAPPED(closesocket);

/* Lent to the system: what AcceptEx was called with. */
typedef struct Loan {
    OVERLAPPED *overlapped; /* NULL: none */
    const char *from, *end; /* the room for the addresses */
} Loan;

static HANDLE port;
static SOCKET listeners[LISTENERS];
static struct sockaddr_in addresses[LISTENERS];

static const char *calling; /* which function of the student's, or NULL */
static const Accept *block; /* the Accept that it was called with */
static Loan loans[ACCEPTS + 1];
static SOCKET open[SOCKETS];         /* made and not closed; 0: none */
static SOCKET updated, updated_with; /* by SO_UPDATE_ACCEPT_CONTEXT */
static int called;                   /* how often AcceptEx was */
static DWORD refusal;                /* what it failed with, or 0 */
static int at_once;       /* AcceptEx returns TRUE when it is done already */
static int context_error; /* which SO_UPDATE_ACCEPT_CONTEXT fails with, or 0 */
static char blame[128];   /* the last call that failed */
static DWORD blamed;      /* and its error */

static const char *name_of(int error)
{
    static const struct {
        int error;
        const char *name;
    } names[] = {{10014, " (WSAEFAULT)"},
                 {10022, " (WSAEINVAL)"},
                 {10038, " (WSAENOTSOCK)"},
                 {10042, " (WSAENOPROTOOPT)"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].error == error)
            return names[i].name;
    return "";
}

/* To be called when the call has failed. Leaves the last error as it is. */
static void blame_call(const char *call)
{
    int error = WSAGetLastError();
    snprintf(blame, sizeof blame, ": %s had failed with it%s", call,
             name_of(error));
    blamed = (DWORD)error;
    WSASetLastError(error);
}

/* Which call the error came from, if we know. */
static const char *from_where(DWORD error)
{
    return error != 0 && error == blamed ? blame : "";
}

/* The block of malloc's that this address lies in, or NULL. */
static const GuardBlock *heap_block(const char *address)
{
    for (long i = guard_count - 1; i >= 0; i--) {
        const GuardBlock *found = &guard_blocks[i];
        if (found->memory != NULL && address >= found->memory &&
            address < found->memory + found->size)
            return found;
    }
    return NULL;
}

static int on_the_stack(const void *address)
{
    char here;
    ptrdiff_t distance = (const char *)address - &here;
    return heap_block(address) == NULL && distance < 256 * 1024 &&
           distance > -256 * 1024;
}

static int is_filling(const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((const unsigned char *)bytes)[i] != FILLING)
            return 0;
    return 1;
}

static void look_at_room(const char *from, const char *end)
{
    const char *block_end = (const char *)block + size_of_Accept;
    const GuardBlock *heap = heap_block(from);
    const char *heap_end = heap == NULL ? end : heap->memory + heap->size;
    require(!on_the_stack(from),
            "AcceptEx was given something on the stack, which is gone when "
            "accept_start returns: the system writes there when a client "
            "comes");
    require(from < (const char *)block || from >= block_end || end <= block_end,
            "the addresses take %ld bytes, and run over the end of Accept by "
            "%ld",
            (long)(end - from), (long)(end - block_end));
    require(end <= heap_end,
            "the addresses take %ld bytes, and run over the end of what malloc "
            "gave by %ld",
            (long)(end - from), (long)(end - heap_end));
    for (int i = 0; i <= ACCEPTS; i++)
        require(loans[i].overlapped == NULL || end <= loans[i].from ||
                    from >= loans[i].end,
                "two accepts are in flight, and both were given the same room "
                "for their addresses: what will stand there when two clients "
                "come?");
}

static void look_at_overlapped(const OVERLAPPED *overlapped)
{
    require(overlapped != NULL, "AcceptEx was called without an OVERLAPPED");
    require(!on_the_stack(overlapped),
            "AcceptEx was given an OVERLAPPED on the stack, which is gone when "
            "accept_start returns: the system writes there when a client "
            "comes");
    require((const void *)overlapped == block,
            "the OVERLAPPED that AcceptEx was given begins %ld bytes from "
            "where the Accept begins. Whoever takes the packet out has "
            "lpOverlapped, and passes it to accept_finish: what will that find "
            "there?",
            (long)((const char *)overlapped - (const char *)block));
    require(!is_filling(&overlapped->hEvent, sizeof overlapped->hEvent) &&
                !is_filling(&overlapped->Offset, sizeof overlapped->Offset),
            "the Accept was full of bytes 0x%X before accept_start, and so was "
            "the OVERLAPPED that AcceptEx got: its Offset is %#lx, and the "
            "event that it is to set %p",
            FILLING, overlapped->Offset, overlapped->hEvent);
}

BOOL WINAPI __wrap_AcceptEx(SOCKET s, SOCKET connection, void *buffer,
                            DWORD room, DWORD local, DWORD remote,
                            DWORD *received, OVERLAPPED *overlapped)
{
    Loan loan = {overlapped, buffer, (const char *)buffer + local + remote};
    int i = 0;
    require(room == 0,
            "dwReceiveDataLength is %lu: then AcceptEx ends with the first "
            "bytes, and a client that connects and says nothing keeps it "
            "waiting for ever",
            room);
    require(local >= sizeof *addresses + 16 && remote >= sizeof *addresses + 16,
            "AcceptEx was told of %lu and %lu bytes for the addresses: how "
            "many does its documentation want, for an address of %u?",
            local, remote, (unsigned)sizeof *addresses);
    look_at_overlapped(overlapped);
    look_at_room(loan.from, loan.end);
    called++;
    BOOL succeeded = __real_AcceptEx(s, connection, buffer, room, local, remote,
                                     received, overlapped);
    if (!succeeded && WSAGetLastError() != WSA_IO_PENDING) {
        refusal = (DWORD)WSAGetLastError();
        blame_call("AcceptEx");
        return FALSE;
    }
    while (i < ACCEPTS && loans[i].overlapped != NULL)
        i++;
    loans[i] = loan;
    if (!at_once)
        return succeeded;
    /* A client is there: wait for the end, and say that it came at once. The
       packet comes all the same. */
    for (int tries = 0; tries < 500; tries++)
        if (overlapped->Internal == STATUS_PENDING)
            pause_ms(1);
    succeeded = overlapped->Internal == 0;
    if (succeeded && received != NULL)
        *received = 0;
    WSASetLastError(succeeded ? WSAEWOULDBLOCK : WSA_IO_PENDING);
    return succeeded;
}

/* Whoever asks for the function's address gets ours. */
int WINAPI __wrap_WSAIoctl(SOCKET s, DWORD code, void *in, DWORD in_size,
                           void *out, DWORD out_size, DWORD *returned,
                           OVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    static const unsigned char accept_ex_guid[] = {
        0xF1, 0x7D, 0x36, 0xB5, 0xAC, 0xCB, 0xCF, 0x11,
        0x95, 0xCA, 0x00, 0x80, 0x5F, 0x48, 0xA1, 0x92};
    int result = __real_WSAIoctl(s, code, in, in_size, out, out_size, returned,
                                 overlapped, routine);
    if (result != 0) {
        blame_call("WSAIoctl");
    } else if (code == 0xC8000006 && in_size == sizeof accept_ex_guid &&
               memcmp(in, accept_ex_guid, sizeof accept_ex_guid) == 0 &&
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
    char call[64];
    BOOL context = level == SOL_SOCKET && name == SO_UPDATE_ACCEPT_CONTEXT;
    int result = -1;
    if (context && context_error != 0)
        WSASetLastError(context_error);
    else
        result = __real_setsockopt(s, level, name, value, size);
    if (context) {
        require(size == sizeof(SOCKET) && value != NULL,
                "SO_UPDATE_ACCEPT_CONTEXT was set with a value of %d bytes: it "
                "wants the address of the listener's SOCKET, and its size",
                size);
        memcpy(&updated_with, value, sizeof updated_with);
        updated = s;
    }
    if (result != 0) {
        int error = WSAGetLastError();
        snprintf(call, sizeof call, "setsockopt with level %#x, option %#x",
                 (unsigned)level, (unsigned)name);
        WSASetLastError(error);
        blame_call(call);
    }
    return result;
}

BOOL WINAPI __wrap_WSAGetOverlappedResult(SOCKET s, WSAOVERLAPPED *overlapped,
                                          DWORD *bytes, BOOL wait, DWORD *flags)
{
    BOOL succeeded =
        __real_WSAGetOverlappedResult(s, overlapped, bytes, wait, flags);
    if (!succeeded)
        blame_call("WSAGetOverlappedResult");
    return succeeded;
}

static SOCKET opened(SOCKET s)
{
    int i = 0;
    if (s == INVALID_SOCKET) {
        blame_call("socket");
        return s;
    }
    while (i < SOCKETS - 1 && open[i] != 0)
        i++;
    open[i] = s;
    return s;
}

SOCKET WINAPI __wrap_socket(int family, int type, int protocol)
{
    return opened(__real_socket(family, type, protocol));
}

SOCKET WINAPI __wrap_WSASocketA(int family, int type, int protocol, void *info,
                                unsigned group, DWORD flags)
{
    return opened(
        __real_WSASocketA(family, type, protocol, info, group, flags));
}

SOCKET WINAPI __wrap_WSASocketW(int family, int type, int protocol, void *info,
                                unsigned group, DWORD flags)
{
    return opened(
        __real_WSASocketW(family, type, protocol, info, group, flags));
}

int WINAPI __wrap_closesocket(SOCKET s)
{
    int i = 0;
    while (i < SOCKETS && (open[i] == 0 || open[i] != s))
        i++;
    for (int k = 0; k < LISTENERS; k++)
        require(calling == NULL || s != listeners[k],
                "%s has closed one socket too many, the listener: whose is it, "
                "and what becomes of the other accepts on it?",
                calling);
    require(calling == NULL || i < SOCKETS || s == INVALID_SOCKET,
            "%s has closed %llu, which is no open socket (any more): what if "
            "another thread has got a new socket by then, and with it that "
            "number?",
            calling, (unsigned long long)s);
    if (i < SOCKETS)
        open[i] = 0;
    int result = __real_closesocket(s);
    if (result == 0)
        WSASetLastError(0); /* a call that succeeds may do that */
    return result;
}

static int left_open(void)
{
    int count = 0;
    for (int i = 0; i < SOCKETS; i++)
        count += open[i] != 0;
    return count;
}

static void listen_on(int which)
{
    require(loopback_listen(&listeners[which], &addresses[which]) == 0 &&
                associate_socket(port, listeners[which], KEY) == 0,
            "no listener could be made");
}

static SOCKET connect_client(int which, struct sockaddr_in *name)
{
    int size = sizeof *name;
    SOCKET client = __real_socket(AF_INET, SOCK_STREAM, 0);
    require(connect(client, (struct sockaddr *)&addresses[which],
                    sizeof *addresses) == 0 &&
                getsockname(client, (struct sockaddr *)name, &size) == 0,
            "a client could not connect");
    return client;
}

/* Full of bytes that mean nothing. */
static Accept *new_accept(void)
{
    Accept *made = malloc(size_of_Accept);
    require(made != NULL, "no memory");
    return made;
}

static void nothing_lent_is_freed(void)
{
    for (int i = 0; i <= ACCEPTS; i++) {
        const GuardBlock *heap =
            loans[i].overlapped == NULL ? NULL : heap_block(loans[i].from);
        require(heap == NULL || !heap->freed,
                "the room for the addresses was freed when AcceptEx had "
                "returned: the system writes there when a client comes");
    }
}

static DWORD start(Accept *accept, SOCKET listener)
{
    block = accept;
    called = 0;
    refusal = blamed = 0;
    calling = "accept_start";
    DWORD error = accept_start(accept, listener);
    calling = NULL;
    nothing_lent_is_freed();
    return error;
}

static DWORD finish(Accept *accept, SOCKET *s)
{
    block = accept;
    updated = blamed = 0;
    *s = INVALID_SOCKET;
    calling = "accept_finish";
    DWORD error = accept_finish(accept, s);
    calling = NULL;
    return error;
}

/* Takes a packet out. What it points at is the Accept, or NULL: none comes. */
static Accept *take_packet(void)
{
    OVERLAPPED_ENTRY entry;
    ULONG count;
    if (get_queued_completion_status_ex(port, &entry, 1, &count, PATIENCE) != 0)
        return NULL;
    for (int i = 0; i <= ACCEPTS; i++)
        if (loans[i].overlapped == entry.lpOverlapped)
            loans[i].overlapped = NULL;
    return (Accept *)entry.lpOverlapped;
}

static void must_start(Accept *accept, int which)
{
    DWORD error = start(accept, listeners[which]);
    need(error == 0, "an accept starts, and nobody waits",
         "accept_start gave %lu, and no client was there yet%s%s", error,
         error == WSA_IO_PENDING ? ": that is no failure" : "",
         from_where(error));
    need(called == 1, "with AcceptEx",
         "accept_start has called AcceptEx %d times", called);
}

/* The packet is out, and its accept is to bring a connection from this client,
   who came to this listener. */
static SOCKET must_finish(Accept *accept, int which,
                          const struct sockaddr_in *client)
{
    struct sockaddr_in seen = {0};
    SOCKET connection;
    int size = sizeof seen;
    DWORD error = finish(accept, &connection);
    need(error == 0 && connection != INVALID_SOCKET, "it is accepted",
         error == 0 ? "a client was accepted, and accept_finish gave %lu and "
                      "no socket%s"
                    : "a client was accepted, and accept_finish gave %lu%s",
         error, from_where(error));
    need(updated == connection, "it takes over its listener's context",
         "SO_UPDATE_ACCEPT_CONTEXT was not set on the accepted socket: on "
         "Windows getpeername and shutdown on it fail with 10057, as if it "
         "were not connected");
    need(updated_with == listeners[which], "and from the right one",
         "SO_UPDATE_ACCEPT_CONTEXT wants the SOCKET of the listener that the "
         "client came to (%llu), and got %llu%s",
         (unsigned long long)listeners[which], (unsigned long long)updated_with,
         updated_with == listeners[1 - which]
             ? ", another listener's: how many can have accepts in flight?"
             : "");
    expect(getpeername(connection, (struct sockaddr *)&seen, &size) == 0 &&
               seen.sin_port == client->sin_port,
           "and knows its peer",
           "getpeername on the accepted socket failed, or named another "
           "client");
    return connection;
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

static void expect_closed(const char *function, int before)
{
    int left = left_open() - before;
    expect(left == 0, "its socket is closed",
           left > 0 ? "%s failed, nobody has a connection, and %d socket is "
                      "left open"
                    : "%s failed, and %d socket too many was closed",
           function, left > 0 ? left : -left);
}

static void clients(Accept *accepts[])
{
    static const int whose[ACCEPTS] = {0, 1, 0}; /* accept's listener */
    stage("starting three accepts, on two listeners");
    for (int i = 0; i < ACCEPTS; i++) {
        accepts[i] = new_accept();
        must_start(accepts[i], whose[i]);
    }
    for (int i = 0; i < ACCEPTS; i++) {
        struct sockaddr_in name;
        stage("client %d connects and says nothing", i + 1);
        SOCKET client = connect_client(whose[i], &name);
        Accept *accept = take_packet();
        need(accept != NULL, "its packet comes",
             "a client has connected, and no packet came");
        SOCKET connection = must_finish(accept, whose[i], &name);
        expect_welcome(client, connection);
        close_socket(connection);
        __real_closesocket(client);
    }
}

static void client_waits(Accept *accept)
{
    struct sockaddr_in name;
    stage("an accept for a client who waits already: AcceptEx is done at once");
    SOCKET client = connect_client(0, &name);
    at_once = 1;
    DWORD error = start(accept, listeners[0]);
    at_once = 0;
    need(error == 0, "that is no failure",
         "AcceptEx returned TRUE, and accept_start gave %lu: when does "
         "WSAGetLastError mean anything?",
         error);
    need(take_packet() == accept, "its packet comes",
         "AcceptEx returned TRUE, and its packet was not in the port");
    close_socket(must_finish(accept, 0, &name));
    __real_closesocket(client);
}

static void cancelled(Accept *accept)
{
    SOCKET connection;
    stage("an accept that is cancelled");
    int before = left_open();
    must_start(accept, 1);
    CancelIoEx((HANDLE)listeners[1], NULL);
    require(take_packet() == accept, "no packet came for a cancelled accept");
    DWORD status = (DWORD)((OVERLAPPED *)accept)->Internal;
    DWORD error = finish(accept, &connection);
    expect(error != 0, "its failure is told",
           "the accept was cancelled before anybody came, and accept_finish "
           "gave 0: how does one see how an operation ended?");
    expect(error == WSA_OPERATION_ABORTED, "and how it failed",
           "the accept was cancelled, which is Winsock's error 995, and "
           "accept_finish gave %lu (%#lx)%s",
           error, error,
           error == status ? ". That is what stood in Internal, an NTSTATUS: "
                             "whom can you ask what Winsock calls it?"
                           : "");
    expect_closed("accept_finish", before);
}

static void without_context(Accept *accept)
{
    struct sockaddr_in name;
    SOCKET connection;
    stage("a connection on which SO_UPDATE_ACCEPT_CONTEXT fails");
    int before = left_open();
    must_start(accept, 0);
    SOCKET client = connect_client(0, &name);
    require(take_packet() == accept, "no packet came for a client");
    context_error = WSAENETDOWN;
    DWORD error = finish(accept, &connection);
    context_error = 0;
    expect(error == WSAENETDOWN, "the error is told",
           error == 0 && left_open() == before
               ? "setsockopt failed with 10050, and accept_finish gave %lu, "
                 "but closed the socket: which call's error did you ask for?"
               : "setsockopt failed with 10050, and accept_finish gave %lu: is "
                 "the connection whole?",
           error);
    expect_closed("accept_finish", before);
    __real_closesocket(client);
}

static void listener_closed(Accept *accept)
{
    SOCKET connection;
    stage("an accept whose listener is closed");
    int before = left_open();
    must_start(accept, 1);
    close_socket(listeners[1]);
    require(take_packet() == accept, "no packet came for a closed listener");
    DWORD error = finish(accept, &connection);
    expect(error != 0, "its failure is told",
           "the listener was closed before anybody came, and accept_finish "
           "gave 0");
    expect_closed("accept_finish", before - 1);
}

static void refused(Accept *accept)
{
    stage("a listener that is no socket");
    int before = left_open();
    DWORD error = start(accept, (SOCKET)0x7FFFFFF0);
    expect(error != 0 || refusal != 0, "it is refused",
           "accept_start gave 0 for a listener that doesn't exist");
    expect(error != WSA_IO_PENDING && (refusal == 0 || error == refusal),
           "and why is told",
           "AcceptEx failed with %lu, and accept_start gave %lu: which call's "
           "error did you ask for?",
           refusal, error);
    expect_closed("accept_start", before);
}

void examine(const Checker *table)
{
    Accept *accepts[ACCEPTS];
    BEGIN(table);
    require(wsa_startup() == 0 && create_completion_port(&port) == 0,
            "no port could be made");
    for (int i = 0; i < LISTENERS; i++)
        listen_on(i);
    clients(accepts);
    cancelled(accepts[0]);
    client_waits(accepts[1]);
    without_context(accepts[2]);
    refused(new_accept());
    listener_closed(new_accept());
}
