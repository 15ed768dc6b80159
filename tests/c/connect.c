// steps: 07+
// wrap: getaddrinfo freeaddrinfo WSAIoctl WSASocketW PostQueuedCompletionStatus
/* What tcp_stream_connect promises: it never waits, tries each address in turn,
   tells once, and sends what was written ahead. */
#include "peers.h"

#include "handles.h"

#define WSAENETUNREACH 10051

void WINAPI WSASetLastError(int iError);
void WINAPI SetLastError(DWORD error);
BOOL WINAPI GetHandleInformation(HANDLE handle, DWORD *flags);
int WINAPI getpeername(SOCKET s, struct sockaddr *name, int *namelen);
int WINAPI __real_getaddrinfo(const char *, const char *,
                              const struct addrinfo *, struct addrinfo **);
void WINAPI __real_freeaddrinfo(struct addrinfo *);
int WINAPI __real_WSAIoctl(SOCKET, DWORD, void *, DWORD, void *, DWORD, DWORD *,
                           WSAOVERLAPPED *, COMPLETION_ROUTINE);
SOCKET WINAPI __real_WSASocketW(int, int, int, void *, unsigned, DWORD);
BOOL WINAPI __real_PostQueuedCompletionStatus(HANDLE, DWORD, ULONG_PTR,
                                              OVERLAPPED *);

/* Names that are looked up without asking anybody: the addresses that "many.test"
   has, "none.test", and "slow.test", which takes until it is let go. */
static struct addrinfo many[4];
static struct sockaddr_in6 addresses[4];
static atomic_bool let_go;
static atomic_int lists; /* lent by getaddrinfo, not yet given back */

int WINAPI __wrap_getaddrinfo(const char *host, const char *service,
                              const struct addrinfo *hints,
                              struct addrinfo **result)
{
    if (hints->ai_flags == 0 && strcmp(host, "none.test") == 0)
        return WSAHOST_NOT_FOUND;
    lists++;
    if (hints->ai_flags == 0 && strcmp(host, "many.test") == 0) {
        *result = many;
        return 0;
    }
    if (hints->ai_flags == 0 && strcmp(host, "slow.test") == 0) {
        while (!let_go)
            Sleep(1);
        host = "127.0.0.1";
    }
    int error = __real_getaddrinfo(host, service, hints, result);
    lists -= error != 0;
    return error;
}

void WINAPI __wrap_freeaddrinfo(struct addrinfo *list)
{
    lists--;
    if (list != many)
        __real_freeaddrinfo(list);
}

static atomic_int sockets_made;

SOCKET WINAPI __wrap_WSASocketW(int family, int type, int protocol, void *info,
                                unsigned group, DWORD flags)
{
    sockets_made++;
    return __real_WSASocketW(family, type, protocol, info, group, flags);
}

static CONNECT_EX real_connect_ex;
static int unreachable; /* ConnectEx fails at its start */
static int asked_once;

static BOOL WINAPI our_connect_ex(SOCKET s, const struct sockaddr *name,
                                  int size, void *data, DWORD data_size,
                                  DWORD *sent, OVERLAPPED *overlapped)
{
    if (!unreachable)
        return real_connect_ex(s, name, size, data, data_size, sent,
                               overlapped);
    WSASetLastError(WSAENETUNREACH);
    return FALSE;
}

int WINAPI __wrap_WSAIoctl(SOCKET s, DWORD code, void *in, DWORD in_size,
                           void *out, DWORD out_size, DWORD *bytes,
                           WSAOVERLAPPED *overlapped,
                           COMPLETION_ROUTINE routine)
{
    int failed = __real_WSAIoctl(s, code, in, in_size, out, out_size, bytes,
                                 overlapped, routine);
    if (failed == 0 && code == SIO_GET_EXTENSION_FUNCTION_POINTER &&
        ((GUID *)in)->Data1 == 0x25a207b9) {
        real_connect_ex = *(CONNECT_EX *)out;
        *(CONNECT_EX *)out = our_connect_ex;
    }
    if (code == SIO_TCP_INITIAL_RTO && in_size == 4 &&
        ((unsigned char *)in)[2] == TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS)
        asked_once++;
    return failed;
}

static atomic_int posts_to_fail;

BOOL WINAPI __wrap_PostQueuedCompletionStatus(HANDLE to, DWORD bytes,
                                              ULONG_PTR key,
                                              OVERLAPPED *overlapped)
{
    if (posts_to_fail > 0 && posts_to_fail-- > 0) {
        SetLastError(1450);
        return FALSE;
    }
    return __real_PostQueuedCompletionStatus(to, bytes, key, overlapped);
}

static DWORD start(TcpStream *stream, Token token, const char *host,
                   const char *to)
{
    return tcp_stream_connect(stream, &registrator, token, host, to);
}

static SOCKET answer(void)
{
    DWORD patience = PATIENCE;
    SOCKET s = accept(listener, NULL, NULL);
    must("accepting", s == INVALID_SOCKET ? WSAENOTSOCK : 0);
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&patience, sizeof patience);
    return s;
}

/* A port of the loopback where nobody listens. */
static char closed_port[6];

static void find_closed_port(void)
{
    struct sockaddr_in address;
    SOCKET s;
    must("listening", loopback_listen(&s, &address));
    snprintf(closed_port, sizeof closed_port, "%u", ntohs(address.sin_port));
    close_socket(s);
}

static int lent(void)
{
    return poll.loop->selector.lent;
}

static void connected(void)
{
    TcpStream stream;
    char text[8];
    DWORD count, flags = 1;
    struct sockaddr_in name;
    int size = sizeof name;
    asked_once = 0;
    is(start(&stream, 7, "127.0.0.1", port), 0, "a connection is started");
    is((unsigned)asked_once, 1, "this machine is asked once");
    is(await(&stream, 8), WSAENOTCONN, "there is nothing to read yet");
    is(tcp_stream_register(&stream, &registrator, 8, WRITABLE), WSAEALREADY,
       "and WRITABLE is owed already");
    is(tcp_stream_read(&stream, text, 1, &count), WSAEWOULDBLOCK,
       "reading would have to wait");
    is(tcp_stream_write(&stream, "ahead", 5, &count), 0, "writing does not");
    is(tcp_stream_unsent(&stream, &count), 0, "it waits");
    is(count, 5, "with us");
    Event event = next_event();
    ok(event.token == 7 && event.ready == WRITABLE && event.error == 0,
       "one WRITABLE tells that it is connected");
    ok(silence(), "and nothing else does");
    SOCKET peer = answer();
    is((unsigned)recv(peer, text, sizeof text, 0), 5,
       "what was written ahead arrives");
    is((unsigned)getpeername(socket_of(&stream), (void *)&name, &size), 0,
       "it knows its peer");
    GetHandleInformation((HANDLE)socket_of(&stream), &flags);
    is(flags & 1, 0, "no child inherits it");
    is(await(&stream, 9), 0, "reading is possible");
    say(peer, "hello");
    is(next_event().bytes, 5, "and brings what comes");
    is(tcp_stream_shutdown(&stream), 0, "sending can be ended");
    is((unsigned)recv(peer, text, 1, 0), 0, "so that the peer sees it");
    close_socket(peer);
    tcp_stream_close(&stream);
}

static void all_said_ahead(void)
{
    TcpStream stream;
    char text[8];
    DWORD count;
    must("connecting", start(&stream, 7, "127.0.0.1", port));
    is(tcp_stream_write(&stream, "all", 3, &count), 0, "all is written");
    is(tcp_stream_shutdown(&stream), 0, "and ended ahead");
    is(tcp_stream_write(&stream, "x", 1, &count), WSAESHUTDOWN, "for good");
    must("connecting", next_event().error);
    silence();
    SOCKET peer = answer();
    is((unsigned)recv(peer, text, sizeof text, 0), 3, "the peer gets it");
    is((unsigned)recv(peer, text, sizeof text, 0), 0, "and the end");
    close_socket(peer);
    tcp_stream_close(&stream);
}

static void refused(const char *host)
{
    TcpStream stream;
    char text[8];
    DWORD count;
    asked_once = 0;
    is(start(&stream, 5, host, closed_port), 0, "%s: nobody listens", host);
    is((unsigned)asked_once, 1, "which is asked once");
    is(tcp_stream_write(&stream, "x", 1, &count), 0, "written ahead");
    Event event = next_event();
    ok(event.token == 5 && event.ready == WRITABLE &&
           event.error == WSAECONNREFUSED,
       "one WRITABLE tells why not");
    ok(silence(), "once");
    is(tcp_stream_read(&stream, text, 1, &count), WSAECONNREFUSED,
       "so does reading");
    is(tcp_stream_write(&stream, "x", 1, &count), WSAECONNREFUSED, "writing");
    is(tcp_stream_shutdown(&stream), WSAECONNREFUSED, "and ending it");
    is(tcp_stream_unsent(&stream, &count), 0, "what was written ahead");
    is(count, 0, "is given up");
    ok(await(&stream, 6) != 0, "there is nothing to read from");
    is(tcp_stream_register(&stream, &registrator, 6, WRITABLE), 0,
       "WRITABLE again");
    is(next_event().error, WSAECONNREFUSED, "tells the same");
    is((unsigned)lent(), 0, "nothing is in flight");
    is(tcp_stream_close(&stream), 0, "and it is closed");
}

static void list_addresses(int count, int good)
{
    for (int i = 0; i < count; i++) {
        struct sockaddr_in four = {.sin_family = AF_INET,
                                   .sin_addr = htonl(0x7F000001)};
        unsigned number = (unsigned)atoi(i == good ? port : closed_port);
        four.sin_port = (unsigned short)(number << 8 | number >> 8);
        memcpy(&addresses[i], &four, sizeof four);
        many[i] =
            (struct addrinfo){.ai_family = AF_INET,
                              .ai_socktype = SOCK_STREAM,
                              .ai_addrlen = sizeof four,
                              .ai_addr = (struct sockaddr *)&addresses[i],
                              .ai_next = i + 1 < count ? &many[i + 1] : NULL};
    }
}

static void in_turn(void)
{
    TcpStream stream;
    DWORD count;
    char text[8];
    int handles = handle_count();
    list_addresses(4, 2);
    sockets_made = 0;
    must("connecting", start(&stream, 3, "many.test", port));
    is(tcp_stream_write(&stream, "hello", 5, &count), 0, "written ahead");
    is(next_event().error, 0, "the third of four addresses answers");
    is((unsigned)sockets_made, 3, "each has had a socket");
    SOCKET peer = answer();
    is((unsigned)recv(peer, text, sizeof text, 0), 5,
       "what was written goes to it");
    ok(silence(), "told once");
    is((unsigned)lists, 0, "the addresses are given back");
    close_socket(peer);
    tcp_stream_close(&stream);
    sockets_made = 0;
    list_addresses(3, -1);
    must("connecting", start(&stream, 3, "many.test", port));
    is(next_event().error, WSAECONNREFUSED, "none of three answers");
    is((unsigned)sockets_made, 3, "each was tried");
    tcp_stream_close(&stream);
    unreachable = 1;
    must("connecting", start(&stream, 3, "many.test", port));
    is(next_event().error, WSAENETUNREACH, "none can be tried");
    tcp_stream_close(&stream);
    is(start(&stream, 3, "127.0.0.1", port), WSAENETUNREACH,
       "nor an address in figures, which is said at once");
    is(tcp_stream_close(&stream), WSAENOTSOCK, "and leaves no stream");
    unreachable = 0;
    silence();
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
    is((unsigned)lists, 0, "nor addresses");
}

static void no_such_name(void)
{
    TcpStream stream;
    char text[1];
    DWORD count;
    is(start(&stream, 3, "none.test", port), 0, "a name that is none");
    is(next_event().error, WSAHOST_NOT_FOUND, "is told");
    is(tcp_stream_read(&stream, text, 1, &count), WSAHOST_NOT_FOUND,
       "reading says so");
    is(await(&stream, 1), WSAENOTCONN, "there is nothing to read from");
    is(tcp_stream_close(&stream), 0, "and it is closed");
}

static unsigned WINAPI let_it_go(void *unused)
{
    (void)unused;
    Sleep(A_WHILE);
    let_go = TRUE;
    return 0;
}

static void slow_names(void)
{
    TcpStream stream;
    HANDLE thread;
    let_go = FALSE;
    must("connecting", start(&stream, 3, "slow.test", port));
    ok(silence(), "a slow name does not hold up the loop");
    posts_to_fail = 2;
    let_go = TRUE;
    is(next_event().error, 0, "it is told when it is there, whatever fails");
    is((unsigned)(int)posts_to_fail, 0, "twice");
    close_socket(answer());
    tcp_stream_close(&stream);
    let_go = FALSE;
    must("connecting", start(&stream, 3, "slow.test", port));
    is(tcp_stream_close(&stream), 0, "closed while its name is looked up");
    ok(silence(), "it tells nothing");
    is((unsigned)lent(), 1, "the lookup goes on");
    must("a thread", start_thread(&thread, let_it_go, NULL));
    is(poll_destroy(&poll), 0, "the poll waits for it to end");
    is(registrator.loop->selector.lent, 0, "and has its packet");
    must("joining", join_thread(thread));
    is((unsigned)lists, 0, "the addresses are given back");
    must("releasing", registrator_release(&registrator));
    must("creating the poll", poll_create(&poll));
    must("making a registrator", poll_registrator(&poll, &registrator));
}

static void closed_while_connecting(void)
{
    TcpStream stream;
    int handles = 0;
    /* Wine 10 keeps a handle of its own from the first one on. */
    for (int i = 0; i < 51; i++) {
        must("connecting", start(&stream, 3, "127.0.0.1", port));
        if (tcp_stream_close(&stream) != 0)
            break;
        if (i == 0)
            handles = silence() ? handle_count() : 0;
    }
    ok(silence(), "fifty closed while they connect tell nothing");
    is((unsigned)lent(), 0, "nothing is in flight");
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
    /* Those that came through are gone, too. */
    unsigned long on = 1;
    int WINAPI ioctlsocket(SOCKET s, long command, unsigned long *argument);
    SOCKET s;
    ioctlsocket(listener, (long)0x8004667E, &on);
    while ((s = accept(listener, NULL, NULL)) != INVALID_SOCKET)
        close_socket(s);
    on = 0;
    ioctlsocket(listener, (long)0x8004667E, &on);
}

static void again(void)
{
    TcpStream stream;
    struct sockaddr_in near_end, far_end;
    int right = 0;
    for (int i = 0; i < 4; i++) {
        int one = sizeof near_end, two = sizeof far_end;
        must("connecting", connect_stream(&stream, "127.0.0.1", port));
        SOCKET peer = answer();
        getsockname(socket_of(&stream), (void *)&near_end, &one);
        getpeername(peer, (void *)&far_end, &two);
        right += near_end.sin_port == far_end.sin_port;
        close_socket(peer);
        must("closing", tcp_stream_close(&stream));
    }
    is((unsigned)right, 4, "one stream's variable serves four connections");
}

static void on_six(void)
{
    SOCKET own = listener, peer;
    TcpStream stream;
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_addr = {[15] = 1}};
    char number[8];
    unsigned short there;
    must("a socket", open_socket(AF_INET6, &listener));
    must("listening",
         bind_and_listen(listener, (void *)&address, sizeof address));
    must("asking", local_port(listener, &there));
    snprintf(number, sizeof number, "%u", there);
    asked_once = 0;
    is(connect_stream(&stream, "::1", number), 0, "IPv6 connects");
    is((unsigned)asked_once, 1, "asked once");
    peer = answer();
    say(peer, "six");
    must("registering", await(&stream, 1));
    is(next_event().bytes, 3, "and carries bytes");
    close_socket(peer);
    tcp_stream_close(&stream);
    close_socket(listener);
    listener = own;
}

static void thousand_in_turn(void)
{
    TcpStream stream;
    int right = 0, handles = 0;
    for (int i = 0; i < 1100; i++) {
        if (i == 100)
            handles = handle_count();
        must("connecting", connect_stream(&stream, "127.0.0.1", port));
        SOCKET peer = answer();
        char text[4];
        must("writing", write_bytes(&stream, "1234", 4));
        right += recv(peer, text, 4, 0) == 4;
        close_socket(peer);
        tcp_stream_close(&stream);
    }
    silence();
    is((unsigned)right, 1100, "a thousand connections in turn");
    is((unsigned)handle_count(), (unsigned)handles, "leave no handle");
    is((unsigned)lent(), 0, "and nothing in flight");
}

static void after_the_loop(void)
{
    TcpStream stream;
    int handles = handle_count();
    must("closing the loop", registrator_close_loop(&registrator));
    is(start(&stream, 1, "127.0.0.1", port), ERROR_ABANDONED_WAIT_0,
       "no connection on a closed loop");
    is(start(&stream, 1, "slow.test", port), ERROR_ABANDONED_WAIT_0,
       "nor a lookup");
    is((unsigned)handle_count(), (unsigned)handles, "nor a handle");
}

int main(void)
{
    set_up();
    find_closed_port();
    connected();
    all_said_ahead();
    refused("127.0.0.1");
    refused("::1");
    in_turn();
    no_such_name();
    slow_names();
    closed_while_connecting();
    again();
    on_six();
    thousand_in_turn();
    after_the_loop();
    tear_down();
    return done_testing();
}
