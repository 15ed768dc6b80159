/* Clients for an echo server on the loopback, on the system's own sockets and not
   on Wine's: many, and of the kinds that a server must live with.

   load PORT crowd IDLE BUSY ROUNDS   IDLE clients say one byte and keep quiet;
       meanwhile BUSY ones have ROUNDS messages echoed each, all at once; then the
       idle ones say one byte more. Prints how many messages came back right.
   load PORT deaf CLIENTS BYTES HEAL  each sends BYTES and reads nothing, until no
       client gets rid of any more while one that listens has a thousand answers;
       then prints a line and waits for one on its standard input; then the first
       HEAL of them read all of it back, and the others are gone.
   load PORT reset CLIENTS            each connects and resets at once.

   Exits with 0 if all that was sent came back, byte for byte. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MESSAGE = 64,
    PIECE = 16384,
    SMALL = 16384,    /* the deaf ones' own buffers */
    PATIENCE = 60000, /* milliseconds for what must come */
    QUIET = 1000,     /* answers to another, and none of the deaf has got on */
    AT_ONCE = 100     /* connects before the first byte is asked for */
};

typedef struct Client {
    int s;
    unsigned long sent;
    unsigned long received;
} Client;

static struct sockaddr_in server;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* What is sent: differs from client to client, and along the way. */
static char byte_at(int client, unsigned long place)
{
    unsigned mixed = ((unsigned)place * 2654435761u) ^ (unsigned)client * 97u;
    return (char)(mixed >> 13);
}

static void open_client(Client *client, int small)
{
    *client = (Client){.s = socket(AF_INET, SOCK_STREAM, 0)};
    if (client->s < 0)
        fail("socket");
    if (small > 0) {
        setsockopt(client->s, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        setsockopt(client->s, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    }
    if (connect(client->s, (struct sockaddr *)&server, sizeof server) != 0)
        fail("connect");
    fcntl(client->s, F_SETFL, O_NONBLOCK);
}

/* Resets, so that no port stays taken. */
static void close_client(Client *client)
{
    struct linger at_once = {1, 0};
    setsockopt(client->s, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(client->s);
}

/* Sends more of what is to be sent, as much as goes. Returns whether any did. */
static int say(Client *clients, int i, unsigned long until)
{
    Client *client = &clients[i];
    char piece[PIECE];
    unsigned long size = until - client->sent;
    if (size == 0)
        return 0;
    if (size > PIECE)
        size = PIECE;
    for (unsigned long at = 0; at < size; at++)
        piece[at] = byte_at(i, client->sent + at);
    ssize_t went = send(client->s, piece, size, MSG_NOSIGNAL);
    if (went < 0 && errno != EAGAIN)
        fail("send");
    client->sent += went > 0 ? (unsigned long)went : 0;
    return went > 0;
}

/* Takes in what has come and compares it. */
static void hear(Client *clients, int i)
{
    Client *client = &clients[i];
    char piece[PIECE];
    ssize_t came = recv(client->s, piece, sizeof piece, 0);
    if (came == 0 || (came < 0 && errno != EAGAIN)) {
        fprintf(stderr, "client %d was dropped after %lu bytes\n", i,
                client->received);
        exit(1);
    }
    for (ssize_t at = 0; at < came; at++)
        if (piece[at] != byte_at(i, client->received++)) {
            fprintf(stderr, "client %d: byte %lu is wrong\n", i,
                    client->received - 1);
            exit(1);
        }
}

/* Has clients from to end - 1 send until that many bytes, and, if they listen,
   get them back. Stops after patience without progress. Returns whether all did. */
static int converse(Client *clients, int from, int end, unsigned long until,
                    int listens, int patience)
{
    struct pollfd *polls = calloc((size_t)(end - from) + 1, sizeof *polls);
    int left;
    if (polls == NULL)
        fail("memory");
    do {
        left = 0;
        for (int i = from; i < end; i++) {
            Client *client = &clients[i];
            int reads = listens && client->received < until;
            int writes = client->sent < until;
            polls[i - from] =
                (struct pollfd){.fd = reads || writes ? client->s : -1,
                                .events = (short)((reads ? POLLIN : 0) |
                                                  (writes ? POLLOUT : 0))};
            left += reads || writes;
        }
        if (left == 0 || poll(polls, (nfds_t)(end - from), patience) <= 0)
            break;
        for (int i = from; i < end; i++) {
            short events = polls[i - from].revents;
            if (events & POLLOUT)
                say(clients, i, until);
            if (events & ~POLLOUT)
                hear(clients, i);
        }
    } while (left > 0);
    free(polls);
    return left == 0;
}

static int crowd(int idle, int busy, int rounds)
{
    int all = idle + busy;
    long right = 0;
    Client *clients = calloc((size_t)all, sizeof *clients);
    if (clients == NULL)
        fail("memory");
    for (int i = 0; i < all; i++) {
        open_client(&clients[i], 0);
        if ((i + 1) % AT_ONCE == 0 || i + 1 == all)
            if (!converse(clients, i - i % AT_ONCE, i + 1, 1, 1, PATIENCE))
                return 1;
    }
    printf("%d connected, and each has said a byte\n", all);
    for (int round = 1; round <= rounds; round++) {
        if (!converse(clients, idle, all, 1 + (unsigned long)round * MESSAGE, 1,
                      PATIENCE))
            return 1;
        right += busy;
    }
    printf("%ld messages came back to %d busy ones\n", right, busy);
    if (!converse(clients, 0, idle, 2, 1, PATIENCE))
        return 1;
    printf("%d idle ones are still there\n", idle);
    for (int i = 0; i < all; i++)
        close_client(&clients[i]);
    return 0;
}

static unsigned long sent_by(const Client *clients, int count)
{
    unsigned long sent = 0;
    for (int i = 0; i < count; i++)
        sent += clients[i].sent;
    return sent;
}

static int deaf(int count, unsigned long size, int heal)
{
    unsigned long sent = 0;
    Client *clients = calloc((size_t)count + 1, sizeof *clients);
    if (clients == NULL)
        fail("memory");
    for (int i = 0; i < count; i++)
        open_client(&clients[i], SMALL);
    open_client(&clients[count], 0); /* who listens */
    for (int quiet = 0, asked = 1; quiet < QUIET; quiet++, asked++) {
        if (converse(clients, 0, count, size, 0, 0)) {
            fprintf(stderr, "all was taken: %lu bytes of each\n", size);
            return 1;
        }
        if (sent != sent_by(clients, count))
            quiet = 0;
        sent = sent_by(clients, count);
        if (!converse(clients, count, count + 1, (unsigned long)asked, 1,
                      PATIENCE))
            return 1;
    }
    printf("%d clients are stuck, having sent %lu bytes\n", count, sent);
    fflush(stdout);
    if (getchar() == EOF)
        return 1;
    for (int i = heal; i < count; i++)
        close_client(&clients[i]);
    if (!converse(clients, 0, heal, size, 1, PATIENCE))
        return 1;
    printf("%d clients have %lu bytes back\n", heal, size);
    for (int i = 0; i < heal; i++)
        close_client(&clients[i]);
    close_client(&clients[count]);
    return 0;
}

/* Some before they are accepted, some while, some after. */
static int resets(int count)
{
    for (int i = 0; i < count; i++) {
        Client client = {.s = socket(AF_INET, SOCK_STREAM, 0)};
        if (client.s < 0)
            fail("socket");
        if (connect(client.s, (struct sockaddr *)&server, sizeof server) != 0)
            fail("connect");
        if (i % 3 == 1)
            usleep(500);
        if (i % 3 == 2)
            send(client.s, "x", 1, MSG_NOSIGNAL);
        close_client(&client);
    }
    printf("%d have connected and reset\n", count);
    return 0;
}

int main(int argc, char **argv)
{
    struct rlimit limit;
    if (argc < 4)
        return 2;
    server = (struct sockaddr_in){.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (strcmp(argv[2], "crowd") == 0 && argc == 6)
        return crowd(atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
    if (strcmp(argv[2], "deaf") == 0 && argc == 6)
        return deaf(atoi(argv[3]), strtoul(argv[4], NULL, 10), atoi(argv[5]));
    if (strcmp(argv[2], "reset") == 0)
        return resets(atoi(argv[3]));
    return 2;
}
