// steps: 02-05
// guard: yes
/* A datagram longer than the buffer is there when the read starts. Winsock says
   10040, and queues a packet all the same: the read has started. So it must
   count as lent until then, and be handed out and freed once. */
#include "guard.h"
#include "pairs.h"

#if STEP >= 3
#include "selector.h"
#endif

int WINAPI sendto(SOCKET s, const char *data, int size, int flags,
                  const struct sockaddr *to, int to_size);

enum { TOKEN = 7, WAIT_MS = 5000, TOO_LONG = OPERATION_BUFFER + 500 };

/* A socket at which such a datagram has arrived. */
static SOCKET full_socket(void)
{
    enum { SOCK_DGRAM_ = 2 };
    static const char datagram[TOO_LONG];
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *name = (struct sockaddr *)&address;
    int size = sizeof address;
    SOCKET s = socket(AF_INET, SOCK_DGRAM_, 0),
           sender = socket(AF_INET, SOCK_DGRAM_, 0);
    if (bind(s, name, size) != 0 || getsockname(s, name, &size) != 0 ||
        sendto(sender, datagram, TOO_LONG, 0, name, size) != TOO_LONG)
        bail("no datagram");
    close_socket(sender);
    Sleep(100);
    return s;
}

#if STEP == 2
static void cut_short(void)
{
    HANDLE port;
    OVERLAPPED_ENTRY entry;
    ULONG count;
    SOCKET s = full_socket();
    Operation *operation = calloc(1, sizeof *operation);
    create_completion_port(&port);
    associate_socket(port, s, 0);
    operation_init(operation, s, TOKEN);
    is(operation_read(operation), 0, "the read has started");
    is(get_queued_completion_status_ex(port, &entry, 1, &count, WAIT_MS), 0,
       "its packet comes");
    ok(operation_of(entry.lpOverlapped) == operation, "and is its own");
    is(operation_error(operation), WSAEMSGSIZE, "it says how the read failed");
    close_socket(s);
    free(operation);
    close_handle(port);
}
#else
static Selector selector;

static void close_selector(void)
{
#if STEP >= 4
    is(selector_drain(&selector), 0, "the selector is drained");
#endif
    is(selector_close(&selector), 0, "the selector is closed");
}

static Operation *registered(void)
{
    Operation *operation;
    if (operation_new(full_socket(), &operation) != 0)
        bail("no operation");
    is(selector_register(&selector, operation, TOKEN), 0, "a read starts");
    is(selector.lent, 1, "and is lent");
    return operation;
}

static void cut_short(void)
{
    Event list[4];
    Events events = {.list = list, .capacity = 4};
    if (selector_open(&selector) != 0)
        bail("no selector");
    Operation *operation = registered();
    is(selector_select(&selector, &events, WAIT_MS), 0, "a wait");
    is(events.count, 1, "one event tells of it");
    ok(list[0].token == TOKEN && list[0].error == WSAEMSGSIZE &&
           list[0].bytes == OPERATION_BUFFER,
       "with as many bytes as there was room for, and 10040");
    is(selector.lent, 0, "nothing is lent any more");
    is(operation_close(operation), 0, "it is closed by its owner");

    operation = registered();
    is(operation_close(operation), 0, "another is closed with its packet out");
    is(selector_select(&selector, &events, WAIT_MS), 0, "which comes");
    is(events.count, 0, "and tells nothing");
    close_selector();
}
#endif

int main(void)
{
    guard_end_unchecked(); /* the listener stays open */
    if (wsa_startup() != 0)
        bail("no Winsock");
    cut_short();
    is((unsigned)guard_lent(), 0, "every packet was taken out");
    return done_testing();
}
