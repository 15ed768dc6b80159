// steps: 11+
// wrap: WSARecvFrom WSASendTo WSAIoctl malloc
/* What UdpSocket promises. */
#include "ready.h"

#include "udpsocket.h"

#define BOTH ((Interests)(READABLE | WRITABLE))
#define WSAENETRESET 10052
#define WSAENETUNREACH 10051

void WINAPI WSASetLastError(int iError);
int WINAPI __real_WSARecvFrom(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                              struct sockaddr *, int *, WSAOVERLAPPED *,
                              COMPLETION_ROUTINE);
int WINAPI __real_WSASendTo(SOCKET, WSABUF *, DWORD, DWORD *, DWORD,
                            const struct sockaddr *, int, WSAOVERLAPPED *,
                            COMPLETION_ROUTINE);
int WINAPI __real_WSAIoctl(SOCKET, DWORD, void *, DWORD, void *, DWORD, DWORD *,
                           WSAOVERLAPPED *, COMPLETION_ROUTINE);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
int WINAPI sendto(SOCKET s, const char *data, int size, int flags,
                  const struct sockaddr *to, int to_size);

static DWORD read_failure, send_failure; /* of the next start, unless 0 */
static ULONG shortest;                   /* cuts the next buffers, unless 0 */
static int no_memory, resets_off;

int WINAPI __wrap_WSARecvFrom(SOCKET s, WSABUF *parts, DWORD count,
                              DWORD *bytes, DWORD *flags, struct sockaddr *from,
                              int *from_size, WSAOVERLAPPED *overlapped,
                              COMPLETION_ROUTINE routine)
{
    WSABUF cut = *parts;
    if (shortest != 0)
        cut.len = shortest;
    if (read_failure == 0)
        return __real_WSARecvFrom(s, &cut, count, bytes, flags, from, from_size,
                                  overlapped, routine);
    WSASetLastError((int)read_failure);
    read_failure = 0;
    return -1;
}

int WINAPI __wrap_WSASendTo(SOCKET s, WSABUF *parts, DWORD count, DWORD *bytes,
                            DWORD flags, const struct sockaddr *to, int to_size,
                            WSAOVERLAPPED *overlapped,
                            COMPLETION_ROUTINE routine)
{
    if (send_failure == 0)
        return __real_WSASendTo(s, parts, count, bytes, flags, to, to_size,
                                overlapped, routine);
    WSASetLastError((int)send_failure);
    send_failure = 0;
    return -1;
}

int WINAPI __wrap_WSAIoctl(SOCKET s, DWORD code, void *in, DWORD in_size,
                           void *out, DWORD out_size, DWORD *bytes,
                           WSAOVERLAPPED *overlapped,
                           COMPLETION_ROUTINE routine)
{
    resets_off += code == SIO_UDP_CONNRESET && !*(BOOL *)in;
    return __real_WSAIoctl(s, code, in, in_size, out, out_size, bytes,
                           overlapped, routine);
}

void *__wrap_malloc(size_t size)
{
    return no_memory ? NULL : __real_malloc(size);
}

static char data[UDP_MARK], buffer[UDP_MARK];

static UdpSocket opened_at(const char *host)
{
    UdpSocket udp;
    must("opening", udp_socket_open(&udp, &registrator, host, "0"));
    return udp;
}

static UdpSocket opened(Token token, Mode mode)
{
    UdpSocket udp = opened_at("127.0.0.1");
    watch(udp_socket_source(&udp), token, READABLE, mode);
    return udp;
}

static Address address_of(UdpSocket *udp)
{
    unsigned short number;
    must("asking for the port", udp_socket_port(udp, &number));
    return (Address){.v4 = {.sin_family = AF_INET,
                            .sin_port = ntohs(number),
                            .sin_addr = htonl(0x7F000001)}};
}

static const char *port_text(UdpSocket *udp)
{
    static char text[6];
    unsigned short number;
    must("asking for the port", udp_socket_port(udp, &number));
    snprintf(text, sizeof text, "%u", number);
    return text;
}

static void send_text(UdpSocket *from, UdpSocket *to, const char *text)
{
    Address address = address_of(to);
    must("sending", udp_socket_send(from, text, (DWORD)strlen(text), &address));
}

/* The datagram that is there; its sender, unless NULL, sent it. */
static void receives(UdpSocket *udp, const char *expected, UdpSocket *sender)
{
    DWORD count = 0;
    Address from;
    DWORD error = udp_socket_receive(udp, buffer, sizeof buffer, &count, &from);
    ok(error == 0 && count == strlen(expected) &&
           memcmp(buffer, expected, count) == 0,
       "\"%s\" is received", expected);
    if (sender != NULL)
        is(from.v4.sin_port, address_of(sender).v4.sin_port,
           "and says who sent it");
}

static DWORD blocked(UdpSocket *udp)
{
    DWORD count;
    return udp_socket_receive(udp, buffer, sizeof buffer, &count, NULL);
}

static void close_both(UdpSocket *one, UdpSocket *two)
{
    must("closing", udp_socket_close(one));
    must("closing", udp_socket_close(two));
}

static void datagrams(Mode mode)
{
    UdpSocket a = opened(1, mode), b = opened(2, mode);
    DWORD count;
    is(blocked(&a), WSAEWOULDBLOCK, "receiving would block");
    send_text(&b, &a, "one");
    tells(1, READABLE, "a datagram is told");
    must("peeking", udp_socket_peek(&a, buffer, sizeof buffer, &count, NULL));
    is(count, 3, "it can be looked at");
    receives(&a, "one", &b);
    is(blocked(&a), WSAEWOULDBLOCK, "and is taken once");
    tells_nothing("and told no more");
    send_text(&b, &a, "A");
    send_text(&b, &a, "B");
    send_text(&b, &a, "C");
    static const char *const letters[] = {"A", "B", "C"};
    for (int i = 0; i < 3; i++) {
        tells(1, READABLE, "each of three is told");
        receives(&a, letters[i], &b);
    }
    send_text(&b, &a, "");
    tells(1, READABLE, "an empty datagram is told");
    receives(&a, "", &b);
    send_text(&b, &a, "after");
    tells(1, READABLE, "and ends nothing");
    receives(&a, "after", &b);
    close_both(&a, &b);
}

static void sizes(void)
{
    UdpSocket a = opened(1, EDGE), b = opened(2, EDGE);
    Address to = address_of(&a);
    DWORD count;
    fill(data, sizeof data, 0);
    is(udp_socket_send(&b, data, UDP_LONGEST, &to), 0,
       "the longest datagram is sent");
    tells(1, READABLE, "and told");
    must("receiving",
         udp_socket_receive(&a, buffer, sizeof buffer, &count, NULL));
    is(count, UDP_LONGEST, "it arrives whole");
    is(first_wrong(buffer, count, 0), UDP_LONGEST, "and as it was");
    is(udp_socket_send(&b, data, UDP_LONGEST + 1, &to), WSAEMSGSIZE,
       "a longer one is refused");
    send_text(&b, &a, "0123456789");
    tells(1, READABLE, "one of ten bytes is told");
    is(udp_socket_receive(&a, buffer, 4, &count, NULL), WSAEMSGSIZE,
       "into four it doesn't fit");
    is(count, 4, "four are there");
    ok(memcmp(buffer, "0123", 4) == 0, "the first ones");
    send_text(&b, &a, "whole");
    tells(1, READABLE, "the next one");
    receives(&a, "whole", &b);
    close_both(&a, &b);
}

/* As if the system's datagrams were longer than our buffer. */
static void cut_short(void)
{
    UdpSocket b = opened(2, EDGE), a;
    DWORD count;
    shortest = 4;
    a = opened(1, EDGE);
    send_text(&b, &a, "0123456789");
    Event event =
        tells(1, READABLE | FAILED, "a read that pends is cut, by its packet");
    is(event.error, WSAEMSGSIZE, "and says so");
    send_text(&b, &a, "abcdefghij");
    let_it_arrive();
    is(udp_socket_receive(&a, buffer, sizeof buffer, &count, NULL), WSAEMSGSIZE,
       "so does receiving,");
    is(count, 4, "with what fitted");
    event = tells(1, READABLE | FAILED,
                  "one that is cut at its start has a packet, too");
    shortest = 0;
    is(udp_socket_receive(&a, buffer, sizeof buffer, &count, NULL), WSAEMSGSIZE,
       "its error is told");
    ok(memcmp(buffer, "abcd", 4) == 0, "after its first bytes");
    send_text(&b, &a, "whole");
    tells(1, READABLE, "the next one");
    receives(&a, "whole", &b);
    close_both(&a, &b);
}

static void errors(void)
{
    UdpSocket b = opened(2, EDGE), a;
    Address to;
    DWORD count;
    ok(resets_off > 0, "SIO_UDP_CONNRESET is off");
    read_failure = WSAECONNRESET;
    a = opened(1, EDGE);
    tells(1, READABLE | FAILED, "an old send's error is told");
    send_text(&b, &a, "goes on");
    is(udp_socket_receive(&a, buffer, sizeof buffer, &count, NULL),
       WSAECONNRESET, "by receiving, once");
    tells(1, READABLE, "and ends nothing:");
    receives(&a, "goes on", &b);
    to = address_of(&b);
    send_failure = WSAENETUNREACH;
    is(udp_socket_send(&a, "x", 1, &to), WSAENETUNREACH,
       "a send that fails says why");
    no_memory = 1;
    is(udp_socket_send(&a, "x", 1, &to), ERROR_NOT_ENOUGH_MEMORY,
       "so does one without memory");
    no_memory = 0;
    is(udp_socket_send(&a, "x", 1, NULL), WSAENOTCONN,
       "and one without a receiver");
    send_text(&a, &b, "fine");
    tells(2, READABLE, "the next one is sent");
    receives(&b, "fine", &a);
    /* Nobody listens there, and Windows would say so. */
    UdpSocket gone = opened_at("127.0.0.1");
    Address nobody = address_of(&gone);
    must("closing", udp_socket_close(&gone));
    is(udp_socket_send(&a, "hello?", 6, &nobody), 0, "sent to nobody");
    send_text(&b, &a, "still here");
    tells(1, READABLE, "what somebody sends");
    receives(&a, "still here", &b);
    close_both(&a, &b);
    is(udp_socket_close(&a), WSAENOTSOCK, "closed once");
    is(udp_socket_send(&a, "x", 1, &to), WSAENOTSOCK, "no sending then,");
    is(blocked(&a), WSAENOTSOCK, "no receiving");
    ok(udp_socket_source(&a) == NULL, "no source");
}

static void peers(void)
{
    UdpSocket a = opened(1, EDGE), b = opened(2, EDGE), c = opened(3, EDGE);
    must("connecting", udp_socket_connect(&a, "127.0.0.1", port_text(&b)));
    send_text(&c, &a, "a stranger");
    let_it_arrive();
    tells_nothing("a stranger doesn't make it readable");
    is(blocked(&a), WSAEWOULDBLOCK, "nor can he be received");
    send_text(&b, &a, "its peer");
    tells(1, READABLE, "its peer does");
    receives(&a, "its peer", &b);
    must("sending", udp_socket_send(&a, "answer", 6, NULL));
    tells(2, READABLE, "and gets what is sent to nobody by name");
    receives(&b, "answer", &a);
    is(blocked(&a), WSAEWOULDBLOCK, "nothing more");
    must("connecting", udp_socket_connect(&a, "127.0.0.1", port_text(&c)));
    send_text(&b, &a, "once its peer");
    tells_nothing("with another peer, the first is a stranger");
    send_text(&c, &a, "its new peer");
    tells(1, READABLE, "and the other isn't");
    receives(&a, "its new peer", &c);
    is(blocked(&a), WSAEWOULDBLOCK, "nothing more");
    must("connecting", udp_socket_connect(&a, "127.0.0.1", port_text(&b)));
    send_text(&b, &a, "back again");
    tells(1, READABLE, "back to the first");
    receives(&a, "back again", &b);
    send_text(&b, &a, "read ahead");
    tells(1, READABLE, "something of the old peer has been read");
    must("connecting", udp_socket_connect(&a, "127.0.0.1", port_text(&c)));
    is(blocked(&a), WSAEWOULDBLOCK, "it is thrown away with him");
    must("closing", udp_socket_close(&c));
    close_both(&a, &b);
}

static void room(void)
{
    UdpSocket a = opened_at("127.0.0.1"), b = opened(2, EDGE);
    Address to = address_of(&b);
    DWORD error = 0;
    int sent = 0;
    watch(udp_socket_source(&a), 1, WRITABLE, EDGE);
    tells(1, WRITABLE, "there is room");
    /* Their packets aren't taken out, so all are still the system's. */
    while ((error = udp_socket_send(&a, data, 1000, &to)) == 0)
        sent++;
    is(error, WSAEWOULDBLOCK, "then there is none");
    is((unsigned)sent, UDP_MARK / 1000, "at the mark");
    Event list[8];
    Events events = {.list = list, .capacity = 8};
    int told = 0;
    for (int i = 0; i < 40 && told == 0; i++) {
        must("waiting", poll_wait(&poll, &events, 50));
        for (ULONG n = 0; n < events.count; n++)
            told += list[n].token == 1 && list[n].ready == WRITABLE;
    }
    is((unsigned)told, 1, "there is room again, told once");
    must("closing", udp_socket_close(&b));
    /* Nobody takes them in. */
    for (sent = 0; sent < 1000;) {
        error = udp_socket_send(&a, data, 1000, &to);
        if (error == 0)
            sent++;
        else if (error == WSAEWOULDBLOCK)
            must("waiting", poll_wait(&poll, &events, PATIENCE));
        else
            must("sending", error);
    }
    is((unsigned)sent, 1000, "a thousand to nobody hold nothing up");
    must("closing", udp_socket_close(&a));
}

static void families(void)
{
    UdpSocket v4 = opened(4, EDGE), v6 = opened_at("::1");
    SOCKET s;
    unsigned short number;
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = {[15] = 1}};
    Address from;
    DWORD count;
    watch(udp_socket_source(&v6), 6, READABLE, EDGE);
    send_text(&v4, &v4, "to itself");
    tells(4, READABLE, "IPv4");
    receives(&v4, "to itself", &v4);
    must("asking", udp_socket_port(&v6, &number));
    to.sin6_port = ntohs(number);
    must("a socket", open_datagram_socket(AF_INET6, &s));
    sendto(s, "six", 3, 0, (struct sockaddr *)&to, sizeof to);
    tells(6, READABLE, "and IPv6 in one poll");
    must("receiving",
         udp_socket_receive(&v6, buffer, sizeof buffer, &count, &from));
    is(from.any.sa_family, AF_INET6, "with the sender's address,");
    is(udp_socket_send(&v6, "answer", 6, &from), 0, "which can be answered");
    is((unsigned)recv(s, buffer, 16, 0), 6, "and gets it");
    close_socket(s);
    close_both(&v4, &v6);
    is(udp_socket_open(&v4, &registrator, "127.0.0.1", "no such service") != 0,
       1, "a port that isn't one is refused");
}

static void registrations(void)
{
    UdpSocket a = opened(1, ONE_SHOT), b = opened(2, EDGE);
    Source *source = udp_socket_source(&a);
    is(poll_register(&poll, source, 3, READABLE, EDGE), ERROR_ALREADY_EXISTS,
       "registered once");
    send_text(&b, &a, "one");
    tells(1, READABLE, "one-shot: a datagram is told");
    receives(&a, "one", &b);
    is(blocked(&a), WSAEWOULDBLOCK, "there is no other");
    send_text(&b, &a, "two");
    tells_nothing("the next one is not told");
    rewatch(source, 3, READABLE, ONE_SHOT);
    tells(3, READABLE, "but when it is registered anew");
    receives(&a, "two", &b);
    unwatch(source);
    send_text(&b, &a, "three");
    tells_nothing("nothing is told once it is deregistered");
    receives(&a, "three", &b);
    is(poll_deregister(&poll, source), ERROR_NOT_FOUND, "which it is once");
    watch(source, 4, 0, LEVEL);
    send_text(&b, &a, "four");
    tells_nothing("without interests nothing is told");
    rewatch(source, 5, READABLE, LEVEL);
    tells(5, READABLE, "with one, what waited is");
    tells(5, READABLE, "and again while it does");
    receives(&a, "four", &b);
    close_both(&a, &b);
    tells_nothing("closed, they tell nothing");
}

/* Interests of many at random, while datagrams go round. */
static void at_random(void)
{
    enum { SOCKETS = 200, ROUNDS = 3000 };
    static UdpSocket sockets[SOCKETS];
    unsigned seed = 20261127, told = 0, wrong = 0, lost = 0;
    Event list[16];
    Events events = {.list = list, .capacity = 16};
    for (unsigned i = 0; i < SOCKETS; i++)
        sockets[i] = opened(i, EDGE);
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned one = (seed = seed * 1103515245 + 12345) / 65536 % SOCKETS;
        unsigned other = (seed = seed * 1103515245 + 12345) / 65536 % SOCKETS;
        Interests interests = (Interests)((seed >> 20) % 4);
        Mode mode = (Mode)((seed >> 22) % 3);
        send_text(&sockets[one], &sockets[other], "x");
        rewatch(udp_socket_source(&sockets[other]), other, interests, mode);
        must("waiting", poll_wait(&poll, &events, 0));
        for (ULONG n = 0; n < events.count; n++) {
            told++;
            wrong += list[n].token >= SOCKETS || list[n].error != 0;
            if (list[n].ready & READABLE)
                blocked(&sockets[list[n].token]);
        }
    }
    for (unsigned i = 0; i < SOCKETS; i++) {
        rewatch(udp_socket_source(&sockets[i]), i, READABLE, LEVEL);
        while (blocked(&sockets[i]) == 0)
            ;
    }
    while (must("waiting", poll_wait(&poll, &events, A_WHILE)),
           events.count > 0)
        for (ULONG n = 0; n < events.count; n++)
            blocked(&sockets[list[n].token]);
    for (unsigned i = 0; i < SOCKETS; i++) {
        send_text(&sockets[i], &sockets[i], "self");
        Event event = next_event();
        lost += event.token != i || blocked(&sockets[i]) != 0;
    }
    ok(told > 100 && wrong == 0, "%d changes at random: nothing wrong is told",
       ROUNDS);
    is(lost, 0, "and none of %d sockets is lost", SOCKETS);
    for (unsigned i = 0; i < SOCKETS; i++)
        must("closing", udp_socket_close(&sockets[i]));
}

int main(void)
{
    set_up();
    datagrams(EDGE);
    datagrams(LEVEL);
    sizes();
    cut_short();
    errors();
    peers();
    room();
    families();
    registrations();
    at_random();
    tear_down();
    return done_testing();
}
