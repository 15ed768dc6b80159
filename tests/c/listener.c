// steps: 07+
// wrap: WSASocketW WSAIoctl WSAGetOverlappedResult setsockopt calloc
// wrap: AcquireSRWLockExclusive
// libs: -lpsapi
/* What TcpListener promises: accepts stay in flight whatever clients do, whatever
   the system refuses, and nothing is left behind. */
#include "peers.h"

#include <stdlib.h>

#include "handles.h"
#include "tcplistener.h"

#define WSAEMFILE 10024
#define WSAEADDRINUSE 10048
#define WSAENOBUFS 10055
#define SO_UPDATE_ACCEPT_CONTEXT_ 0x700B

enum { DOOR = 77 }; /* the listener's token */

void WINAPI WSASetLastError(int iError);
DWORD WINAPI GetCurrentThreadId(void);
BOOL WINAPI GetHandleInformation(HANDLE handle, DWORD *flags);
int WINAPI getpeername(SOCKET s, struct sockaddr *name, int *namelen);

SOCKET WINAPI __real_WSASocketW(int, int, int, void *, unsigned, DWORD);
int WINAPI __real_WSAIoctl(SOCKET, DWORD, void *, DWORD, void *, DWORD, DWORD *,
                           WSAOVERLAPPED *, COMPLETION_ROUTINE);
BOOL WINAPI __real_WSAGetOverlappedResult(SOCKET, WSAOVERLAPPED *, DWORD *,
                                          BOOL, DWORD *);
int WINAPI __real_setsockopt(SOCKET, int, int, const char *, int);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void WINAPI __real_AcquireSRWLockExclusive(SRWLOCK *);

/* Each of these has its call fail with this error while it isn't 0. */
static atomic_int no_sockets, no_accepts, bad_accepts, no_context, no_memory;
static atomic_int socket_calls, accept_calls, results;

SOCKET WINAPI __wrap_WSASocketW(int family, int type, int protocol, void *info,
                                unsigned group, DWORD flags)
{
    socket_calls++;
    if (no_sockets == 0)
        return __real_WSASocketW(family, type, protocol, info, group, flags);
    WSASetLastError(no_sockets);
    return INVALID_SOCKET;
}

static ACCEPT_EX real_accept_ex;

static BOOL WINAPI our_accept_ex(SOCKET from, SOCKET s, void *buffer,
                                 DWORD size, DWORD local, DWORD remote,
                                 DWORD *received, OVERLAPPED *overlapped)
{
    accept_calls++;
    if (no_accepts == 0)
        return real_accept_ex(from, s, buffer, size, local, remote, received,
                              overlapped);
    WSASetLastError(no_accepts);
    return FALSE;
}

/* AcceptEx comes through WSAIoctl. */
int WINAPI __wrap_WSAIoctl(SOCKET s, DWORD code, void *in, DWORD in_size,
                           void *out, DWORD out_size, DWORD *bytes,
                           WSAOVERLAPPED *overlapped,
                           COMPLETION_ROUTINE routine)
{
    int failed = __real_WSAIoctl(s, code, in, in_size, out, out_size, bytes,
                                 overlapped, routine);
    if (failed == 0 && code == SIO_GET_EXTENSION_FUNCTION_POINTER &&
        ((GUID *)in)->Data1 == 0xb5367df1) {
        real_accept_ex = *(ACCEPT_EX *)out;
        *(ACCEPT_EX *)out = our_accept_ex;
    }
    return failed;
}

BOOL WINAPI __wrap_WSAGetOverlappedResult(SOCKET s, WSAOVERLAPPED *overlapped,
                                          DWORD *bytes, BOOL wait, DWORD *flags)
{
    results++;
    BOOL held =
        __real_WSAGetOverlappedResult(s, overlapped, bytes, wait, flags);
    if (bad_accepts == 0)
        return held;
    WSASetLastError(bad_accepts);
    return FALSE;
}

int WINAPI __wrap_setsockopt(SOCKET s, int level, int option, const char *value,
                             int size)
{
    if (option == SO_UPDATE_ACCEPT_CONTEXT_ && no_context != 0) {
        WSASetLastError(no_context);
        return -1;
    }
    return __real_setsockopt(s, level, option, value, size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return no_memory ? NULL : __real_calloc(count, size);
}

static SRWLOCK *watched;
static void (*before_lock)(void);

void WINAPI __wrap_AcquireSRWLockExclusive(SRWLOCK *lock)
{
    if (lock == watched && before_lock != NULL)
        before_lock();
    __real_AcquireSRWLockExclusive(lock);
}

static TcpListener door;
static unsigned short door_port;
static const char *host; /* the loopback, of either family */

static void open_door(void)
{
    must("listening", tcp_listener_open(&door, &registrator, DOOR, host, "0"));
    must("asking", tcp_listener_port(&door, &door_port));
}

static struct sockaddr_in6 door_address(int *size)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_addr = {[15] = 1}};
    struct sockaddr_in four = {.sin_family = AF_INET,
                               .sin_addr = htonl(0x7F000001)};
    *size = sizeof address;
    if (strcmp(host, "::1") != 0) {
        memcpy(&address, &four, sizeof four);
        *size = sizeof four;
    }
    /* It is in the same place for both. */
    address.sin6_port = (unsigned short)(door_port << 8 | door_port >> 8);
    return address;
}

/* A client whose reads end in time; not one of the step's. */
static SOCKET knock(void)
{
    DWORD patience = PATIENCE;
    int size;
    struct sockaddr_in6 address = door_address(&size);
    SOCKET s = __real_WSASocketW(address.sin6_family, 1, 0, NULL, 0, 1);
    must("connecting", (DWORD)connect(s, (struct sockaddr *)&address, size));
    __real_setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&patience,
                      sizeof patience);
    return s;
}

/* Polls until the next connection can be taken; at once if one can. */
static DWORD let_in(TcpStream *stream)
{
    DWORD error = tcp_listener_accept(&door, stream);
    unsigned long long end = GetTickCount64() + PATIENCE;
    while (error == WSAEWOULDBLOCK && GetTickCount64() < end) {
        Event event;
        Events events = {.list = &event, .capacity = 1};
        must("polling", poll_wait(&poll, &events, A_WHILE));
        error = tcp_listener_accept(&door, stream);
    }
    return error;
}

static BOOL same_port(SOCKET client, SOCKET server)
{
    struct sockaddr_in6 near_end = {0}, far_end = {0};
    int one = sizeof near_end, two = sizeof far_end;
    must("asking", (DWORD)getsockname(client, (void *)&near_end, &one));
    if (getpeername(server, (void *)&far_end, &two) != 0)
        return FALSE;
    return near_end.sin6_port == far_end.sin6_port;
}

/* Echoes one word through a stream that has been let in. */
static BOOL serves(TcpStream *stream, SOCKET client)
{
    char text[8] = "";
    DWORD count;
    must("registering", await(stream, 5));
    say(client, "hello");
    must("hearing", next_event().error);
    must("reading", tcp_stream_read(stream, text, sizeof text, &count));
    must("writing", write_bytes(stream, text, count));
    return recv(client, text, sizeof text, 0) == 5 &&
           memcmp(text, "hello", 5) == 0;
}

static BOOL serves_next(void)
{
    TcpStream stream;
    SOCKET client = knock();
    must("letting in", let_in(&stream));
    BOOL served = serves(&stream, client);
    close_socket(client);
    tcp_stream_close(&stream);
    return served;
}

/* Takes whatever events are there. */
static void sweep(void)
{
    while (!silence())
        ;
}

static void one_client(void)
{
    TcpStream stream;
    char text[8];
    DWORD count;
    sweep();
    open_door();
    is((unsigned)poll.loop->selector.lent, TCP_LISTENER_ACCEPTS,
       "%s: accepts are in flight", host);
    is(tcp_listener_accept(&door, &stream), WSAEWOULDBLOCK,
       "there is nobody yet");
    /* It says nothing, and is accepted all the same. */
    SOCKET client = knock();
    Event event = next_event();
    ok(event.token == DOOR && event.ready == READABLE && event.error == 0,
       "a client is told");
    is(tcp_listener_accept(&door, &stream), 0, "and accepted");
    ok(same_port(client, socket_of(&stream)),
       "the accepted socket knows its peer");
    is((unsigned)poll.loop->selector.lent, TCP_LISTENER_ACCEPTS,
       "and another accept is in flight");
    is(tcp_stream_read(&stream, text, sizeof text, &count), WSAEWOULDBLOCK,
       "it does not wait");
    is(tcp_stream_set_mark(&stream, 100), 0, "it has its own mark");
    ok(serves(&stream, client), "it is served");
    is(tcp_stream_shutdown(&stream), 0, "its sending can be ended");
    sweep();
    is((unsigned)recv(client, text, 1, 0), 0, "so that the client sees it");
    DWORD flags = 1;
    GetHandleInformation((HANDLE)socket_of(&stream), &flags);
    is(flags & 1, 0, "no child inherits it");
    flags = 1;
    GetHandleInformation(
        *(HANDLE *)((char *)door.listener + offsetof(Source, socket)), &flags);
    is(flags & 1, 0, "nor the listener");
    close_socket(client);
    tcp_stream_close(&stream);
    is(tcp_listener_close(&door), 0, "and the listener is closed");
    is(tcp_listener_close(&door), WSAENOTSOCK, "once");
    is(tcp_listener_accept(&door, &stream), WSAENOTSOCK, "then it is none");
    is(tcp_listener_port(&door, &door_port), WSAENOTSOCK, "without a port");
    ok(silence(), "and tells nothing");
    is((unsigned)poll.loop->selector.lent, 0, "its accepts are back");
}

static void bursts(int count)
{
    SOCKET clients[200];
    int right = 0;
    open_door();
    for (int i = 0; i < count; i++)
        clients[i] = knock();
    for (int i = 0; i < count; i++) {
        TcpStream stream;
        must("letting in", let_in(&stream));
        right += same_port(clients[i], socket_of(&stream));
        tcp_stream_close(&stream);
    }
    is((unsigned)right, (unsigned)count,
       "%d clients at once, each served in its turn", count);
    TcpStream stream;
    sweep();
    is(tcp_listener_accept(&door, &stream), WSAEWOULDBLOCK, "and no more");
    is((unsigned)poll.loop->selector.lent, TCP_LISTENER_ACCEPTS,
       "all accepts are in flight again");
    for (int i = 0; i < count; i++)
        close_socket(clients[i]);
    tcp_listener_close(&door);
}

/* Not taken for a while: neither lost nor closed. */
static void a_slow_program(void)
{
    TcpStream streams[3];
    SOCKET clients[3];
    int in_turn = 0;
    open_door();
    clients[0] = knock();
    must("a client", next_event().error);
    ok(silence(), "a client that is not taken is told once");
    say(clients[0], "x");
    for (int i = 1; i < 3; i++) {
        clients[i] = knock();
        must("a client", next_event().error);
    }
    for (int i = 0; i < 3; i++) {
        must("letting in", tcp_listener_accept(&door, &streams[i]));
        in_turn += same_port(clients[i], socket_of(&streams[i]));
    }
    is((unsigned)in_turn, 3, "later ones wait behind it");
    must("registering", await(&streams[0], 1));
    is(next_event().bytes, 1, "what it has said is there");
    for (int i = 0; i < 3; i++) {
        close_socket(clients[i]);
        tcp_stream_close(&streams[i]);
    }
    tcp_listener_close(&door);
}

/* They reset before they are accepted, or as they are. */
static void rude_clients(void)
{
    int told = 0;
    open_door();
    for (int i = 0; i < 100; i++) {
        TcpStream stream;
        Event event;
        Events events = {.list = &event, .capacity = 1};
        reset(knock());
        if (i % 3 == 0)
            must("polling", poll_wait(&poll, &events, 0));
        if (i % 7 == 0)
            while (tcp_listener_accept(&door, &stream) == 0) {
                told++;
                tcp_stream_close(&stream);
            }
    }
    ok(told <= 100, "a hundred that reset: %d were still there", told);
    for (;;) {
        TcpStream stream;
        Event event;
        Events events = {.list = &event, .capacity = 1};
        must("polling", poll_wait(&poll, &events, A_WHILE));
        if (tcp_listener_accept(&door, &stream) != 0)
            break;
        tcp_stream_close(&stream);
    }
    ok(serves_next(), "the next one is served");
    sweep();
    is((unsigned)poll.loop->selector.lent, TCP_LISTENER_ACCEPTS,
       "all accepts are in flight");
    tcp_listener_close(&door);
}

/* What only Windows tells: that the client has gone. */
static void gone_clients(void)
{
    TcpStream stream;
    open_door();
    no_context = WSAENOTCONN;
    close_socket(knock());
    ok(silence(), "one that has gone before its context could be set");
    is(tcp_listener_accept(&door, &stream), WSAEWOULDBLOCK, "is not told");
    no_context = 0;
    bad_accepts = WSAECONNRESET;
    close_socket(knock());
    ok(silence(), "nor one whose accept failed");
    bad_accepts = 0;
    is((unsigned)poll.loop->selector.lent, TCP_LISTENER_ACCEPTS,
       "both accepts are in flight again");
    ok(serves_next(), "and the next one is served");
    tcp_listener_close(&door);
}

/* Tries now and then, as a program of this step has to. Returns what the last
   try said. */
static DWORD now_and_then(TcpStream *stream)
{
    DWORD error = WSAEWOULDBLOCK;
    for (int i = 0; i < 30 && error != 0; i++) {
        Event event;
        Events events = {.list = &event, .capacity = 1};
        must("polling", poll_wait(&poll, &events, 100));
        error = tcp_listener_accept(&door, stream);
    }
    return error;
}

/* The system has nothing left for new accepts; then it has again. */
static void refused(atomic_int *refuser, int error, const char *what)
{
    TcpStream streams[TCP_LISTENER_ACCEPTS + 1];
    SOCKET clients[TCP_LISTENER_ACCEPTS + 1];
    int n = 0;
    open_door();
    *refuser = error;
    for (; n < TCP_LISTENER_ACCEPTS; n++) {
        clients[n] = knock();
        must("letting in", let_in(&streams[n]));
    }
    clients[n] = knock();
    sweep();
    socket_calls = accept_calls = 0;
    is(tcp_listener_accept(&door, &streams[n]), (DWORD)error,
       "%s: no accept is in flight, which is told", what);
    is(poll.loop->selector.lent, 0, "none");
    sweep();
    ok(socket_calls <= 4 && accept_calls <= 4,
       "nothing spins: %d sockets, %d accepts tried", (int)socket_calls,
       (int)accept_calls);
    *refuser = 0;
    is(now_and_then(&streams[n]), 0, "it goes on when there is room again");
    ok(same_port(clients[n], socket_of(&streams[n])), "with the next client");
    sweep();
    is(tcp_listener_accept(&door, &streams[0]), WSAEWOULDBLOCK,
       "the last there is");
    is((unsigned)poll.loop->selector.lent, TCP_LISTENER_ACCEPTS,
       "all accepts are in flight");
    for (int i = 0; i <= n; i++) {
        close_socket(clients[i]);
        if (i > 0)
            tcp_stream_close(&streams[i]);
    }
    tcp_listener_close(&door);
}

/* Their packets say so, not their starts. */
static void refused_by_packet(void)
{
    TcpStream stream;
    Event event;
    Events events = {.list = &event, .capacity = 1};
    int told = 0;
    open_door();
    bad_accepts = WSAENOBUFS;
    accept_calls = 0;
    for (int i = 0; i < TCP_LISTENER_ACCEPTS; i++)
        close_socket(knock());
    for (int i = 0; i < 3 * TCP_LISTENER_ACCEPTS && told < TCP_LISTENER_ACCEPTS;
         i++) {
        must("polling", poll_wait(&poll, &events, A_WHILE));
        told += events.count == 1 && event.token == DOOR &&
                event.error == WSAENOBUFS;
    }
    is((unsigned)told, TCP_LISTENER_ACCEPTS, "accepts that fail are told");
    is((unsigned)accept_calls, 0, "not started again at once for ever");
    bad_accepts = 0;
    (void)tcp_listener_accept(&door, &stream);
    ok(serves_next(), "and go on when they can");
    tcp_listener_close(&door);
}

static void no_memory_for_a_stream(void)
{
    TcpStream stream;
    open_door();
    SOCKET client = knock();
    must("a client", next_event().error);
    no_memory = 1;
    is(tcp_listener_accept(&door, &stream), ERROR_NOT_ENOUGH_MEMORY,
       "a client for whom there is no memory");
    no_memory = 0;
#if STEP >= 8
    Event event = next_event();
    ok(event.token == DOOR && event.error == 0, "is told again");
#endif
    is(tcp_listener_accept(&door, &stream), 0, "is not lost");
    ok(serves(&stream, client), "and is served");
    close_socket(client);
    tcp_stream_close(&stream);
    tcp_listener_close(&door);
}

#if STEP >= 8
/* A program that takes one connection for each event, and never tries again by
   itself, is served for ever, too. */
static void one_for_each_event(void)
{
    TcpStream stream;
    open_door();
    no_sockets = WSAEMFILE;
    for (int i = 0; i < TCP_LISTENER_ACCEPTS; i++) {
        close_socket(knock());
        must("a client", next_event().error);
        must("letting in", tcp_listener_accept(&door, &stream));
        tcp_stream_close(&stream);
    }
    is(poll.loop->selector.lent, 0, "no accept is in flight");
    is(next_event().error, WSAEMFILE, "and a retry that fails is told");
    no_sockets = 0;
    SOCKET client = knock();
    is(next_event().error, 0, "one that succeeds brings the next client");
    must("letting in", tcp_listener_accept(&door, &stream));
    close_socket(client);
    tcp_stream_close(&stream);
    tcp_listener_close(&door);
}

static atomic_int stage;
static DWORD closer;

static void stop_the_closer(void)
{
    static int locks;
    if (GetCurrentThreadId() == closer && ++locks == 2) {
        stage = 2;
        while (stage == 2)
            Sleep(0);
    }
}

static unsigned WINAPI close_it(void *unused)
{
    (void)unused;
    closer = GetCurrentThreadId();
    before_lock = stop_the_closer;
    tcp_listener_close(&door);
    return 0;
}

/* An accept fails while another thread is closing. */
static void closed_in_trouble(void)
{
    HANDLE thread;
    Event event;
    Events events = {.list = &event, .capacity = 1};
    sweep();
    open_door();
    watched = (SRWLOCK *)door.listener; /* a Source begins with it */
    bad_accepts = WSAENOBUFS;
    close_socket(knock());
    Sleep(20);
    must("a thread", start_thread(&thread, close_it, NULL));
    while (stage != 2)
        Sleep(0);
    must("polling", poll_wait(&poll, &events, 0));
    stage = 3;
    must("joining", join_thread(thread));
    before_lock = NULL;
    bad_accepts = 0;
    is(poll.loop->selector.timers.count, 0,
       "a listener closed in trouble leaves no timer");
}
#endif

static void closed_while_busy(void)
{
    SOCKET clients[TCP_LISTENER_ACCEPTS + 4];
    int count = TCP_LISTENER_ACCEPTS + 4;
    TcpStream stream;
    char byte;
    open_door(); /* what Winsock opens for itself is open */
    tcp_listener_close(&door);
    sweep();
    int handles = handle_count();
    open_door();
    for (int i = 0; i < count; i++)
        clients[i] = knock();
    must("letting in", let_in(&stream));
    tcp_stream_close(&stream);
    Event event;
    Events events = {.list = &event, .capacity = 1};
    for (int i = 0; i < 5; i++) /* some are ready, some in the port */
        must("polling", poll_wait(&poll, &events, 0));
    is(tcp_listener_close(&door), 0, "closed with clients who wait");
    ok(silence(), "it tells of none");
    is(poll.loop->selector.lent, 0, "its packets are out");
    int ended = 0;
    for (int i = 0; i < count; i++) {
        ended += recv(clients[i], &byte, 1, 0) <= 0;
        close_socket(clients[i]);
    }
    is((unsigned)ended, (unsigned)count, "each of them sees the end");
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
}

static void address_in_use(void)
{
    TcpListener second;
    char number[8];
    open_door();
    snprintf(number, sizeof number, "%u", door_port);
    int handles = handle_count(), open = poll.loop->selector.open;
    is(tcp_listener_open(&second, &registrator, 1, host, number), WSAEADDRINUSE,
       "an address that is taken");
    is((unsigned)handle_count(), (unsigned)handles, "leaves no handle");
    is(poll.loop->selector.open, (unsigned)open, "nor a source");
    is(tcp_listener_accept(&second, &(TcpStream){0}), WSAENOTSOCK,
       "there is no listener");
    ok(serves_next(), "the first is not disturbed");
    is(tcp_listener_open(&second, &registrator, 1, "no such host", "0"),
       WSAHOST_NOT_FOUND, "a host that is none");
    tcp_listener_close(&door);
}

static void thousand_in_turn(void)
{
    open_door();
    for (int i = 0; i < 100; i++)
        must("serving", !serves_next());
    sweep();
    int handles = handle_count(), right = 0;
    for (int i = 0; i < 1000; i++)
        right += serves_next();
    sweep();
    is((unsigned)right, 1000, "a thousand clients in turn");
    is((unsigned)handle_count(), (unsigned)handles, "leave no handle");
    is((unsigned)poll.loop->selector.lent, TCP_LISTENER_ACCEPTS,
       "and as many accepts in flight as ever");
    is(poll.loop->selector.open, 1, "nor a source");
    tcp_listener_close(&door);
}

static void after_the_loop(void)
{
    int handles = handle_count();
    must("closing the loop", registrator_close_loop(&registrator));
    is(tcp_listener_open(&door, &registrator, DOOR, host, "0"),
       ERROR_ABANDONED_WAIT_0, "no listener on a closed loop");
    is((unsigned)handle_count(), (unsigned)handles, "nor a handle of it");
}

static void of_one_family(const char *loopback)
{
    host = loopback;
    one_client();
    bursts(3 * TCP_LISTENER_ACCEPTS);
    bursts(200);
    a_slow_program();
    rude_clients();
    gone_clients();
    refused(&no_sockets, WSAEMFILE, "no sockets left");
    refused(&no_accepts, WSAENOBUFS, "no memory left");
    refused_by_packet();
    no_memory_for_a_stream();
    closed_while_busy();
    address_in_use();
}

int main(void)
{
    set_up();
    of_one_family("::1");
    of_one_family("127.0.0.1");
#if STEP >= 8
    one_for_each_event();
    closed_in_trouble();
#endif
    thousand_in_turn();
    after_the_loop();
    tear_down();
    return done_testing();
}
