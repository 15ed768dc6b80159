// steps: 06+
// guard: yes
// wrap: CreateIoCompletionPort PostQueuedCompletionStatus
// wrap: GetQueuedCompletionStatusEx CloseHandle WSARecv WSAGetOverlappedResult
// wrap: WSASocketW setsockopt bind listen getsockname connect closesocket
// wrap: CancelIoEx getaddrinfo _beginthreadex WSASend shutdown WSAIoctl
// wrap: accept send recv WSAStartup WSACleanup WaitForSingleObject
// wrap: SetHandleInformation
/* What faults.c does, with streams that write, listen, connect and have
   deadlines. That poll_destroy comes back means that no packet was lost: it waits
   for each. */
#include "guard.h"
/* After guard.h, which has allocations fail. */
#include "each-call.h"
#include "peers.h"

#if STEP >= 7
#include "tcplistener.h"
#endif

enum { STREAM = 2, WAIT_MS = 5000, SIZE = 200000 };

/* The peer's calls are not the step's: they are __real_ and do not count. */
static void set_buffer(SOCKET s, int option, int size)
{
    __real_setsockopt(s, SOL_SOCKET, option, (char *)&size, sizeof size);
}

/* Opens a stream; the far end, or INVALID_SOCKET. */
static SOCKET open_stream(TcpStream *stream)
{
    SOCKET near_end = INVALID_SOCKET;
#if STEP >= 7
    struct sockaddr_in address;
    int size = sizeof address;
    __real_getsockname(listener, (struct sockaddr *)&address, &size);
    near_end = __real_WSASocketW(AF_INET, 1, 0, NULL, 0, 1);
    __real_connect(near_end, (struct sockaddr *)&address, sizeof address);
    BOOL opened = good(tcp_stream_adopt(stream, near_end));
#else
    BOOL opened = good(tcp_stream_connect(stream, "127.0.0.1", port));
    if (!opened && strcmp(fault_call, "calloc") != 0)
        return INVALID_SOCKET;
#endif
    SOCKET far_end = __real_accept(listener, NULL, NULL);
    if (opened)
        return far_end;
    if (near_end != INVALID_SOCKET)
        __real_closesocket(near_end);
    __real_closesocket(far_end);
    return INVALID_SOCKET;
}

static BOOL open_loop(void)
{
    if (!good(poll_create(&poll)))
        return FALSE;
    return good(poll_registrator(&poll, &registrator));
}

static void end_loop(void)
{
    if (!good(poll_destroy(&poll)) && poll.loop != NULL)
        good(poll_destroy(&poll));
    good(registrator_release(&registrator));
}

/* The next event; FALSE if waiting failed. What happened is in the event. */
static BOOL hear(Event *event)
{
    Events events = {.list = event, .capacity = 1};
    unsigned long long end = GetTickCount64() + WAIT_MS;
    do
        if (!good(poll_wait(&poll, &events, WAIT_MS)))
            return FALSE;
    while (events.count == 0 && GetTickCount64() < end);
    return good(events.count == 1 ? 0 : WAIT_TIMEOUT);
}

static BOOL await_interests(TcpStream *stream, Interests interests)
{
    return good(tcp_stream_register(stream, &registrator, STREAM, interests));
}

static char sent[SIZE];

/* Writes more than the mark, and the end behind it. */
static BOOL write_all(TcpStream *stream)
{
    Event event;
    DWORD place = 0, count;
    while (place < SIZE) {
        DWORD error =
            tcp_stream_write(stream, sent + place, SIZE - place, &count);
        place += count;
        if (error == 0)
            continue;
        if (!good(error == WSAEWOULDBLOCK ? 0 : error) ||
            !await_interests(stream, WRITABLE) || !hear(&event) ||
            !good(event.error))
            return FALSE;
    }
    return good(tcp_stream_shutdown(stream)) &&
           await_interests(stream, WRITABLE) && hear(&event) &&
           good(event.error);
}

static BOOL read_answer(TcpStream *stream, const char *expected)
{
    Event event;
    char text[8];
    DWORD count;
    return await_interests(stream, READABLE) && hear(&event) &&
           good(event.error) &&
           good(tcp_stream_read(stream, text, sizeof text, &count)) &&
           good(count == strlen(expected) && memcmp(text, expected, count) == 0
                    ? 0
                    : ERROR_INVALID_DATA);
}

/* Whatever failed, what came is what was sent, as far as it goes: nothing is
   missing in the middle, nothing comes twice. */
static int scrambled;

static void read_to_the_end(SOCKET peer, BOOL all)
{
    static char piece[65536];
    size_t place = 0;
    int got;
    while ((got = __real_recv(peer, piece, sizeof piece, 0)) > 0) {
        scrambled += place + (size_t)got > SIZE ||
                     memcmp(piece, sent + place, (size_t)got) != 0;
        place += (size_t)got;
    }
    scrambled += all && place != SIZE;
}

static void writing(void)
{
    TcpStream stream;
    if (!open_loop())
        return;
    SOCKET peer = open_stream(&stream);
    if (peer != INVALID_SOCKET) {
        BOOL written = write_all(&stream);
        if (!written)
            good(tcp_stream_close(&stream));
        read_to_the_end(peer, written);
        __real_send(peer, "answer", 6, 0);
        __real_closesocket(peer);
        if (written && read_answer(&stream, "answer"))
            read_answer(&stream, "");
        if (written)
            good(tcp_stream_close(&stream));
    }
    end_loop();
}

/* A send that failed is told to the next write. */
static void still_writes(TcpStream *stream)
{
    DWORD count;
    good(tcp_stream_write(stream, "", 0, &count));
}

/* Closes with a read and a send in flight. */
static void leaving(void)
{
    TcpStream stream;
    DWORD count;
    if (!open_loop())
        return;
    SOCKET peer = open_stream(&stream);
    if (peer != INVALID_SOCKET) {
        set_buffer(peer, SO_RCVBUF, 4096);
        set_buffer(socket_of(&stream), SO_SNDBUF, 4096);
        good(tcp_stream_set_mark(&stream, 4 * SIZE));
        for (int i = 0; i < 4; i++)
            good(tcp_stream_write(&stream, sent, SIZE, &count));
        await_interests(&stream, READABLE | WRITABLE);
        still_writes(&stream);
        good(tcp_stream_close(&stream));
        __real_closesocket(peer);
    }
    end_loop();
}

#if STEP >= 7
enum { DOOR = 4, CLIENT = 6 };

static TcpListener door;
static TcpStream client, server;

/* Sends back what has come. */
static void serve(void)
{
    char text[8];
    DWORD count;
    if (good(tcp_stream_read(&server, text, sizeof text, &count)))
        good(tcp_stream_write(&server, text, count, &count));
}

static BOOL take_client(void)
{
    DWORD error = tcp_listener_accept(&door, &server);
    if (error == WSAEWOULDBLOCK)
        return TRUE;
    return good(error) && await_interests(&server, READABLE);
}

typedef enum Answer { NONE, RIGHT, DROPPED } Answer;

static Answer take_answer(void)
{
    char text[8];
    DWORD count;
    DWORD error = tcp_stream_read(&client, text, sizeof text, &count);
    if ((error == WSAECONNRESET && fault_code != WSAECONNRESET) ||
        (error == 0 && count == 0))
        return DROPPED;
    if (!good(error))
        return NONE;
    return count == 5 && memcmp(text, "hello", 5) == 0 ? RIGHT : NONE;
}

/* A client that is dropped may hear of it as soon as it speaks. */
static Answer greet(void)
{
    DWORD count;
    DWORD error = tcp_stream_write(&client, "hello", 5, &count);
    if (error == 0)
        error = tcp_stream_register(&client, &registrator, CLIENT, READABLE);
    if (error == WSAECONNRESET && fault_code != WSAECONNRESET)
        return DROPPED;
    good(error);
    return NONE;
}

/* Until the client has its answer, or something has failed. */
static Answer be_served(void)
{
    Answer answer = NONE;
    Event event;
    while (answer == NONE && first == 0 && hear(&event)) {
        if (event.token == CLIENT && event.ready == READABLE)
            answer = take_answer();
        else if (good(event.error) && event.token == CLIENT)
            answer = greet();
        else if (first == 0 && event.token == DOOR)
            take_client();
        else if (first == 0 && event.token == STREAM)
            serve();
    }
    return answer;
}

/* A listener and a client that it serves. When a client had to be dropped the
   next one is served as if nothing had been. */
static void accepting(void)
{
    unsigned short number;
    char text[8];
    Answer answer = DROPPED;
    if (!open_loop())
        return;
    if (good(tcp_listener_open(&door, &registrator, DOOR, "127.0.0.1", "0"))) {
        good(tcp_listener_port(&door, &number));
        snprintf(text, sizeof text, "%u", number);
        for (int i = 0; i < 2 && answer == DROPPED && first == 0; i++) {
            server = (TcpStream){0};
            if (good(tcp_stream_connect(&client, &registrator, CLIENT,
                                        "localhost", text))) {
                answer = be_served();
                if (answer != DROPPED)
                    still_writes(&client);
                good(tcp_stream_close(&client));
            }
            if (server.connection != NULL) {
                still_writes(&server);
                good(tcp_stream_close(&server));
            }
        }
        good(answer == RIGHT ? 0 : ERROR_INVALID_DATA);
        good(tcp_listener_close(&door));
    }
    end_loop();
}
#endif

#if STEP >= 8
static unsigned WINAPI set_late(void *stream)
{
    Sleep(30); /* so that the loop waits by then */
    good(tcp_stream_set_deadline(stream, READABLE | WRITABLE, 20));
    return 0;
}

/* Both directions of a stream are given up, by a deadline that another thread
   sets. */
static void out_of_time(TcpStream *stream)
{
    HANDLE thread;
    Event event;
    if (!good(start_thread(&thread, set_late, stream)))
        return;
    for (int late = 0; late < 2 && first == 0 && hear(&event);)
        if (event.error == WSAETIMEDOUT)
            late++;
        else
            good(event.error != 0 ? event.error : ERROR_INVALID_DATA);
    __real_WaitForSingleObject(thread, INFINITE);
    good(close_handle(thread));
}

static void being_late(void)
{
    TcpStream stream;
    DWORD count;
    Event event;
    if (!open_loop())
        return;
    SOCKET peer = open_stream(&stream);
    if (peer != INVALID_SOCKET) {
        set_buffer(peer, SO_RCVBUF, 4096);
        set_buffer(socket_of(&stream), SO_SNDBUF, 4096);
        good(tcp_stream_set_mark(&stream, 4 * SIZE));
        for (int i = 0; i < 4; i++)
            good(tcp_stream_write(&stream, sent, SIZE, &count));
        if (await_interests(&stream, READABLE | WRITABLE))
            good(tcp_stream_set_idle(&stream, WAIT_MS));
        if (first == 0 && good(registrator_notify(&registrator, 9)) &&
            hear(&event) && good(event.error))
            out_of_time(&stream);
        good(tcp_stream_close(&stream));
        __real_closesocket(peer);
    }
    end_loop();
}
#endif

static BOOL one_of(const char *call, const char *const *names)
{
    while (*names != NULL && strcmp(*names, call) != 0)
        names++;
    return *names != NULL;
}

static BOOL two_addresses; /* localhost has an IPv6 one, too */

/* What may fail without a report: giving something back. CancelIoEx, whose work
   closesocket does too, and getaddrinfo, when it was asked for an address in
   figures only. An accept that can't be put in flight, while others are. A lookup's
   post, which is made again. A wish that the system need not grant. setsockopt, if
   one client had to be dropped for it. And the first of two addresses: it refuses
   anyway. */
static BOOL harmless(const char *call)
{
    static const char *const names[] = {"CancelIoEx",
                                        "closesocket",
                                        "CloseHandle",
                                        "getaddrinfo",
                                        "WSASocketW",
                                        "AcceptEx",
                                        "PostQueuedCompletionStatus",
                                        "WSAIoctl(SIO_TCP_INITIAL_RTO)",
                                        "setsockopt",
                                        NULL};
    static const char *const of_connect[] = {
        "CreateIoCompletionPort", "WSAIoctl", "bind", "ConnectEx",
        "WSAGetOverlappedResult", NULL};
    return one_of(call, names) || (two_addresses && one_of(call, of_connect));
}

static void look_at_localhost(void)
{
    const struct addrinfo hints = {.ai_socktype = 1};
    struct addrinfo *list;
    must("looking up",
         (DWORD)__real_getaddrinfo("localhost", "9", &hints, &list));
    two_addresses = list->ai_next != NULL;
    freeaddrinfo(list);
}

int main(void)
{
    guard_end_unchecked(); /* the listener stays open */
    struct sockaddr_in address;
    must("starting Winsock", wsa_startup());
    must("listening", loopback_listen(&listener, &address));
    snprintf(port, sizeof port, "%u", ntohs(address.sin_port));
    fill(sent, SIZE, 0);
    look_at_localhost();
    guard_refuse = fault_allocation;
    /* A cancel, of what is closed with nothing in flight. */
    each_call_fails(writing, "writing", harmless, STEP < 12);
    each_call_fails(leaving, "leaving", harmless, 2);
#if STEP >= 7
    each_call_fails(accepting, "accepting", harmless, two_addresses ? 68 : 60);
#endif
#if STEP >= 8
    each_call_fails(being_late, "being late", harmless, 8);
#endif
    is(scrambled, 0, "what arrives is in order each time");
    return done_testing();
}
