// wrap: WSASend tcp_stream_read malloc calloc realloc free
// libs: -lntdll
/* Clients who send much, come together, read late, end early and reset. What an
   echo sends is held back for the late ones, by standing before WSASend. */
#include "guard.h"

#include "ends.h"

#include "echo.h"
#include "economy.h"

enum {
    CAPACITY = 8,
    TOGETHER = 8,
    MUCH = 5000,
    SHORT = 1000,
    LATE = 100000,
    HELD = 4,
    IN_HAND =
        44, /* of the last piece that is read, where the mark is reached */
    PATIENCE = 700
};

int WINAPI ioctlsocket(SOCKET s, long cmd, unsigned long *argp);
void WINAPI WSASetLastError(int iError);
WRAPPED(WSASend);
WRAPPED(tcp_stream_read);

typedef struct Ender {
    SOCKET socket;
    int size; /* to be sent, */
    int sent;
    int back;  /* and so many came back, */
    int wrong; /* from here on not what was sent; -1: all is */
    BOOL ended, got_end;
} Ender;

typedef struct Held {
    SOCKET socket;
    WSABUF parts[2];
    DWORD count;
    WSAOVERLAPPED *overlapped;
} Held;

static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};
static Echo echo;
static BOOL holding;
static Held held[HELD];
static int held_count;
static int told;  /* events of the echo's */
static int taken; /* bytes that it has read since a client joined */

DWORD __wrap_tcp_stream_read(TcpStream *stream, char *buffer, DWORD size,
                             DWORD *count)
{
    DWORD error = __real_tcp_stream_read(stream, buffer, size, count);
    taken += (int)*count;
    return error;
}

int WINAPI __wrap_WSASend(SOCKET s, WSABUF *buffers, DWORD count, DWORD *sent,
                          DWORD flags, WSAOVERLAPPED *overlapped,
                          COMPLETION_ROUTINE routine)
{
    if (!holding || overlapped == NULL || count > 2 || held_count == HELD)
        return __real_WSASend(s, buffers, count, sent, flags, overlapped,
                              routine);
    Held *one = &held[held_count++];
    *one = (Held){.socket = s, .count = count, .overlapped = overlapped};
    memcpy(one->parts, buffers, count * sizeof *buffers);
    WSASetLastError(WSA_IO_PENDING);
    return -1;
}

/* What has been held goes out; its packets are the system's own. */
static void let_go(void)
{
    holding = FALSE;
    for (int i = 0; i < held_count; i++) {
        DWORD sent;
        __real_WSASend(held[i].socket, held[i].parts, held[i].count, &sent, 0,
                       held[i].overlapped, NULL);
    }
    held_count = 0;
}

static char byte_at(int position)
{
    return (char)('a' + (position + position / 26) % 26);
}

/* A client who is to send so many bytes. */
static void join(Ender *client, int size)
{
    static const unsigned char loopback[4] = {127, 0, 0, 1};
    struct sockaddr_in address = {.sin_family = AF_INET};
    unsigned short port = 0;
    unsigned long yes = 1;
    taken = 0;
    require(tcp_listener_port(&echo.listener, &port) == 0, "no port");
    address.sin_port = (unsigned short)(port << 8 | port >> 8);
    memcpy(&address.sin_addr, loopback, sizeof loopback);
    *client = (Ender){.size = size, .wrong = -1};
    require(open_socket(AF_INET, &client->socket) == 0 &&
                connect(client->socket, (struct sockaddr *)&address,
                        sizeof address) == 0 &&
                ioctlsocket(client->socket, (long)0x8004667E, &yes) == 0,
            "a client can't connect");
}

/* The client sends and reads as much as goes without waiting. Returns how much. */
static int act(Ender *client, BOOL ends)
{
    static char bytes[4096];
    int moved = 0, count = 0;
    while (client->sent < client->size) {
        int size = client->size - client->sent;
        if (size > (int)sizeof bytes)
            size = sizeof bytes;
        for (int i = 0; i < size; i++)
            bytes[i] = byte_at(client->sent + i);
        count = send(client->socket, bytes, size, 0);
        if (count <= 0)
            break;
        client->sent += count;
        moved += count;
    }
    if (ends && client->sent == client->size && !client->ended) {
        client->ended = TRUE;
        shutdown_send(client->socket);
    }
    while (!client->got_end &&
           (count = recv(client->socket, bytes, sizeof bytes, 0)) >= 0) {
        if (count == 0)
            client->got_end = TRUE;
        for (int i = 0; i < count; i++, client->back++)
            if (client->wrong < 0 && bytes[i] != byte_at(client->back))
                client->wrong = client->back;
        moved += count;
    }
    return moved;
}

/* One look at the poll. Returns how many events the echo was given. */
static ULONG turn(DWORD timeout)
{
    DWORD error = poll_wait(&the_poll, &events, timeout);
    require(error == 0, "poll_wait gave error %lu", error);
    for (ULONG i = 0; i < events.count; i++)
        echo_handle(&echo, &list[i]);
    told += (int)events.count;
    return events.count;
}

/* Until the client has all back, and the end if he has ended; or nothing has moved
   for a while. */
static void serve(Ender *client, BOOL ends)
{
    unsigned long last = milliseconds();
    while (milliseconds() - last < PATIENCE &&
           (client->back < client->size || (ends && !client->got_end)))
        if (turn(5) + (ULONG)act(client, ends) > 0)
            last = milliseconds();
}

static void comes_back(const Ender *client, const char *how, const char *ask)
{
    need(client->wrong < 0, "in order",
         "%d bytes were sent%s; what came back is wrong from byte %d on: what "
         "was read first, and what was written first?",
         client->size, how, client->wrong);
    need(client->back == client->size, "all comes back",
         "%d bytes were sent%s, %d came back, and then there was no event any "
         "more: %s",
         client->size, how, client->back, ask);
}

/* Without looking at who is still waiting. */
static void leave(Ender *client)
{
    close_socket(client->socket);
    for (int i = 0; i < 100 && echo.count > 0; i++)
        turn(5);
}

static void much(void)
{
    Ender client;
    stage("%d bytes at once", MUCH);
    join(&client, MUCH);
    serve(&client, FALSE);
    comes_back(
        &client, "",
        "what has to be true before the next edge of READABLE can come?");
    expect(echo.count == 1, "he is one client", "the echo counts %d clients",
           echo.count);
    leave(&client);
    need(echo.count == 0, "who has hung up is gone",
         "the client has closed his end, and the echo still counts %d",
         echo.count);
}

static void together(void)
{
    Ender clients[TOGETHER];
    unsigned long start = milliseconds();
    stage("%d clients at once", TOGETHER);
    for (int i = 0; i < TOGETHER; i++)
        join(&clients[i], 1);
    pause_ms(50);
    while (echo.count < TOGETHER && milliseconds() - start < PATIENCE)
        turn(20);
    need(echo.count == TOGETHER, "all are let in",
         "%d clients came together, %d were let in, and then there was no "
         "event any more: how many connections may one edge of the listener's "
         "mean?",
         TOGETHER, echo.count);
    for (int i = 0; i < TOGETHER; i++) {
        serve(&clients[i], FALSE);
        need(clients[i].back == 1, "each is served",
             "client %d of %d got nothing back", i + 1, TOGETHER);
    }
    close_will_reset(clients[0].socket);
    close_socket(clients[0].socket);
    start = milliseconds();
    while (echo.count == TOGETHER && milliseconds() - start < PATIENCE)
        turn(20);
    need(echo.count == TOGETHER - 1, "who resets is dropped, and he alone",
         "one of %d clients reset his connection, and the echo counts %d",
         TOGETHER, echo.count);
    for (int i = 1; i < TOGETHER; i++)
        close_socket(clients[i].socket);
    start = milliseconds();
    while (echo.count > 0 && milliseconds() - start < PATIENCE)
        turn(20);
    require(echo.count == 0, "all have hung up, and the echo counts %d",
            echo.count);
}

/* Sends until the echo takes no more of it: nothing of its answer gets out. */
static void stall(Ender *client, BOOL ends)
{
    unsigned long last = milliseconds();
    holding = TRUE;
    for (int turns = 0; milliseconds() - last < 60 && turns < 500; turns++)
        if (turn(5) + (ULONG)act(client, ends) > 0)
            last = milliseconds();
    need(
        taken <= CONNECTION_MARK + PIECE, "no more is read than can be kept",
        "a client takes nothing, and the echo has read %d bytes of his: %d can "
        "wait in the stream and %d in hand. Where are the others?",
        taken, CONNECTION_MARK, PIECE);
    told = 0;
    for (int i = 0; i < 10; i++)
        turn(2);
    need(told <= 3, "a server that waits sleeps",
         "a client takes nothing, and there is nothing to do for him; in 10 "
         "waits the echo was told of %d events: who asked for them?",
         told);
    let_go();
}

static void late(void)
{
    Ender client;
    stage("a client who reads late");
    join(&client, LATE);
    stall(&client, FALSE);
    serve(&client, FALSE);
    comes_back(&client, ", and not taken back for a while",
               "READABLE was told while there was no room. Who reads once "
               "there is?");
    leave(&client);
}

static void early_end(void)
{
    Ender client;
    stage("a client who ends while his answer is under way");
    join(&client, SHORT);
    stall(&client, TRUE);
    serve(&client, TRUE);
    comes_back(&client, ", then the end",
               "where were they when the stream was closed?");
    leave(&client);
    stage("a client who reads late, and has ended early");
    join(&client, LATE / 2 * 3);
    stall(&client, TRUE);
    serve(&client, TRUE);
    comes_back(&client, ", then the end, and not taken back for a while",
               "what does the end have to wait for?");
    need(
        client.got_end, "and then the echo's end",
        "the client has ended and got all %d bytes back; the end of the stream "
        "did not come: who hangs up?",
        client.back);
    leave(&client);
    need(echo.count == 0, "and he is gone",
         "the client has ended and hung up, and the echo still counts %d",
         echo.count);
    stage("a client who reads late, whose last bytes are in hand when he ends");
    join(&client, CONNECTION_MARK + IN_HAND);
    stall(&client, TRUE);
    serve(&client, TRUE);
    comes_back(&client, ", then the end, and not taken back for a while",
               "the last of them were in hand. What does the end have to wait "
               "for?");
    need(
        client.got_end, "and then the echo's end",
        "the client has ended and got all %d bytes back; the end of the stream "
        "did not come: who hangs up?",
        client.back);
    leave(&client);
}

static void hangs_up(int living)
{
    Ender client;
    stage("closing the echo");
    join(&client, 1);
    serve(&client, FALSE);
    echo_close(&echo);
    DWORD error = poll_destroy(&the_poll);
    need(error == 0, "all is closed",
         "the echo is closed, and poll_destroy gave %lu", error);
    require(registrator_release(&registrator) == 0,
            "the registrator can't be released");
    expect(guard_living() == living, "nothing is left",
           "all is closed, and %d blocks of memory are still allocated",
           guard_living() - living);
    close_socket(client.socket);
}

void examine(const Checker *table)
{
    BEGIN(table);
    int living = guard_living();
    economy.skip = FALSE;
    economy.spares = 0;
    open_poll();
    DWORD error = echo_open(&echo, &the_poll, &registrator, "0");
    require(error == 0, "echo_open gave error %lu", error);
    much();
    together();
    late();
    early_end();
    hangs_up(living);
}
