// wrap: WSARecv malloc calloc realloc free
// sizes: Relay
/* Puts the events of both ends of a link into one batch. Freed memory can't be
   touched (see guard.h). */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "guard.h"
#include "loopback.h"
#include "relay.h"

enum {
    READS = 4096,
    NUMBERS = 200,
    PENDING = 0x103,
    AT_MOST_MS = 40,
    LINKS = 8
};

extern const unsigned long long size_of_Relay;

int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);

/* The last read of each socket. */
static struct {
    SOCKET socket;
    WSAOVERLAPPED *overlapped;
} reads[READS];
static int read_count;

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    if (read_count < READS) {
        reads[read_count].socket = s;
        reads[read_count++].overlapped = overlapped;
    }
    return __real_WSARecv(s, buffers, count, received, flags, overlapped,
                          routine);
}

/* Waits until a read of this socket is over and its packet in the port. Wine
   notes the end in the OVERLAPPED at once, Windows when the packet is taken out:
   hence the limit. */
static void read_is_over(SOCKET s)
{
    int i = read_count - 1;
    while (i > 0 && reads[i].socket != s)
        i--;
    unsigned long start = milliseconds();
    while (*(volatile ULONG_PTR *)&reads[i].overlapped->Internal == PENDING &&
           milliseconds() - start < AT_MOST_MS)
        pause_ms(1);
    pause_ms(2);
}

/* Two people, each with the relay's end of the line. */
typedef struct Call {
    int number;
    SOCKET people[2];
    SOCKET ends[2];
} Call;

static Relay *relay;
static int ended[NUMBERS]; /* how often */
static Call next_call;     /* to be put through when one has ended, if it has */
static BOOL next_wanted;   /* a number */

static void put_through(Call *call, int number)
{
    SOCKET left[2], right[2];
    require(loopback_pair(left) == 0 && loopback_pair(right) == 0,
            "no pair of sockets could be made");
    *call = (Call){.number = number,
                   .people = {left[1], right[1]},
                   .ends = {left[0], right[0]}};
    DWORD error = relay_join(relay, left[0], right[0], number);
    require(error == 0, "relay_join gave error %lu", error);
}

static void on_end(void *context, int number)
{
    require(context == &next_call, "ended was called with another context");
    require(number > 0 && number < NUMBERS,
            "ended was called with the number %d, which no link has: where was "
            "it read from?",
            number);
    ended[number]++;
    if (next_wanted) {
        next_wanted = FALSE;
        put_through(&next_call, number + 1);
    }
}

/* Turns until there is nothing to do. */
static void turn(void)
{
    for (int i = 0; i < 6; i++) {
        DWORD error = relay_turn(relay, i == 0 ? 20 : 0);
        require(error == 0, "relay_turn gave error %lu", error);
    }
}

static void says(Call *call, int who, const char *text)
{
    send_all(call->people[who], text, strlen(text));
    read_is_over(call->ends[who]);
}

static void hangs_up(Call *call, int who)
{
    close_socket(call->people[who]);
    call->people[who] = INVALID_SOCKET;
    read_is_over(call->ends[who]);
}

/* Both say something, and the other hears it. */
static void converse(Call *call)
{
    static const char *const words[] = {"hello", "good day"};
    char heard[2][16] = {"", ""};
    for (int who = 0; who < 2; who++)
        says(call, who, words[who]);
    turn();
    need(ended[call->number] == 0, "the link goes on",
         "link %d has ended, and nobody on it has hung up: whose event was "
         "that?",
         call->number);
    for (int who = 0; who < 2; who++)
        recv(call->people[who], heard[who], sizeof heard[who] - 1, 0);
    need(strcmp(heard[0], words[1]) == 0 && strcmp(heard[1], words[0]) == 0,
         "each hears what the other says",
         "on link %d \"%s\" and \"%s\" were said, and \"%s\" and \"%s\" came "
         "out",
         call->number, words[0], words[1], heard[1], heard[0]);
}

/* The link has ended, once, and whoever is still on the line hears it. */
static void is_over(Call *call)
{
    char rest[64];
    need(ended[call->number] == 1, "a link ends once",
         "link %d has ended %d times: two events of it came in one batch, and "
         "the first ended it",
         call->number, ended[call->number]);
    for (int who = 0; who < 2; who++) {
        if (call->people[who] == INVALID_SOCKET)
            continue;
        while (recv(call->people[who], rest, sizeof rest, 0) > 0)
            ;
        close_socket(call->people[who]);
    }
}

static void open_relay(void)
{
    relay = calloc(1, size_of_Relay);
    require(relay != NULL && relay_open(relay, on_end, &next_call) == 0,
            "relay_open failed");
}

static void one_after_the_other(void)
{
    Call call, other;
    stage("two calls; on one the second hangs up");
    put_through(&call, 1);
    put_through(&other, 2);
    converse(&call);
    converse(&other);
    hangs_up(&call, 1);
    turn();
    is_over(&call);
    converse(&other);
    expect(relay_close(relay) == ERROR_BUSY, "a relay with a call stays open",
           "relay_close did not give 170, though there is a link");
    hangs_up(&other, 0);
    turn();
    is_over(&other);
}

/* What is in the batch after the event that ends the link. */
static void in_one_batch(int number, BOOL speaks, BOOL next)
{
    Call call, other;
    char heard[16] = "";
    put_through(&call, number);
    put_through(&other, number + 2);
    next_wanted = next;
    hangs_up(&call, 0);
    if (speaks)
        says(&call, 1, "hello?");
    else
        hangs_up(&call, 1);
    says(&other, 0, "hi");
    turn();
    is_over(&call);
    recv(other.people[1], heard, sizeof heard - 1, 0);
    expect(strcmp(heard, "hi") == 0, "the rest of the batch is passed on",
           "\"hi\" was said on link %d, whose event was the last of the batch, "
           "and \"%s\" came out",
           other.number, heard);
    stage("after that: another link of that batch");
    converse(&other);
    hangs_up(&other, 0);
    turn();
    is_over(&other);
    if (!next)
        return;
    stage("after that: a link that was joined during that batch");
    need(ended[number + 1] == 0, "it is not mistaken for the one before",
         "link %d was joined when link %d had ended, in the middle of a batch. "
         "The next event of that batch was link %d's, and ended link %d: how "
         "do you tell whose it is?",
         number + 1, number, number, number + 1);
    converse(&next_call);
    hangs_up(&next_call, 1);
    turn();
    is_over(&next_call);
}

static void many(void)
{
    int before = guard_living();
    stage("%d calls, both hang up at once", LINKS);
    for (int i = 0; i < LINKS; i++) {
        Call call;
        put_through(&call, 100 + i);
        hangs_up(&call, 0);
        hangs_up(&call, 1);
        turn();
        is_over(&call);
    }
    expect(guard_living() <= before + 2, "what has ended is freed",
           "%d links have ended since, and %d more blocks of memory are "
           "allocated: when are they given back?",
           LINKS, guard_living() - before);
}

void examine(const Checker *table)
{
    BEGIN(table);
    require(wsa_startup() == 0, "Winsock did not start");
    open_relay();
    one_after_the_other();
    stage("two events of one link in one batch: both ends hang up");
    in_one_batch(10, FALSE, FALSE);
    stage("two events of one link in one batch: one end hangs up, the other "
          "speaks");
    in_one_batch(20, TRUE, FALSE);
    stage("the same, and a new link is joined when the first has ended");
    in_one_batch(30, TRUE, TRUE);
    stage("the same, and both ends hang up");
    in_one_batch(40, FALSE, TRUE);
    many();

    stage("closing the relay");
    DWORD error = relay_close(relay);
    expect(error == 0, "it closes", "relay_close gave error %lu", error);
    free(relay);
}
