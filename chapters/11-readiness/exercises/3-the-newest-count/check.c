// wrap: WSARecvFrom WSAGetOverlappedResult malloc calloc realloc free
// libs: -lntdll
/* Datagrams that come while nobody reads: which are kept, whose, and in what. Stands
   before the allocator and the calls that read, to count and to have them fail. */
#include "guard.h"

#include <stdio.h>

#include "check.h"
#include "readiness.h"
#include "udpsocket.h"

enum { CAPACITY = 8, US = 1, KEPT = 4, COME = 10, ENOUGH = 30, ROOM = 100 };

WRAPPED(WSARecvFrom);
WRAPPED(WSAGetOverlappedResult);
void WINAPI WSASetLastError(int iError);

static Poll the_poll;
static Registrator registrator;
static UdpSocket us, one, two;
static char port[8];
static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};
static int in_flight; /* reads */
static DWORD fail;    /* the next read of ours ends so, or 0 */

int WINAPI __wrap_WSARecvFrom(SOCKET s, WSABUF *buffers, DWORD count,
                              DWORD *received, DWORD *flags,
                              struct sockaddr *from, int *from_size,
                              WSAOVERLAPPED *overlapped,
                              COMPLETION_ROUTINE routine)
{
    in_flight++;
    return __real_WSARecvFrom(s, buffers, count, received, flags, from,
                              from_size, overlapped, routine);
}

BOOL WINAPI __wrap_WSAGetOverlappedResult(SOCKET s, WSAOVERLAPPED *overlapped,
                                          DWORD *bytes, BOOL wait, DWORD *flags)
{
    if (fail != 0 && s == ((Source *)udp_socket_source(&us))->socket) {
        WSASetLastError((int)fail);
        fail = 0;
        return FALSE;
    }
    return __real_WSAGetOverlappedResult(s, overlapped, bytes, wait, flags);
}

static void pump(DWORD timeout)
{
    DWORD error = poll_wait(&the_poll, &events, timeout);
    require(error == 0, "poll_wait gave error %lu", error);
}

static void settle(void)
{
    do
        pump(10);
    while (events.count > 0);
}

static void open_socket_to(UdpSocket *s, const char *to)
{
    require(udp_socket_open(s, &registrator, "127.0.0.1", "0") == 0 &&
                (to == NULL || udp_socket_connect(s, "127.0.0.1", to) == 0),
            "no socket could be made");
}

static void begin(void)
{
    unsigned short number;
    open_socket_to(&us, NULL);
    require(udp_socket_port(&us, &number) == 0, "a socket without a port");
    sprintf(port, "%u", number);
    open_socket_to(&one, port);
    open_socket_to(&two, port);
    require(poll_register(&the_poll, udp_socket_source(&us), US, READABLE,
                          EDGE) == 0,
            "it can't be registered");
    settle();
}

static void end(void)
{
    udp_socket_close(&us);
    udp_socket_close(&one);
    udp_socket_close(&two);
    settle();
}

static void keep(DWORD most)
{
    DWORD error = udp_socket_keep(&us, most);
    need(error == 0, "udp_socket_keep", "udp_socket_keep(%lu) gave %lu", most,
         error);
}

static void is_sent(UdpSocket *from, const char *text)
{
    DWORD error = udp_socket_send(from, text, (DWORD)strlen(text), NULL);
    require(error == 0, "sending gave %lu", error);
}

/* Waits until the read that follows its arrival is started. */
static void is_followed(int before)
{
    unsigned long start = milliseconds();
    while (in_flight == before && milliseconds() - start < 400)
        pump(10);
    need(in_flight > before, "each is followed by a read",
         "a datagram came, and no read was started behind it, as those that "
         "wait weren't received: where are the next to wait, and who drops "
         "them?");
}

static void comes(UdpSocket *from, const char *text)
{
    int before = in_flight;
    is_sent(from, text);
    is_followed(before);
}

static void come(int first, int last)
{
    char text[8];
    for (int i = first; i <= last; i++) {
        sprintf(text, "%d", i);
        comes(&one, text);
    }
}

/* What is received next, or "error N". */
static const char *received(Address *from)
{
    static char text[ROOM];
    DWORD count;
    DWORD error = udp_socket_receive(&us, text, sizeof text - 1, &count, from);
    text[count] = '\0';
    if (error != 0)
        sprintf(text, "error %lu", error);
    return text;
}

/* All that waits, with blanks between. */
static const char *rest(void)
{
    static char all[ROOM * 4];
    all[0] = '\0';
    for (int i = 0; i < 2 * COME; i++) {
        const char *text = received(NULL);
        if (strcmp(text, "error 10035") == 0)
            break;
        sprintf(all + strlen(all), "%s%s", i > 0 ? " " : "", text);
    }
    return all;
}

static DWORD lost(void)
{
    DWORD count = 99;
    DWORD error = udp_socket_lost(&us, &count);
    require(error == 0, "udp_socket_lost gave %lu", error);
    return count;
}

/* Bytes that are allocated. */
static size_t living(void)
{
    size_t bytes = 0;
    for (long i = 0; i < guard_count; i++)
        if (!guard_blocks[i].freed)
            bytes += guard_blocks[i].size;
    return bytes;
}

static void newest(void)
{
    stage("%d datagrams, and %d are kept", COME, KEPT);
    begin();
    keep(KEPT);
    size_t before = living();
    come(1, COME);
    settle();
    size_t more = living() - before;
    expect(more < 4096, "in as much memory as they take",
           "%d datagrams of a byte or two wait, and take %u bytes", KEPT,
           (unsigned)more);
    DWORD gone = lost();
    const char *text = rest();
    need(strcmp(text, "7 8 9 10") == 0, "the newest are there, in their order",
         "1 to %d came, and then '%s' was received: which were to go?", COME,
         text);
    need(gone == COME - KEPT, "the others are counted",
         "1 to %d came, '%s' are left, and %lu are said to be lost", COME, text,
         gone);
    expect(lost() == 0, "once", "they are said to be lost again");
    come(11, 12);
    text = rest();
    expect(strcmp(text, "11 12") == 0, "and so it goes on",
           "11 and 12 came, and '%s' was received", text);
    expect(lost() == 0, "with no more lost", "two came, with %d places: %s",
           KEPT, "some are said to be lost");
}

static BOOL is_of(UdpSocket *socket, const Address *address)
{
    unsigned short number;
    udp_socket_port(socket, &number);
    return address->v4.sin_port == (unsigned short)(number << 8 | number >> 8);
}

static void each_its_own(void)
{
    Address from;
    char text[ROOM];
    DWORD count;
    stage("two senders, and one who says nothing");
    comes(&one, "one");
    comes(&two, "two");
    comes(&two, "");
    DWORD error = udp_socket_peek(&us, text, sizeof text, &count, &from);
    expect(error == 0 && count == 3 && memcmp(text, "one", 3) == 0,
           "peek shows the oldest",
           "'one', 'two' and an empty one wait; udp_socket_peek gave error %lu "
           "and %.*s",
           error, (int)count, text);
    const char *got = received(&from);
    need(strcmp(got, "one") == 0, "and leaves it",
         "after a look at 'one', '%s' was received", got);
    need(is_of(&one, &from), "its sender with it",
         "the first of two came from one socket and the second from another; "
         "the first is said to be of the other: in what is the sender's "
         "address, once the next read is in flight?");
    got = received(&from);
    need(strcmp(got, "two") == 0 && is_of(&two, &from), "and the other's",
         "then '%s' was received, and 'two' came from the other one", got);
    got = received(&from);
    need(strcmp(got, "") == 0 && is_of(&two, &from), "an empty one, too",
         "an empty datagram was sent, and '%s' was received", got);
    stage("an error between two datagrams");
    comes(&one, "a");
    fail = WSAECONNRESET;
    comes(&one, "b");
    comes(&one, "c");
    got = rest();
    expect(strcmp(got, "a error 10054 c") == 0, "it waits its turn, once",
           "a came, then a read failed with 10054, then c came; received: '%s'",
           got);
    expect(lost() == 0, "and isn't lost", "it is said to be lost");
}

static void bounds(void)
{
    char text[ROOM];
    stage("fewer than wait");
    come(1, 4);
    keep(2);
    DWORD gone = lost();
    const char *got = rest();
    need(strcmp(got, "3 4") == 0 && gone == 2, "the oldest go at once",
         "four wait, and udp_socket_keep(2): %lu are said to be lost, and '%s' "
         "was received",
         gone, got);
    keep(KEPT);
    stage("without memory");
    comes(&one, "1");
    int before = in_flight;
    is_sent(&one, "2");
    long blocks = guard_count;
    guard_count = GUARD_BLOCKS; /* the allocator has no more */
    unsigned long start = milliseconds();
    while (in_flight == before && milliseconds() - start < 400)
        pump(10);
    guard_count = blocks;
    need(in_flight > before, "reading goes on",
         "there was no memory for one, and no read was started for the next");
    gone = lost();
    comes(&one, "3");
    got = rest();
    need(strcmp(got, "1 3") == 0 && gone == 1, "the one is lost, and counted",
         "there was no memory for the second of three: '%s' was received, and "
         "%lu are said to be lost",
         got, gone);
    stage("a peer is chosen");
    unsigned short number;
    comes(&one, "1");
    comes(&two, "2");
    comes(&one, "3");
    require(udp_socket_port(&two, &number) == 0, "a socket without a port");
    sprintf(text, "%u", number);
    DWORD error = udp_socket_connect(&us, "127.0.0.1", text);
    require(error == 0, "udp_socket_connect gave %lu", error);
    gone = lost();
    got = rest();
    need(strcmp(got, "2") == 0, "what strangers sent is thrown away",
         "three wait, one of them of the peer that is chosen then; '%s' was "
         "received",
         got);
    expect(gone == 0, "and not counted", "%lu are said to be lost", gone);
}

static void edges(void)
{
    stage("events");
    settle();
    comes(&two, "1");
    settle();
    is_sent(&two, "2");
    pump(200);
    need(events.count == 1 && list[0].ready == READABLE,
         "each arrival is an edge", "one waited and another came: %lu events",
         events.count);
    require(poll_reregister(&the_poll, udp_socket_source(&us), US, READABLE,
                            LEVEL) == 0,
            "it can't be registered anew");
    for (int i = 0; i < 2; i++) {
        pump(100);
        need(events.count == 1, "READABLE while one waits",
             "two wait, and %d were received; with LEVEL there were %lu events",
             i, events.count);
        received(NULL);
    }
    pump(0);
    pump(20);
    need(events.count == 0, "and no longer", "nothing waits, and it is told");
    comes(&two, "left");
    comes(&two, "behind");
    end();
}

/* Without udp_socket_keep, or before it. */
static void as_it_was(void)
{
    stage("without udp_socket_keep");
    begin();
    int before = in_flight;
    for (int i = 1; i <= KEPT + 2; i++) {
        char text[8];
        sprintf(text, "%d", i);
        is_sent(&one, text);
    }
    settle();
    expect(in_flight == before, "one is read ahead",
           "none was received, and %d reads were started", in_flight - before);
    expect(lost() == 0, "none is lost", "some are said to be lost");
    const char *got = received(NULL);
    need(strcmp(got, "1") == 0, "the first comes first",
         "without udp_socket_keep '%s' was received first", got);
    settle();
    stage("udp_socket_keep while one has been read ahead");
    keep(KEPT);
    settle();
    settle();
    got = rest();
    need(strcmp(got, "3 4 5 6") == 0, "it counts",
         "five waited, here and in the system; then four were to be kept; '%s' "
         "was received",
         got);
    expect(lost() == 1, "and so does what is lost",
           "five waited and four were kept; another number is said to be lost");
    stage("errors");
    DWORD error = udp_socket_keep(&us, 0);
    expect(error == ERROR_INVALID_PARAMETER, "none is no number",
           "udp_socket_keep(0) gave %lu", error);
    end();
    error = udp_socket_keep(&us, 1);
    expect(error == WSAENOTSOCK, "a closed socket keeps nothing",
           "udp_socket_keep gave %lu", error);
    DWORD count;
    error = udp_socket_lost(&us, &count);
    expect(error == WSAENOTSOCK, "and has lost nothing",
           "udp_socket_lost gave %lu", error);
}

void examine(const Checker *table)
{
    BEGIN(table);
    int blocks = guard_living();
    require(wsa_startup() == 0 && poll_create(&the_poll) == 0 &&
                poll_registrator(&the_poll, &registrator) == 0,
            "no poll could be made");
    newest();
    each_its_own();
    bounds();
    edges();
    as_it_was();
    stage("the end of the loop");
    DWORD error = poll_destroy(&the_poll);
    need(error == 0, "all is closed", "poll_destroy gave %lu", error);
    require(registrator_release(&registrator) == 0,
            "the registrator can't be released");
    need(
        guard_living() == blocks, "nothing is left",
        "all is closed, and %d blocks of memory are still allocated: whose are "
        "the datagrams that nobody received?",
        guard_living() - blocks);
}
