// steps: 02-05
// guard: yes
// wrap: CreateIoCompletionPort PostQueuedCompletionStatus
// wrap: GetQueuedCompletionStatusEx CloseHandle WSARecv WSAGetOverlappedResult
// wrap: WSASocketW SetHandleInformation setsockopt bind listen getsockname
// wrap: connect accept send recv closesocket
// wrap: CancelIoEx WSACleanup WSAStartup getaddrinfo WaitForSingleObject
// wrap: _beginthreadex
/* For n = 1, 2, 3 and so on, the n-th call of a scenario fails, until the whole
   scenario passes. Each time its error must be the one that the step reports,
   the rest must go on to its end, and nothing may be left behind. */
#include "guard.h"
/* After guard.h, which has allocations fail. */
#include "each-call.h"
#include "loopback.h"
#include "operation.h"
#include "tap.h"

void WINAPI Sleep(DWORD milliseconds);
SOCKET WINAPI socket(int family, int type, int protocol);

__attribute__((noreturn, unused)) static void give_up(const char *why)
{
    printf("not ok - %s\n", why);
    exit(1);
}

#if STEP >= 3
#include "selector.h"
#endif
#if STEP >= 4
#include "poll.h"
#endif
#if STEP >= 5
#include "tcpstream.h"
#endif

enum { TOKEN = 3, WAIT_MS = 5000, RESET = 10054 };

static inline void reset(SOCKET peer)
{
    static const unsigned short at_once[2] = {1, 0};
    __real_setsockopt(peer, SOL_SOCKET, 0x80, (const char *)at_once,
                      sizeof at_once);
    good(close_socket(peer));
}

#if STEP == 2
static BOOL take_packet(HANDLE port)
{
    OVERLAPPED_ENTRY entry;
    ULONG count;
    DWORD error =
        get_queued_completion_status_ex(port, &entry, 1, &count, WAIT_MS);
    if (!good(error))
        return FALSE;
    error = operation_error(operation_of(entry.lpOverlapped));
    return good(error == RESET ? 0 : error);
}

static void read_once(HANDLE port, SOCKET pair[2])
{
    Operation *operation = calloc(1, sizeof *operation);
    if (!good(operation == NULL ? 8 : 0))
        return;
    operation_init(operation, pair[0], TOKEN);
    if (good(associate_socket(port, pair[0], TOKEN)) &&
        good(operation_read(operation))) {
        good(send_all(pair[1], "hello", 5));
        if (first == 0 && take_packet(port))
            good(operation_read(operation));
        reset(pair[1]);
        pair[1] = INVALID_SOCKET;
        while (guard_lent() > 0)
            take_packet(port);
    }
    free(operation);
}

static void scenario(void)
{
    HANDLE port;
    SOCKET pair[2];
    if (!good(wsa_startup()))
        return;
    if (good(create_completion_port(&port))) {
        if (good(loopback_pair(pair))) {
            read_once(port, pair);
            good(close_socket(pair[0]));
            if (pair[1] != INVALID_SOCKET)
                good(close_socket(pair[1]));
        }
        good(close_handle(port));
    }
    good(wsa_cleanup());
}
#endif

#if STEP == 3
static Selector selector;

/* Selects until the event is there. */
static BOOL one_event(void)
{
    Event event;
    Events events = {.list = &event, .capacity = 1};
    if (!good(selector_select(&selector, &events, WAIT_MS)))
        return FALSE;
    if (events.count == 1)
        return good(event.error == RESET ? 0 : event.error);
    return good(WAIT_TIMEOUT);
}

static void read_to_the_reset(Operation *operation, SOCKET peer)
{
    if (good(selector_register(&selector, operation, TOKEN)) &&
        good(send_all(peer, "hello", 5)) && one_event())
        good(selector_register(&selector, operation, TOKEN));
    reset(peer);
    if (first == 0)
        one_event();
}

/* Closes with a read in flight. */
static void read_and_close(SOCKET s)
{
    Operation *operation;
    if (!good(operation_new(s, &operation))) {
        good(close_socket(s));
        return;
    }
    good(selector_register(&selector, operation, TOKEN));
    good(operation_close(operation));
}

static void scenario(void)
{
    SOCKET pair[2], other[2];
    Operation *operation;
    if (!good(wsa_startup()))
        return;
    if (good(selector_open(&selector))) {
        if (good(loopback_pair(pair))) {
            if (good(operation_new(pair[0], &operation))) {
                read_to_the_reset(operation, pair[1]);
                good(operation_close(operation));
            } else {
                good(close_socket(pair[0]));
                good(close_socket(pair[1]));
            }
        }
        if (good(loopback_pair(other))) {
            read_and_close(other[0]);
            good(close_socket(other[1]));
        }
        if (!good(selector_close(&selector)) && again())
            good(selector_close(&selector));
    }
    good(wsa_cleanup());
}
#endif

#if STEP >= 4
static Poll poll;
static Registrator registrator;

static void end_loop(void)
{
    if (!good(poll_destroy(&poll)) && poll.loop != NULL)
        good(poll_destroy(&poll));
}

static atomic_int told;
static atomic_bool ended;
static DWORD loop_error;
static DWORD event_error;

static unsigned WINAPI loop_thread(void *unused)
{
    Event event;
    Events events = {.list = &event, .capacity = 1};
    (void)unused;
    while ((loop_error = poll_wait(&poll, &events, INFINITE)) == 0)
        if (events.count == 1) {
            event_error = event.error;
            told++;
        }
    ended = TRUE;
    return 0;
}

/* Waits for the other thread to be told of count events. */
static BOOL hear(int count)
{
    for (int i = 0; i < WAIT_MS && told < count && !ended; i++)
        Sleep(1);
    if (ended)
        return good(loop_error);
    if (told < count)
        return good(WAIT_TIMEOUT);
    return good(event_error == RESET ? 0 : event_error);
}

static void use(Operation *operation, SOCKET peer)
{
    if (good(registrator_register(&registrator, operation, TOKEN, READABLE)) &&
        good(send_all(peer, "hello", 5)) && hear(1) &&
        good(registrator_register(&registrator, operation, TOKEN, READABLE))) {
        reset(peer);
        hear(2);
    } else {
        good(close_socket(peer));
    }
}

static void read_and_close(SOCKET s)
{
    Operation *operation;
    if (!good(operation_new(s, &operation))) {
        good(close_socket(s));
        return;
    }
    good(registrator_register(&registrator, operation, TOKEN, READABLE));
    good(operation_close(operation));
}

#if STEP >= 5
static SOCKET listener;
static struct sockaddr_in address;

static void listen_for_all(void)
{
    if (loopback_listen(&listener, &address) != 0)
        give_up("cannot listen");
}

/* No step makes pairs any more, so this one's calls do not count. */
static DWORD loopback_pair(SOCKET pair[2])
{
    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (__real_connect(pair[0], (struct sockaddr *)&address, sizeof address) !=
        0)
        give_up("cannot connect");
    pair[1] = __real_accept(listener, NULL, NULL);
    return 0;
}
#endif

static void with_a_loop_thread(void)
{
    SOCKET pair[2], other[2];
    Operation *operation;
    if (good(loopback_pair(pair))) {
        if (good(operation_new(pair[0], &operation))) {
            use(operation, pair[1]);
            good(operation_close(operation));
        } else {
            good(close_socket(pair[0]));
            good(close_socket(pair[1]));
        }
    }
    if (good(loopback_pair(other))) {
        read_and_close(other[0]);
        good(close_socket(other[1]));
    }
}

static void scenario(void)
{
    HANDLE thread;
    told = 0;
    ended = FALSE;
    event_error = 0;
    if (!good(wsa_startup()))
        return;
    if (good(poll_create(&poll))) {
        good(poll_registrator(&poll, &registrator));
        if (good(start_thread(&thread, loop_thread, NULL))) {
            with_a_loop_thread();
            if (!good(registrator_close_loop(&registrator)))
                good(registrator_close_loop(&registrator));
            if (!good(join_thread(thread)) && again())
                good(join_thread(thread));
            good(loop_error == ERROR_ABANDONED_WAIT_0 ? 0 : loop_error);
        }
        end_loop();
        good(registrator_release(&registrator));
    }
    good(wsa_cleanup());
}
#endif

#if STEP >= 5
static BOOL wait_and_read(TcpStream *stream, const char *expected)
{
    Event event;
    Events events = {.list = &event, .capacity = 1};
    char text[8];
    DWORD count;
    if (!good(tcp_stream_register(stream, &registrator, TOKEN, READABLE)) ||
        !good(poll_wait(&poll, &events, WAIT_MS)) ||
        !good(events.count == 1 ? 0 : WAIT_TIMEOUT) ||
        !good(tcp_stream_read(stream, text, sizeof text, &count)))
        return FALSE;
    return good(count == strlen(expected) && memcmp(text, expected, count) == 0
                    ? 0
                    : ERROR_INVALID_DATA);
}

/* The peer's calls are not the step's: they do not count. */
static void converse(TcpStream *stream)
{
    char text[8];
    SOCKET peer = __real_accept(listener, NULL, NULL);
    if (good(tcp_stream_write(stream, "ask", 3))) {
        if (__real_recv(peer, text, sizeof text, 0) != 3)
            give_up("the peer was not asked");
        __real_send(peer, "answer", 6, 0);
        wait_and_read(stream, "answer");
    }
    __real_closesocket(peer);
    if (first == 0)
        wait_and_read(stream, "");
}

static void conversation(void)
{
    TcpStream stream;
    char port_text[8];
    sprintf(port_text, "%u", ntohs(address.sin_port));
    if (!good(poll_create(&poll)))
        return;
    good(poll_registrator(&poll, &registrator));
    if (good(tcp_stream_connect(&stream, "127.0.0.1", port_text))) {
        converse(&stream);
        if (first == 0)
            good(tcp_stream_register(&stream, &registrator, TOKEN, READABLE));
        good(tcp_stream_close(&stream));
    } else if (strcmp(fault_call, "calloc") == 0) {
        __real_closesocket(__real_accept(listener, NULL, NULL));
    }
    if (!good(registrator_close_loop(&registrator)))
        good(registrator_close_loop(&registrator));
    end_loop();
    good(registrator_release(&registrator));
}
#endif

/* What fails without a report: CancelIoEx, whose work closesocket does too;
   closing the listener of a pair that is connected; and asking how the read of
   a closed operation ended. */
static BOOL harmless(const char *call)
{
    return strcmp(call, "CancelIoEx") == 0 ||
           strcmp(call, "closesocket") == 0 ||
           strcmp(call, "WSAGetOverlappedResult") == 0;
}

int main(void)
{
    guard_end_unchecked(); /* the listener stays open */
    if (wsa_startup() != 0)
        bail("no Winsock");
    guard_refuse = fault_allocation;
#if STEP >= 5
    listen_for_all();
#endif
#if STEP == 2
    each_call_fails(scenario, "a read", harmless, 1);
#elif STEP == 3
    each_call_fails(scenario, "a selector", harmless, 4);
#else
    /* How often its thread waits is not the same each time. */
    each_call_fails(scenario, "a loop thread", harmless, 8);
#endif
#if STEP >= 5
    each_call_fails(conversation, "a conversation", harmless, 2);
#endif
    return done_testing();
}
