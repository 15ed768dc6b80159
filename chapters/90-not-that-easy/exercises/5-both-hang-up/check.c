// wrap: WSARecv closesocket GetQueuedCompletionStatusEx malloc calloc realloc free
// sizes: Relay
/* Puts the events of both ends of a link into one batch. First what is freed
   stays as it is, to see what comes of it; then it can't be touched (see
   guard.h). */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#define __wrap_free guard_free
#include "guard.h"
#undef __wrap_free
#include "loopback.h"
#include "relay.h"

int WINAPI recv(SOCKET s, char *buf, int len, int flags);

enum {
    READS = 4096,
    NUMBERS = 200,
    CALLS = 200,
    PENDING = 0x103,
    AT_MOST_MS = 40,
    AT_FIRST_MS = 200, /* something is to come */
    HEARD_MS = 300,
    MOMENT = 3, /* the number of a call */
    FREES = 50,
    TEXT = 1024,
    LINKS = 8,
    BATCH = 16,
    NO_BUFFERS = 10055 /* WSAENOBUFS */
};

/* What one on the line does. */
typedef enum Deed { HANGS_UP, SPEAKS, RESETS } Deed;
static const char *const deeds[] = {"hangs up", "speaks", "resets"};

/* Two people, each with the relay's end of the line. */
typedef struct Call {
    int number;
    SOCKET people[2];
    SOCKET ends[2];
    BOOL closed[2]; /* the relay's ends */
} Call;

typedef struct LINGER {
    unsigned short l_onoff;
    unsigned short l_linger;
} LINGER;

extern const unsigned long long size_of_Relay;

int WINAPI setsockopt(SOCKET s, int level, int optname, const char *optval,
                      int optlen);
int WINAPI ioctlsocket(SOCKET s, long cmd, ULONG *argp);
void WINAPI WSASetLastError(int iError);
WRAPPED(WSARecv);
WRAPPED(closesocket);
WRAPPED(GetQueuedCompletionStatusEx);

/* The last read of each socket. */
static struct {
    SOCKET socket;
    WSAOVERLAPPED *overlapped;
} reads[READS];
static int read_count;
static int refused; /* the read that is to fail: the next one is 1 */

static Call calls[CALLS];
static int call_count;

static Relay *relay;
static int ended[NUMBERS];  /* how often */
static int open_when_ended; /* of a link's sockets, at most */
static Call *next_call;     /* put through when one has ended */
static int next_wanted;     /* its number, or 0 */
static BOOL in_turn;
static ULONG room;  /* the least that the port was asked for in a turn */
static BOOL spared; /* what is freed stays as it is */
static int frees;   /* since */

void __wrap_free(void *memory)
{
    if (!spared) {
        guard_free(memory);
        return;
    }
    frees++;
    require(frees < FREES,
            "the two people of call %d hung up within a moment: ended was "
            "called %d times with that number, and free %d times. What was "
            "handle given each time?",
            MOMENT, ended[MOMENT], frees);
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    if (refused > 0 && --refused == 0) {
        WSASetLastError(NO_BUFFERS);
        return -1;
    }
    if (read_count < READS) {
        reads[read_count].socket = s;
        reads[read_count++].overlapped = overlapped;
    }
    return __real_WSARecv(s, buffers, count, received, flags, overlapped,
                          routine);
}

int WINAPI __wrap_closesocket(SOCKET s)
{
    for (int i = 0; i < 2 * call_count; i++)
        if (calls[i / 2].ends[i % 2] == s)
            calls[i / 2].closed[i % 2] = TRUE;
    return __real_closesocket(s);
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    if (in_turn && capacity < room)
        room = capacity;
    return __real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                              timeout, alertable);
}

/* Waits until a read of this socket is over and its packet in the port. Wine
   notes the end in the OVERLAPPED at once, Windows when the packet is taken out:
   hence the limit. */
static void read_is_over(SOCKET s)
{
    int i = read_count - 1;
    while (i > 0 && reads[i].socket != s)
        i--;
    wait_until(*(volatile ULONG_PTR *)&reads[i].overlapped->Internal != PENDING,
               AT_MOST_MS);
    pause_ms(2);
}

/* Two people, and a link between them; *error is what relay_join gave. */
static Call *join(int number, DWORD *error)
{
    SOCKET left[2], right[2];
    require(call_count < CALLS && loopback_pair(left) == 0 &&
                loopback_pair(right) == 0,
            "no pair of sockets could be made");
    for (int i = 0; i < 2 * call_count; i++) /* closed: others have it now */
        if (calls[i / 2].closed[i % 2])
            calls[i / 2].ends[i % 2] = INVALID_SOCKET;
    Call *call = &calls[call_count++];
    *call = (Call){.number = number,
                   .people = {left[1], right[1]},
                   .ends = {left[0], right[0]}};
    *error = relay_join(relay, left[0], right[0], number);
    return call;
}

static Call *put_through(int number)
{
    DWORD error;
    Call *call = join(number, &error);
    require(error == 0, "relay_join gave error %lu", error);
    return call;
}

static void on_end(void *context, int number)
{
    require(context == &next_call, "ended was called with another context");
    require(number > 0 && number < NUMBERS,
            "ended was called with the number %d, which no link has: where was "
            "it read from?",
            number);
    ended[number]++;
    int open = 2 * ended[number];
    for (int i = 0; i < 2 * call_count; i++)
        if (calls[i / 2].number == number)
            open -= calls[i / 2].closed[i % 2];
    if (open > open_when_ended)
        open_when_ended = open;
    if (next_wanted > 0) {
        int next = next_wanted;
        next_wanted = 0;
        next_call = put_through(next);
    }
}

static void turn_once(DWORD timeout)
{
    in_turn = TRUE;
    DWORD error = relay_turn(relay, timeout);
    in_turn = FALSE;
    require(error == 0, "relay_turn gave error %lu", error);
}

/* Turns until there is nothing to do. */
static void turn(void)
{
    for (int i = 0; i < 6; i++)
        turn_once(i == 0 ? AT_FIRST_MS : 0);
}

static void says(Call *call, int who, const char *text, size_t size)
{
    send_all(call->people[who], text, size);
    read_is_over(call->ends[who]);
}

static void hangs_up(Call *call, int who)
{
    close_socket(call->people[who]);
    call->people[who] = INVALID_SOCKET;
    read_is_over(call->ends[who]);
}

/* https://learn.microsoft.com/windows/win32/api/winsock/ns-winsock-linger */
static void resets(Call *call, int who)
{
    const int socket_level = 0xFFFF, linger = 0x80;
    const LINGER at_once = {.l_onoff = 1};
    require(setsockopt(call->people[who], socket_level, linger,
                       (const char *)&at_once, sizeof at_once) == 0,
            "SO_LINGER could not be set");
    hangs_up(call, who);
}

static void does(Call *call, int who, Deed deed)
{
    if (deed == SPEAKS)
        says(call, who, "hello?", 6);
    else if (deed == RESETS)
        resets(call, who);
    else
        hangs_up(call, who);
}

/* How many of these bytes have come for one, in time. */
static int hears(Call *call, int who, const char *text, int size)
{
    const long ready = 0x4004667F; /* FIONREAD */
    static char heard[TEXT];
    ULONG count = 0;
    int same = 0;
    wait_until(!(ioctlsocket(call->people[who], ready, &count) == 0 &&
                 count < (ULONG)size),
               HEARD_MS);
    int got = count > 0 ? recv(call->people[who], heard, size, 0) : 0;
    while (same < got && heard[same] == text[same])
        same++;
    return same;
}

/* Both say something, and the other hears it. */
static void converse(Call *call)
{
    static const char *const words[] = {"hello", "good day"};
    int so_far = ended[call->number];
    for (int who = 0; who < 2; who++)
        says(call, who, words[who], strlen(words[who]));
    turn();
    need(ended[call->number] == so_far, "the link goes on",
         "link %d has ended, and nobody on it has hung up: whose event was "
         "that?",
         call->number);
    for (int who = 0; who < 2; who++) {
        int size = (int)strlen(words[who]);
        int got = hears(call, !who, words[who], size);
        need(got == size, "each hears what the other says",
             "on link %d \"%s\" was said, and %d bytes of it came out at the "
             "other end",
             call->number, words[who], got);
    }
}

static void hears_all(Call *call)
{
    static char text[TEXT];
    for (int i = 0; i < TEXT; i++)
        text[i] = (char)('a' + i % 26);
    says(call, 0, text, TEXT);
    turn();
    int got = hears(call, 1, text, TEXT);
    expect(got == TEXT, "each hears all that the other says",
           "on link %d %d bytes were said at once, and %d of them came out",
           call->number, TEXT, got);
}

/* The link has ended, and so many of its number by now; whoever is still on the
   line has heard it. */
static void is_over_again(Call *call, int times)
{
    need(ended[call->number] == times, "a link ends once",
         "link %d has ended, and ended was called %d times and not %d for this "
         "number",
         call->number, ended[call->number], times);
    need(open_when_ended == 0, "its sockets are closed by then",
         "ended was called for link %d, and %d of its two sockets were open: "
         "how is whoever is on the line to know that it is over?",
         call->number, open_when_ended);
    for (int who = 0; who < 2; who++)
        if (call->people[who] != INVALID_SOCKET)
            close_socket(call->people[who]);
}

static void is_over(Call *call)
{
    is_over_again(call, 1);
}

static void open_relay(void)
{
    relay = calloc(1, size_of_Relay);
    require(relay != NULL && relay_open(relay, on_end, &next_call) == 0,
            "relay_open failed");
}

static void close_relay(void)
{
    DWORD error = relay_close(relay);
    expect(error == 0, "it closes", "relay_close gave error %lu", error);
    free(relay);
}

static void one_after_the_other(void)
{
    stage("two calls; on one the second hangs up");
    Call *call = put_through(1);
    Call *other = put_through(2);
    converse(call);
    converse(other);
    hears_all(other);
    hangs_up(call, 1);
    turn();
    is_over(call);
    converse(other);
    expect(relay_close(relay) == ERROR_BUSY, "a relay with a call stays open",
           "relay_close did not give 170, though there is a link");
    hangs_up(other, 0);
    turn();
    is_over(other);
}

/* What main.c shows. */
static void within_a_moment(void)
{
    stage("the two on a line hang up within a moment");
    Call *call = put_through(MOMENT);
    converse(call);
    spared = TRUE;
    hangs_up(call, 0);
    hangs_up(call, 1);
    turn();
    expect(
        ended[MOMENT] == 1, "the call ends once",
        "the two people of call %d hung up within a moment: ended was called "
        "%d times with that number. What was handle given each time?",
        MOMENT, ended[MOMENT]);
    close_relay();
    spared = FALSE;
    open_when_ended = 0;
}

/* What is in the batch after the event that ends the link; with next, a link of
   that number is joined then. */
static void in_one_batch(Deed first, Deed second, int next)
{
    static int number = 10;
    stage("two events of one link in one batch: one end %s, the other %s%s "
          "(what was freed can't be touched)",
          deeds[first], deeds[second],
          next == 0 ? "" : ", and a new link is joined when it has ended");
    number += 5;
    if (next < 0)
        next = number;
    else if (next > 0)
        next = number + 1;
    Call *call = put_through(number);
    Call *other = put_through(number + 2);
    next_wanted = next;
    does(call, 0, first);
    does(call, 1, second);
    says(other, 0, "hi", 2);
    turn();
    if (next != 0)
        need(ended[next] == (next == number),
             "it is not mistaken for the one before",
             "when link %d had ended, in the middle of a batch, a new link was "
             "joined, with the number %d. The next event of that batch was the "
             "old link's, and ended was called for the new one: how do you "
             "tell whose it is?",
             number, next);
    is_over(call);
    stage("after that: another link of that batch");
    need(hears(other, 1, "hi", 2) == 2, "the rest of the batch is passed on",
         "\"hi\" was said on link %d, whose event was the last of the batch, "
         "and did not come out",
         other->number);
    hangs_up(other, 0);
    turn();
    is_over(other);
    if (next == 0)
        return;
    stage("after that: a link that was joined during that batch");
    converse(next_call);
    hangs_up(next_call, 1);
    turn();
    is_over_again(next_call, next == number ? 2 : 1);
}

/* Their four events are in one batch: of one, of the other, and again. */
static void interleaved(void)
{
    Call *pair[2];
    stage("two links end in one batch, and their events alternate");
    for (int i = 0; i < 2; i++)
        pair[i] = put_through(90 + i);
    for (int who = 0; who < 2; who++)
        for (int i = 0; i < 2; i++)
            hangs_up(pair[i], who);
    turn();
    for (int i = 0; i < 2; i++)
        is_over(pair[i]);
}

static void of_one_number(void)
{
    stage("two links that were given the same number");
    Call *call = put_through(95);
    Call *other = put_through(95);
    converse(call);
    converse(other);
    hangs_up(call, 0);
    turn();
    is_over(call);
    converse(other);
    hangs_up(other, 1);
    turn();
    is_over_again(other, 2);
}

static int open_ends(const Call *call)
{
    return !call->closed[0] + !call->closed[1];
}

static void refused_reads(void)
{
    for (int which = 1; which <= 2; which++) {
        DWORD error;
        int before = guard_living();
        stage("relay_join, and the %s read fails",
              which == 1 ? "first" : "second");
        refused = which;
        Call *call = join(97, &error);
        for (int i = 0; i < 3; i++)
            turn_once(5);
        expect(error != 0 && ended[97] == 0 && open_ends(call) == 0,
               "a link that can't be joined is none",
               "WSARecv failed with %d: relay_join gave %lu, ended was called "
               "%d times, and %d of the sockets are open",
               NO_BUFFERS, error, ended[97], open_ends(call));
        expect(guard_living() <= before, "and leaves nothing behind",
               "memory has been allocated since, and not freed, by a "
               "relay_join that failed (blocks: %d): who is to give it back?",
               guard_living() - before);
        for (int who = 0; who < 2; who++)
            close_socket(call->people[who]);
    }
}

static void many(void)
{
    int before = guard_living();
    stage("%d calls, both hang up at once", LINKS);
    for (int i = 0; i < LINKS; i++) {
        Call *call = put_through(100 + i);
        hangs_up(call, 0);
        hangs_up(call, 1);
        turn();
        is_over(call);
    }
    expect(guard_living() <= before + 2, "what has ended is freed",
           "%d links have ended since, and %d more blocks of memory are "
           "allocated: when are they given back?",
           LINKS, guard_living() - before);
}

/* One turn is all that the last link gets. */
static void the_last(int before)
{
    stage("the last link ends, and the relay is closed");
    Call *call = put_through(110);
    hangs_up(call, 0);
    hangs_up(call, 1);
    turn_once(AT_FIRST_MS);
    is_over(call);
    close_relay();
    expect(guard_living() <= before, "a closed relay holds nothing",
           "the relay is closed, and memory that it had allocated is not freed "
           "(blocks: %d): when should it have been?",
           guard_living() - before);
}

void examine(const Checker *table)
{
    BEGIN(table);
    require(wsa_startup() == 0, "Winsock did not start");
    open_relay();
    one_after_the_other();
    within_a_moment();

    int before = guard_living();
    room = BATCH;
    open_relay();
    in_one_batch(HANGS_UP, HANGS_UP, 0);
    in_one_batch(HANGS_UP, SPEAKS, 0);
    in_one_batch(HANGS_UP, RESETS, 0);
    in_one_batch(RESETS, SPEAKS, 0);
    in_one_batch(RESETS, RESETS, 0);
    in_one_batch(HANGS_UP, SPEAKS, 1);
    in_one_batch(HANGS_UP, HANGS_UP, 1);
    in_one_batch(HANGS_UP, HANGS_UP, -1);
    interleaved();
    of_one_number();
    refused_reads();
    many();
    the_last(before);
    expect(room >= BATCH, "a turn takes out a batch",
           "relay_turn asks the port for %lu packets at a time, and asked for "
           "%d before. Now each event costs a system call, and what a batch "
           "does to a link is as it was: what would be right for a batch of "
           "any size?",
           room, BATCH);
}
