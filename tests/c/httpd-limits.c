// steps: 12+
// wrap: CreateFileW
/* What the server has only so much of: connections, patience for each thing that a
   client can be slow in, and attention for who asks for very much. */
#define SERVED "httpd-limits"
#include "served.h"

#include "request.h"

int WINAPI ioctlsocket(SOCKET s, long command, unsigned long *argument);

enum { LONG_MS = 100000, SHORT_MS = 50, BODY = 65536 };

static const Limits patient = {.clients = 10,
                               .head_ms = LONG_MS,
                               .keep_ms = LONG_MS,
                               .take_ms = LONG_MS,
                               .linger_ms = LONG_MS,
                               .drain_ms = LONG_MS};

static char bytes[BODY];

static void at_once(SOCKET s)
{
    enum { FIONBIO = (int)0x8004667E };
    unsigned long on = 1;
    must("not waiting", (DWORD)ioctlsocket(s, FIONBIO, &on));
}

static void close_all(void)
{
    close_socket(client);
    is(server_drain(&server), 0, "it stops");
    while (server.clients != NULL && turn(PATIENCE) > 0)
        ;
    must("destroying", poll_destroy(&poll));
    must("releasing", registrator_release(&registrator));
}

/* Whether the server lets the client go, who does nothing, and not too early. */
static void lets_go(const char *what)
{
    unsigned long long start = GetTickCount64();
    while (server.clients != NULL && GetTickCount64() < start + PATIENCE)
        turn(SHORT_MS);
    ok(server.clients == NULL, "%s: he is let go", what);
}

/* The limit that passes is the only short one. */
static void patience(void)
{
    Limits limits = patient;
    limits.keep_ms = SHORT_MS;
    open_served(limits, 0);
    welcome();
    lets_go("one who asks for nothing");
    is((unsigned)recv(client, bytes, sizeof bytes, 0), 0, "without a word");
    close_all();

    open_served(limits, 0);
    say(client, GET("small", ""));
    welcome();
    lets_go("one who asks for nothing more");
    ok(recv(client, bytes, sizeof bytes, 0) > SMALL, "with his answer");
    close_all();

    limits = patient;
    limits.head_ms = SHORT_MS;
    limits.linger_ms = SHORT_MS;
    open_served(limits, 0);
    say(client, "GET / HT");
    welcome();
    lets_go("one who asks for half of something");
    recv(client, bytes, sizeof bytes, 0);
    ok(strncmp(bytes, "HTTP/1.1 408 ", 13) == 0, "and told why");
    close_all();

    limits = patient;
    limits.linger_ms = SHORT_MS;
    open_served(limits, 0);
    say(client, GET("small", "Connection: close\r\n"));
    welcome();
    lets_go("one who doesn't hang up");
    close_all();

    limits = patient;
    limits.take_ms = SHORT_MS;
    open_served(limits, 4096);
    say(client, GET("large", ""));
    welcome();
    lets_go("one who takes nothing in");
    close_all();
}

static void too_many(void)
{
    SOCKET clients[3];
    Limits limits = patient;
    limits.clients = 2;
    open_served(limits, 0);
    clients[0] = client;
    for (int i = 1; i < 3; i++) {
        connect_client(0);
        clients[i] = client;
    }
    at_once(clients[2]);
    unsigned long long end = GetTickCount64() + PATIENCE;
    int count = -1;
    while (count < 0 && GetTickCount64() < end) {
        turn(SHORT_MS);
        count = recv(clients[2], bytes, sizeof bytes, 0);
    }
    is((unsigned)count, 0, "with room for two, the third is hung up on");
    is(server.count, 2, "and the two are here");
    close_socket(clients[2]);
    close_socket(clients[0]);
    while (server.count > 1)
        turn(PATIENCE);
    connect_client(0);
    say(client, GET("small", ""));
    turn_until_still();
    ok(recv(client, bytes, sizeof bytes, 0) > SMALL,
       "once one has gone, the next is served");
    close_socket(clients[1]);
    close_all();
}

/* Requests of one who takes nothing in: sends what the system takes, has the
   server do all that it can, and so on. Returns how many bytes that were. */
static unsigned long long ask_on(const char *request, size_t size)
{
    enum { STILL = 3, TOO_MANY = 64 * 1024 * 1024 };
    unsigned long long sent = 0;
    int still = 0;
    while (still < STILL && sent < TOO_MANY) {
        size_t at = (size_t)(sent % size);
        int count = send(client, request + at, (int)(size - at), 0);
        if (count > 0)
            sent += (unsigned)count;
        else
            turn_until_still();
        still = count > 0 ? 0 : still + 1;
    }
    return sent;
}

static unsigned long long got; /* bytes of answers, all alike, */
static unsigned long long one; /* each of so many */

/* Takes in what is there. Returns whether that was the end. */
static BOOL take_in(void)
{
    int count;
    while ((count = recv(client, bytes, sizeof bytes - 1, 0)) > 0) {
        if (got == 0) {
            bytes[count] = '\0';
            one = (unsigned)(strstr(bytes, "\r\n\r\n") + 4 - bytes) +
                  strtoull(strstr(bytes, "\nContent-Length:") + 16, NULL, 10);
        }
        got += (unsigned)count;
    }
    return count == 0 || WSAGetLastError() != WSAEWOULDBLOCK;
}

/* How many answers come until the end. */
static unsigned take_all_in(void)
{
    must("half-closing", (DWORD)shutdown(client, SD_SEND));
    while (!take_in())
        turn(1);
    is(got % one, 0, "each answer comes whole");
    return (unsigned)(got / one);
}

/* The server doesn't read from him any more, so his own sends get stuck. */
static void asks_on_and_on(void)
{
    static char request[REQUEST_HEAD + 1];
    int size = snprintf(request, sizeof request,
                        "GET /" SERVED "-body HTTP/1.1\r\nHost: x\r\nA: ");
    memset(request + size, 'a', REQUEST_HEAD - (size_t)size);
    memcpy(request + REQUEST_HEAD - 4, "\r\n\r\n", 4);
    open_served(patient, 0);
    welcome();
    at_once(client);
    unsigned long long sent = ask_on(request, REQUEST_HEAD);
    printf("# %llu bytes of requests were taken\n", sent);
    ok(sent < 16 * 1024 * 1024, "who takes nothing in can't ask on for ever");
    is(server.count, 1, "he is still here");
    got = 0;
    is(take_all_in(), sent / REQUEST_HEAD,
       "when he does, each request has its answer");
    close_all();
}

static unsigned opened; /* files, or tried to: one a request */

HANDLE __real_CreateFileW(const wchar_t *name, DWORD access, DWORD share,
                          void *security, DWORD disposition, DWORD flags,
                          HANDLE like);
HANDLE __wrap_CreateFileW(const wchar_t *name, DWORD access, DWORD share,
                          void *security, DWORD disposition, DWORD flags,
                          HANDLE like)
{
    opened++;
    return __real_CreateFileW(name, access, share, security, disposition, flags,
                              like);
}

/* A thousand requests are there at once. Between a few of them and the next, others
   have their turn. */
static void asks_for_a_thousand(void)
{
    enum { REQUESTS = 1000, FEW = 2 };
    static const char request[] = "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n";
    unsigned most = 0, before;
    open_served(patient, 0);
    welcome();
    for (int i = 0; i < REQUESTS; i++)
        say(client, request);
    at_once(client);
    got = opened = 0;
    while (opened < REQUESTS) {
        before = opened;
        turn(PATIENCE);
        take_in();
        if (opened - before > most)
            most = opened - before;
    }
    ok(most <= FEW, "of a thousand at once, %u are answered in a turn", most);
    is(take_all_in(), REQUESTS, "all of them are answered");
    close_all();
}

int main(void)
{
    make_files();
    make_file("build/" SERVED "-body", BODY);
    set_up();
    must("destroying", poll_destroy(&poll));
    must("releasing", registrator_release(&registrator));
    patience();
    too_many();
    asks_on_and_on();
    asks_for_a_thousand();
    remove_files();
    DeleteFileA("build/" SERVED "-body");
    close_socket(listener);
    wsa_cleanup();
    return done_testing();
}
