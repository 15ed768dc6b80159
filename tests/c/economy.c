// steps: 09+
// wrap: WSARecv GetQueuedCompletionStatusEx PostQueuedCompletionStatus
// wrap: CancelIoEx getsockopt SetFileCompletionNotificationModes
/* What a stream costs and what it may not: operations that are done at once send no
   packet, one busy stream doesn't starve the others, an idle one lends nothing, and
   blocks are used again. */
#include "peers.h"

#include <stdlib.h>

enum { BIG = 16 * 1024 * 1024 };

int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __real_PostQueuedCompletionStatus(HANDLE, DWORD, ULONG_PTR,
                                              OVERLAPPED *);
BOOL WINAPI __real_CancelIoEx(HANDLE, OVERLAPPED *);
int WINAPI __real_getsockopt(SOCKET, int, int, char *, int *);
BOOL WINAPI __real_SetFileCompletionNotificationModes(HANDLE, unsigned char);

void WINAPI WSASetLastError(int iError);

static int reads, cancels, modes, posts, looks, packets;
static DWORD last_size; /* of a read */
static BOOL layered;    /* the provider is no IFS one */
static BOOL no_modes;   /* setting the mode fails */
static SOCKET hasty;    /* its peer speaks at the last moment before a cancel */

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count, DWORD *bytes,
                          DWORD *flags, WSAOVERLAPPED *overlapped,
                          COMPLETION_ROUTINE routine)
{
    reads++;
    last_size = buffers->len;
    return __real_WSARecv(s, buffers, count, bytes, flags, overlapped, routine);
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    BOOL taken = __real_GetQueuedCompletionStatusEx(
        port, entries, capacity, removed, timeout, alertable);
    looks++;
    packets += taken ? (int)*removed : 0;
    return taken;
}

BOOL WINAPI __wrap_PostQueuedCompletionStatus(HANDLE port, DWORD bytes,
                                              ULONG_PTR key,
                                              OVERLAPPED *overlapped)
{
    posts++;
    return __real_PostQueuedCompletionStatus(port, bytes, key, overlapped);
}

BOOL WINAPI __wrap_CancelIoEx(HANDLE file, OVERLAPPED *overlapped)
{
    cancels++;
    if (hasty != 0) {
        say(hasty, "just in time");
        hasty = 0;
        Sleep(50);
    }
    return __real_CancelIoEx(file, overlapped);
}

int WINAPI __wrap_getsockopt(SOCKET s, int level, int name, char *value,
                             int *size)
{
    int result = __real_getsockopt(s, level, name, value, size);
    if (layered && name == SO_PROTOCOL_INFOW)
        ((WSAPROTOCOL_INFOW *)value)->dwServiceFlags1 &= ~XP1_IFS_HANDLES;
    return result;
}

BOOL WINAPI __wrap_SetFileCompletionNotificationModes(HANDLE file,
                                                      unsigned char flags)
{
    modes++;
    if (!no_modes)
        return __real_SetFileCompletionNotificationModes(file, flags);
    WSASetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}

static int lent(void)
{
    return poll.loop->selector.lent;
}

/* All that has arrived, as text. */
static const char *heard(TcpStream *stream)
{
    static char text[64];
    DWORD count;
    DWORD error = tcp_stream_read(stream, text, sizeof text - 1, &count);
    text[error == 0 ? count : 0] = '\0';
    return text;
}

static void end(TcpStream *stream, SOCKET peer)
{
    tcp_stream_close(stream);
    close_socket(peer);
    silence();
    is((unsigned)lent(), 0, "nothing is in flight or queued");
    is(buffers.taken, 0, "and no buffer is taken");
}

/* Has the stream be a busy one: it has just read. */
static void warm_up(TcpStream *stream, SOCKET peer)
{
    say(peer, "warm");
    must("registering", await(stream, 1));
    must("reading", next_event().error);
    must("reading",
         strcmp(heard(stream), "warm") == 0 ? 0 : ERROR_INVALID_DATA);
}

static void skipping(void)
{
    TcpStream stream;
    DWORD count;
    SOCKET peer = meet(&stream);
    warm_up(&stream, peer);
    say(peer, "hello");
    Sleep(20);
    packets = posts = reads = 0;
    must("registering", await(&stream, 7));
    Event event = next_event();
    ok(event.token == 7 && event.ready == READABLE && event.bytes == 5 &&
           event.error == 0,
       "a read that is done at once has its event");
    is((unsigned)packets, 0, "and no packet");
    is((unsigned)reads, 1, "of one call");
    is((unsigned)posts, 0, "nor has one been posted");
    ok(strcmp(heard(&stream), "hello") == 0, "its bytes are there");
    is((unsigned)lent(), 0, "it is ours again");
    ok(silence(), "it is told once");

    must("writing", tcp_stream_write(&stream, "abc", 3, &count));
    is((unsigned)lent(), 1, "a send that is done at once waits for its turn");
    must("registering",
         tcp_stream_register(&stream, &registrator, 8, WRITABLE));
    event = next_event();
    ok(event.token == 8 && event.ready == WRITABLE, "and tells of the room");
    is((unsigned)packets, 0, "without a packet");
    is((unsigned)posts, 0, "or a post");

    must("registering", await(&stream, 9));
    is((unsigned)lent(), 1, "a read that has to wait is lent");
    say(peer, "later");
    is(next_event().bytes, 5, "and has its event");
    is((unsigned)packets, 1, "from a packet");
    ok(silence() && strcmp(heard(&stream), "later") == 0,
       "one, with its bytes");
    end(&stream, peer);
}

/* What pends still brings its packet, however much is skipped besides. */
static void a_send_that_pends(void)
{
    TcpStream stream;
    DWORD count, unsent;
    SOCKET peer = meet(&stream);
    char *bytes = malloc(BIG);
    fill(bytes, BIG, 0);
    must("setting the mark", tcp_stream_set_mark(&stream, BIG));
    must("registering",
         tcp_stream_register(&stream, &registrator, 1, WRITABLE));
    next_event();
    packets = 0;
    must("writing", tcp_stream_write(&stream, bytes, BIG, &count));
    is(count, BIG, "16 MiB are taken");
    must("registering",
         tcp_stream_register(&stream, &registrator, 2, WRITABLE));
    ok(silence(), "and are in flight");
    DWORD place = 0;
    BOOL right = TRUE;
    while (place < BIG) {
        char piece[65536];
        int got = recv(peer, piece, sizeof piece, 0);
        if (got <= 0)
            break;
        right = right && first_wrong(piece, (size_t)got, place) == (size_t)got;
        place += (DWORD)got;
    }
    ok(place == BIG && right, "they arrive");
    is(next_event().token, 2, "the event comes");
    is((unsigned)packets, 1, "from the packet");
    tcp_stream_unsent(&stream, &unsent);
    is(unsent, 0, "nothing is unsent");
    free(bytes);
    end(&stream, peer);
}

/* Where it can't be done: all works as before, by packets. */
static void refused(const char *why)
{
    TcpStream stream;
    DWORD count;
    SOCKET peer = meet(&stream);
    warm_up(&stream, peer);
    packets = 0;
    say(peer, "hello");
    Sleep(20);
    must("registering", await(&stream, 7));
    is(next_event().bytes, 5, "%s: a read has its event", why);
    is((unsigned)packets, 1, "from its packet");
    ok(strcmp(heard(&stream), "hello") == 0 && silence(), "once");
    must("writing", tcp_stream_write(&stream, "abc", 3, &count));
    ok(silence(), "a send tells nobody");
    is((unsigned)packets, 2, "and has its packet, too");
    end(&stream, peer);
}

static void providers(void)
{
    modes = 0;
    layered = TRUE;
    refused("a layered provider");
    is((unsigned)modes, 0, "the mode is not even asked for");
    layered = FALSE;
    no_modes = TRUE;
    refused("the mode is refused");
    is((unsigned)modes, 1, "after it was asked for");
    no_modes = FALSE;
    economy.skip = FALSE;
    refused("not wanted");
    economy.skip = TRUE;
}

/* How many events of a stream that always has something come before that of
   another, whose packet is in the port. 100 if it does not come. */
static int turns_until_other(ULONG capacity)
{
    enum { NEVER_CAME = 100 };
    static char bytes[READ_SIZE * 4 * NEVER_CAME];
    TcpStream busy, other;
    SOCKET busy_peer = meet(&busy);
    SOCKET other_peer = meet(&other);
    Event list[4];
    Events events = {.list = list, .capacity = capacity};
    int turns = 0;
    BOOL came = FALSE;
    warm_up(&busy, busy_peer);
    must("registering", await(&other, 2));
    must("sending", send_all(busy_peer, bytes, sizeof bytes));
    must("registering", await(&busy, 1));
    say(other_peer, "me, too");
    Sleep(50);
    while (!came && turns < NEVER_CAME) {
        must("waiting", poll_wait(&poll, &events, PATIENCE));
        turns++;
        for (ULONG i = 0; i < events.count; i++) {
            char piece[READ_SIZE];
            DWORD count;
            came = came || list[i].token == 2;
            if (list[i].token != 1)
                continue;
            must("reading",
                 tcp_stream_read(&busy, piece, sizeof piece, &count));
            must("registering", await(&busy, 1));
        }
    }
    tcp_stream_close(&other);
    close_socket(other_peer);
    end(&busy, busy_peer);
    return turns;
}

static void fairness(void)
{
    ok(turns_until_other(4) <= 4, "a busy stream leaves room for the others");
    ok(turns_until_other(1) <= 5, "even where there is room for one event");
    economy.fair = FALSE;
    is((unsigned)turns_until_other(4), 100, "without the look they starve");
    economy.fair = TRUE;
}

static void buffers_of_the_busy(void)
{
    TcpStream stream;
    SOCKET peer = meet(&stream);
    reads = 0;
    must("registering", await(&stream, 1));
    is((unsigned)reads, 1, "a new stream reads");
    is(last_size, 0, "zero bytes");
    is(buffers.taken, 0, "and lends no buffer");
    say(peer, "hello");
    Event event = next_event();
    ok(event.bytes == 5 && event.error == 0, "then it has what came");
    ok(reads == 2 && last_size == READ_SIZE, "by a read with a buffer");
    is(buffers.taken, 1, "which it keeps");
    is(await(&stream, 1), ERROR_MORE_DATA, "while something is in it");
    ok(strcmp(heard(&stream), "hello") == 0, "until it is read");
    is(buffers.taken, 0, "to the end");
    reads = 0;
    must("registering", await(&stream, 1));
    is(last_size, READ_SIZE, "A busy stream lends a buffer");
    is(buffers.taken, 1, "one");

    cancels = 0;
    unsigned long long start = now_ms();
    while (buffers.taken > 0 && now_ms() - start < PATIENCE)
        silence();
    ok(now_ms() - start >= economy.lend_ms, "for its time");
    is((unsigned)cancels, 1, "then the read is cancelled");
    is(buffers.taken, 0, "the buffer taken back");
    is(last_size, 0, "and it waits with zero bytes");
    is((unsigned)lent(), 1, "again");
    ok(silence(), "Nobody is told");
    say(peer, "anew");
    is(next_event().bytes, 4, "and the next bytes come");
    ok(strcmp(heard(&stream), "anew") == 0, "whole");
    end(&stream, peer);
}

/* The cancel that takes a buffer back is a wish, like others. */
static void taken_back_too_late(void)
{
    TcpStream stream;
    SOCKET peer = meet(&stream);
    warm_up(&stream, peer);
    must("registering", await(&stream, 1));
    hasty = peer;
    Event event = next_event();
    is(hasty, 0, "Bytes come just before the cancel");
    ok(event.error == 0 && event.bytes == 12, "and are told");
    ok(strcmp(heard(&stream), "just in time") == 0, "whole");
    must("registering", await(&stream, 1));
    say(peer, "more");
    is(next_event().bytes, 4, "and so is what follows");
    end(&stream, peer);
}

static void deadlines(void)
{
    TcpStream stream;
    SOCKET peer = meet(&stream);
    must("registering", await(&stream, 1));
    must("setting", tcp_stream_set_deadline(&stream, READABLE, 30));
    is(next_event().error, WSAETIMEDOUT, "a read of zero bytes has a deadline");
    must("lifting", tcp_stream_set_deadline(&stream, READABLE, INFINITE));
    warm_up(&stream, peer);
    must("registering", await(&stream, 1));
    must("setting", tcp_stream_set_idle(&stream, 2 * economy.lend_ms));
    unsigned long long start = now_ms();
    is(next_event().error, WSAETIMEDOUT, "idleness is one thing");
    ok(now_ms() - start >= 2 * economy.lend_ms, "and giving up another");
    end(&stream, peer);
}

static void ends(void)
{
    TcpStream stream;
    SOCKET peer = meet(&stream);
    must("registering", await(&stream, 1));
    shutdown(peer, SD_SEND);
    Event event = next_event();
    ok(event.bytes == 0 && event.error == 0,
       "a read of zero bytes hears the end");
    end(&stream, peer);
    peer = meet(&stream);
    must("registering", await(&stream, 1));
    Sleep(20);
    reset(peer);
    is_reset(next_event().error, "and a reset");
    tcp_stream_close(&stream);
    is(buffers.taken, 0, "and keeps no buffer");
}

static void the_last_buffer(void)
{
    TcpStream first, second;
    SOCKET first_peer = meet(&first);
    SOCKET second_peer = meet(&second);
    ULONG before = economy.buffers;
    economy.buffers = 1;
    say(first_peer, "one");
    must("registering", await(&first, 1));
    is(next_event().bytes, 3, "one stream has the only buffer");
    must("registering", await(&second, 2));
    is(last_size, 0, "another waits without");
    say(second_peer, "two");
    Event event = next_event();
    ok(event.token == 2 && event.error == WSAENOBUFS, "and is told of 10055");
    ok(strcmp(heard(&first), "one") == 0, "until it is given back");
    is(await(&second, 3), 0, "then it can ask again");
    event = next_event();
    ok(event.token == 3 && event.bytes == 3, "and nothing is lost");
    ok(strcmp(heard(&second), "two") == 0, "of what came");
    economy.buffers = before;
    tcp_stream_close(&first);
    close_socket(first_peer);
    end(&second, second_peer);
}

static void spare_blocks(void)
{
    TcpStream streams[4];
    SOCKET peers[4];
    spares_free(&connections);
    economy.spares = 2;
    for (int i = 0; i < 4; i++)
        peers[i] = meet(&streams[i]);
    for (int i = 0; i < 4; i++)
        end(&streams[i], peers[i]);
    is(connections.kept_count, 2, "of four streams two are kept");
    ULONG made = connections.made;
    for (int i = 0; i < 20; i++) {
        peers[0] = meet(&streams[0]);
        ok(streams[0].connection->source.selector == NULL &&
               !streams[0].connection->has_read,
           "a stream from a spare block is new");
        warm_up(&streams[0], peers[0]);
        tcp_stream_close(&streams[0]);
        close_socket(peers[0]);
        silence();
    }
    is(connections.made, made, "twenty in turn need no memory");
    spares_free(&connections);
    spares_free(&buffers);
    is(connections.kept_count, 0, "what is kept can be freed");
    economy.spares = 0;
}

static TcpStream elsewhere;

static unsigned WINAPI register_elsewhere(void *unused)
{
    Sleep(100); /* until the poll waits */
    return await(&elsewhere, 5) + (unused != NULL);
}

/* The queue has no wait of its own: who fills it while the poll waits knocks. */
static void from_another_thread(void)
{
    HANDLE thread;
    SOCKET peer = meet(&elsewhere);
    warm_up(&elsewhere, peer);
    say(peer, "hello");
    Sleep(20);
    posts = 0;
    must("starting", start_thread(&thread, register_elsewhere, NULL));
    Event event = next_event();
    ok(event.token == 5 && event.bytes == 5,
       "what is done at once on another thread wakes the poll");
    is((unsigned)posts, 1, "by a packet");
    must("joining", join_thread(thread));
    heard(&elsewhere);
    end(&elsewhere, peer);
}

static void closed_in_the_queue(void)
{
    TcpStream stream;
    DWORD count;
    SOCKET peer = meet(&stream);
    warm_up(&stream, peer);
    say(peer, "hello");
    Sleep(20);
    must("writing", tcp_stream_write(&stream, "abc", 3, &count));
    must("registering",
         tcp_stream_register(&stream, &registrator, 1, READABLE | WRITABLE));
    is((unsigned)lent(), 2, "Read and send are done and queued");
    must("closing", tcp_stream_close(&stream));
    ok(silence(), "whose stream is closed has no event");
    close_socket(peer);
    is((unsigned)lent(), 0, "and nothing stays");
}

int main(void)
{
    set_up();
    economy.lend_ms = 200;
    skipping();
    a_send_that_pends();
    providers();
    fairness();
    buffers_of_the_busy();
    taken_back_too_late();
    deadlines();
    ends();
    the_last_buffer();
    spare_blocks();
    from_another_thread();
    closed_in_the_queue();
    tear_down();
    return done_testing();
}
