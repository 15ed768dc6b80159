// wrap: WSAIoctl GetQueuedCompletionStatusEx WSASocketW closesocket malloc calloc realloc free
// sizes: TcpListener
/* Counts the accepts in flight, has clients come one by one, and sees to it that
   what is lent stays where it is. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "poll.h"
#include "tcplistener.h"

/* guard.h's, to be looked at before it is done. */
#define __wrap_free guard_free
#define __wrap_malloc guard_malloc
#define __wrap_calloc guard_calloc
#define __wrap_realloc guard_realloc
#include "guard.h"
#undef __wrap_free
#undef __wrap_malloc
#undef __wrap_calloc
#undef __wrap_realloc
void __wrap_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

enum {
    ACCEPT_EX_ID = (int)0xb5367df1, /* how its GUID begins */
    LENT = 512,
    CLIENTS = 32,
    LISTENER = 1,
    SETTLED = 20,
    PATIENCE = 1000,
    NO_BUFFERS = 10055
};

extern const unsigned long long size_of_TcpListener;

int WINAPI connect(SOCKET s, const struct sockaddr *name, int namelen);
int WINAPI getpeername(SOCKET s, struct sockaddr *name, int *namelen);
void WINAPI WSASetLastError(int);
WRAPPED(WSAIoctl);
WRAPPED(GetQueuedCompletionStatusEx);
WRAPPED(WSASocketW);
WRAPPED(closesocket);

static Poll the_poll;
static Registrator registrator;
static TcpListener *listener;
static int living; /* blocks before there was a listener */

static ACCEPT_EX real_accept_ex;
static const char *lent[LENT]; /* OVERLAPPEDs of accepts in flight, or NULL */
static int in_flight;
static int landed; /* packets of accepts, taken out */
static int failed; /* accepts whose packet says that they were cut off */
static int can_start = -1; /* so many more accepts; -1: any number */
static int sockets;        /* open */
static BOOL no_memory;

static const char **lent_place(const void *overlapped)
{
    for (int i = 0; i < LENT; i++)
        if (lent[i] == overlapped)
            return &lent[i];
    return NULL;
}

static BOOL WINAPI accept_ex(SOCKET s, SOCKET to, void *buffer, DWORD receive,
                             DWORD local, DWORD remote, DWORD *bytes,
                             OVERLAPPED *overlapped)
{
    if (lent_place(overlapped) != NULL)
        need(0, "one accept for each operation",
             "AcceptEx was given an OVERLAPPED that another accept had: whose "
             "packet is it that comes?");
    if (can_start == 0) {
        WSASetLastError(NO_BUFFERS);
        return FALSE;
    }
    can_start -= can_start > 0;
    const char **place = lent_place(NULL);
    require(place != NULL, "%d accepts are in flight, and more are started",
            in_flight);
    *place = (const char *)overlapped;
    in_flight++;
    BOOL done = real_accept_ex(s, to, buffer, receive, local, remote, bytes,
                               overlapped);
    if (!done && WSAGetLastError() != WSA_IO_PENDING) {
        *place = NULL;
        in_flight--;
    }
    return done;
}

int WINAPI __wrap_WSAIoctl(SOCKET s, DWORD code, void *in, DWORD in_size,
                           void *out, DWORD out_size, DWORD *bytes,
                           WSAOVERLAPPED *overlapped,
                           COMPLETION_ROUTINE routine)
{
    static const ACCEPT_EX ours = accept_ex;
    int result = __real_WSAIoctl(s, code, in, in_size, out, out_size, bytes,
                                 overlapped, routine);
    if (result == 0 && code == SIO_GET_EXTENSION_FUNCTION_POINTER &&
        *(int *)in == ACCEPT_EX_ID) {
        memcpy(&real_accept_ex, out, sizeof real_accept_ex);
        memcpy(out, &ours, sizeof ours);
    }
    return result;
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    const unsigned long cancelled = 0xC0000120;
    BOOL done = __real_GetQueuedCompletionStatusEx(port, entries, capacity,
                                                   removed, timeout, alertable);
    for (ULONG i = 0; done && i < *removed; i++) {
        const OVERLAPPED *overlapped = entries[i].lpOverlapped;
        const char **place = overlapped == NULL ? NULL : lent_place(overlapped);
        if (place == NULL)
            continue;
        failed += (unsigned long)overlapped->Internal == cancelled;
        *place = NULL;
        in_flight--;
        landed++;
    }
    return done;
}

SOCKET WINAPI __wrap_WSASocketW(int family, int type, int protocol, void *info,
                                unsigned group, DWORD flags)
{
    SOCKET s = __real_WSASocketW(family, type, protocol, info, group, flags);
    sockets += s != INVALID_SOCKET;
    return s;
}

int WINAPI __wrap_closesocket(SOCKET s)
{
    int result = __real_closesocket(s);
    sockets -= result == 0;
    return result;
}

void *__wrap_malloc(size_t size)
{
    return no_memory ? NULL : guard_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return no_memory ? NULL : guard_calloc(count, size);
}

void __wrap_free(void *memory)
{
    const GuardBlock *block = memory == NULL ? NULL : guard_find(memory);
    for (int i = 0; block != NULL && i < LENT; i++)
        if (lent[i] != NULL && (size_t)(lent[i] - block->memory) < block->size)
            need(0, "what is lent stays where it is",
                 "memory was freed or moved that holds the OVERLAPPED of an "
                 "accept in flight: where will the system write that a client "
                 "has come?");
    guard_free(memory);
}

void *__wrap_realloc(void *memory, size_t size)
{
    const GuardBlock *block = memory == NULL ? NULL : guard_find(memory);
    void *moved = __wrap_malloc(size);
    if (moved != NULL && block != NULL) {
        memcpy(moved, memory, block->size < size ? block->size : size);
        __wrap_free(memory);
    }
    return moved;
}

/* Handles the packets of so many accepts, as soon as they come. */
static void handle(int count)
{
    Event list[8];
    Events events = {.list = list, .capacity = 8};
    int until = landed + count;
    unsigned long start = milliseconds();
    do
        require(poll_wait(&the_poll, &events, SETTLED) == 0,
                "the loop can't wait");
    while (landed < until && milliseconds() - start < PATIENCE);
}

static SOCKET clients[CLIENTS];
static int came, taken;

/* So many clients more, each connected before the next. */
static void come(int count)
{
    static const unsigned char loopback[4] = {127, 0, 0, 1};
    struct sockaddr_in address = {.sin_family = AF_INET};
    unsigned short port;
    require(tcp_listener_port(listener, &port) == 0,
            "the listener has no port");
    address.sin_port = (unsigned short)(port << 8 | port >> 8);
    memcpy(&address.sin_addr, loopback, sizeof loopback);
    for (int i = 0; i < count; i++, came++)
        require(open_socket(AF_INET, &clients[came]) == 0 &&
                    connect(clients[came], (struct sockaddr *)&address,
                            sizeof address) == 0,
                "a client can't connect");
    handle(count);
}

static unsigned short local_port_of(SOCKET s)
{
    unsigned short port;
    require(local_port(s, &port) == 0, "a client has no port");
    return port;
}

/* Takes so many, each of whom must be the next that came. */
static void take(int count)
{
    for (int i = 0; i < count; i++, taken++) {
        TcpStream stream;
        struct sockaddr_in address;
        int size = sizeof address;
        DWORD error = tcp_listener_accept(listener, &stream);
        if (error != 0)
            need(0, "those who came are handed out",
                 "client %d had connected, and tcp_listener_accept gave error "
                 "%lu",
                 taken + 1, error);
        require(getpeername(stream.connection->source.socket,
                            (struct sockaddr *)&address, &size) == 0,
                "a connection has no other end");
        unsigned short port =
            (unsigned short)(address.sin_port << 8 | address.sin_port >> 8);
        if (port != local_port_of(clients[taken]))
            need(0, "in their order",
                 "client %d was to be handed out, and it was another: who came "
                 "first?",
                 taken + 1);
        tcp_stream_close(&stream);
    }
}

static void begin(void)
{
    living = guard_living();
    sockets = came = taken = failed = 0;
    can_start = -1;
    listener = calloc(1, size_of_TcpListener);
    require(listener != NULL &&
                tcp_listener_open(listener, &registrator, LISTENER, "127.0.0.1",
                                  "0") == 0,
            "no listener could be opened");
    need(in_flight == TCP_LISTENER_ACCEPTS, "sixteen, unless set",
         "a new listener has %d accepts in flight", in_flight);
}

static void end(const char *when)
{
    for (int i = 0; i < came; i++)
        close_socket(clients[i]);
    require(tcp_listener_close(listener) == 0, "tcp_listener_close failed");
    handle(in_flight);
    DWORD error = tcp_listener_set_accepts(listener, 8);
    expect(error == WSAENOTSOCK, "a closed listener has none",
           "tcp_listener_set_accepts of a closed one gave %lu", error);
    free(listener);
    expect(
        sockets == 0, "closing leaves no socket",
        "a listener was closed %s, its packets were out, and %d sockets were "
        "still open",
        when, sockets);
    expect(guard_living() == living, "closing leaves no memory",
           "a listener was closed %s, its packets were out, and %d blocks of "
           "memory were still allocated",
           when, guard_living() - living);
}

static DWORD set(ULONG accepts)
{
    stage("asked for %lu accepts", accepts);
    return tcp_listener_set_accepts(listener, accepts);
}

static void check_more(void)
{
    begin();
    DWORD error = set(300);
    need(error == 0, "more can be asked for",
         "asked for 300 accepts: error %lu", error);
    need(in_flight == 300, "and are in flight at once",
         "asked for 300 accepts, and when the call had returned %d were in "
         "flight",
         in_flight);
    come(20);
    expect(
        in_flight == 280, "who is ready has a place",
        "20 of 300 have a client that nobody has taken, and %d are in flight",
        in_flight);
    take(20);
    expect(in_flight == 300, "who is taken gives it back",
           "20 clients were taken, and %d of 300 accepts are in flight",
           in_flight);
    stage("closing with 300 accepts in flight");
    end("with 300 accepts in flight");
}

static void check_fewer(void)
{
    begin();
    require(set(20) == 0 && in_flight == 20, "there are no 20 accepts");
    come(2);
    DWORD error = set(3);
    handle(0);
    need(error == 0, "fewer can be asked for", "asked for 3: error %lu", error);
    need(
        in_flight == 18 && failed == 0, "nothing is cut off",
        "18 accepts were in flight and 2 were ready when 3 were asked for; "
        "now %d are in flight, and %d were cancelled: what becomes of a client "
        "who comes in that moment?",
        in_flight, failed);
    take(2);
    come(10);
    take(10);
    need(in_flight == 8, "and none is started while there are enough",
         "3 accepts were asked for while there were 20, 12 clients came and "
         "were "
         "taken: %d are in flight",
         in_flight);
    come(8);
    take(8);
    need(in_flight == 3, "until there are as many as that",
         "3 accepts were asked for while there were 20, 20 clients came and "
         "were "
         "taken: %d are in flight",
         in_flight);
    come(2);
    need(in_flight == 1, "who is ready counts",
         "3 accepts, and 2 have a client that nobody has taken: %d are in "
         "flight",
         in_flight);

    error = set(5);
    need(error == 0 && in_flight == 3, "also when there are to be more",
         "5 accepts were asked for while 2 were ready and 1 in flight: error "
         "%lu, and then %d are in flight",
         error, in_flight);
    error = set(40);
    need(error == 0 && in_flight == 38, "more again",
         "40 accepts were asked for with 2 ready: error %lu, %d in flight",
         error, in_flight);
    take(2);
    stage("closing with clients that nobody has taken");
    come(3);
    end("with 3 clients that nobody had taken");
}

static void check_errors(void)
{
    begin();
    DWORD error = set(0);
    expect(error == ERROR_INVALID_PARAMETER, "0 is refused",
           "asked for 0 accepts: error %lu", error);
    require(set(20) == 0 && set(16) == 0, "there are no 20 accepts, or no 16");
    come(4);
    take(4);
    require(in_flight == 16, "after 20 accepts and then 16, there are %d",
            in_flight);
    no_memory = TRUE;
    error = set(24);
    no_memory = FALSE;
    expect(error == ERROR_NOT_ENOUGH_MEMORY, "no memory is an error",
           "asked for 24 accepts, there was no memory, and the error was %lu",
           error);
    come(1);
    take(1);
    expect(
        in_flight == 16, "and then all is as it was",
        "there was no memory for 24 accepts; a client came and was taken, and "
        "of 16 accepts %d are in flight",
        in_flight);

    can_start = 4;
    error = set(24);
    expect(
        error == 0 && in_flight == 20, "some are better than none",
        "asked for 24 accepts, and of the new ones 4 could be started: error "
        "%lu with %d in flight. Will nobody be accepted any more?",
        error, in_flight);
    can_start = -1;
    TcpStream stream;
    error = tcp_listener_accept(listener, &stream);
    expect(error == WSAEWOULDBLOCK && in_flight == 24, "the rest comes later",
           "asked for 24 accepts, 4 could not be started; the next "
           "tcp_listener_accept gave %lu, with %d in flight",
           error, in_flight);
    stage("no accept can be started");
    can_start = 0;
    come(24);
    error = set(26);
    expect(error == NO_BUFFERS, "none at all is an error",
           "24 clients wait to be taken, asked for 26 accepts, none could be "
           "started, with error %d: and the call gave %lu. Who will tell the "
           "program that nobody is accepted any more?",
           NO_BUFFERS, error);
    can_start = -1;
    take(1);
    expect(in_flight == 3, "the number holds all the same",
           "26 accepts were asked for and could not be started; then one of 24 "
           "was taken: %d are in flight",
           in_flight);
    end("with 23 clients that nobody had taken");
}

void examine(const Checker *table)
{
    BEGIN(table);
    require(wsa_startup() == 0 && poll_create(&the_poll) == 0 &&
                poll_registrator(&the_poll, &registrator) == 0,
            "no poll could be made");
    check_more();
    check_fewer();
    check_errors();
    stage("the end");
    require(poll_destroy(&the_poll) == 0 &&
                registrator_release(&registrator) == 0,
            "the loop can't be closed");
}
