// wrap: WSARecv GetQueuedCompletionStatusEx
// sizes: Feeds
/* One feed is silent while another talks. Follows what is lent to the system
   from WSARecv until the packet is out. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "feeds.h"
#include "loopback.h"

enum { LENT = 64, TALK = 20, LONG_TALK = 300, SOON_MS = 300 };

extern const unsigned long long size_of_Feeds;

int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
BOOL WINAPI __real_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);
BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE, OVERLAPPED_ENTRY *,
                                               ULONG, ULONG *, DWORD, BOOL);

/* What the system holds of ours: a read whose packet is not out. */
typedef struct Loan {
    WSAOVERLAPPED *overlapped; /* NULL: this place is free */
    char *buffer;
    DWORD size;
} Loan;

static Loan loans[LENT];
static int reads;         /* started so far */
static int overlapped_at; /* the first that took an OVERLAPPED lent already, */
static int buffer_at;     /* or a buffer */

static Loan *loan_of(const WSAOVERLAPPED *overlapped)
{
    for (int i = 0; i < LENT; i++)
        if (loans[i].overlapped == overlapped)
            return &loans[i];
    return NULL;
}

static int open_loans(void)
{
    int count = 0;
    for (int i = 0; i < LENT; i++)
        count += loans[i].overlapped != NULL;
    return count;
}

static BOOL buffer_is_lent(const WSABUF *wanted)
{
    for (int i = 0; i < LENT; i++)
        if (loans[i].overlapped != NULL &&
            wanted->buf < loans[i].buffer + loans[i].size &&
            loans[i].buffer < wanted->buf + wanted->len)
            return TRUE;
    return FALSE;
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    reads++;
    if (buffer_is_lent(buffers)) {
        if (buffer_at == 0)
            buffer_at = reads;
    } else { /* from here on its content is the system's affair */
        memset(buffers[0].buf, '#', buffers[0].len);
    }
    if (loan_of(overlapped) != NULL && overlapped_at == 0)
        overlapped_at = reads;
    Loan *loan = loan_of(NULL);
    if (loan != NULL)
        *loan = (Loan){overlapped, buffers[0].buf, buffers[0].len};
    int failed =
        __real_WSARecv(s, buffers, count, received, flags, overlapped, routine);
    if (failed && WSAGetLastError() != WSA_IO_PENDING && loan != NULL)
        loan->overlapped = NULL;
    return failed;
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    if (!__real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                            timeout, alertable))
        return FALSE;
    for (ULONG i = 0; i < *removed; i++) {
        Loan *loan = loan_of(entries[i].lpOverlapped);
        if (entries[i].lpOverlapped != NULL && loan != NULL)
            loan->overlapped = NULL;
    }
    return TRUE;
}

static Feeds *open_feeds(SOCKET *peers, int count)
{
    SOCKET pair[2];
    Feeds *feeds = calloc(1, size_of_Feeds);
    require(feeds != NULL && feeds_open(feeds) == 0, "feeds_open failed");
    for (int i = 0; i < count; i++) {
        require(loopback_pair(pair) == 0 && feeds_add(feeds, pair[0]) == 0,
                "feeds_add failed");
        peers[i] = pair[1];
    }
    return feeds;
}

/* A peer says something; TRUE if it is handed out as what it is. */
static BOOL passes(Feeds *feeds, SOCKET peer, int number, const char *text,
                   Message *message, DWORD *error)
{
    DWORD size = (DWORD)strlen(text);
    memset(message, 0, sizeof *message);
    send_all(peer, text, size);
    *error = feeds_next(feeds, message, SOON_MS);
    return *error == 0 && message->error == 0 && message->feed == number &&
           message->size == size && memcmp(message->text, text, size) == 0;
}

/* What was handed out for what was said. */
static void pass(Feeds *feeds, SOCKET peer, int number, const char *text,
                 const char *question)
{
    Message message;
    DWORD error;
    BOOL passed = passes(feeds, peer, number, text, &message, &error);
    need(
        passed || error == 0, "what a feed says is handed out",
        "feed %d said \"%s\", and nothing of it was handed out (error %lu). %s",
        number, text, error, question);
    need(passed || message.error == 0, "a feed can be read again and again",
         "feed %d said \"%s\"; handed out was error %lu of feed %d: does what "
         "one read has used become free for the next?",
         number, text, message.error, message.feed);
    need(passed || message.text[0] != '#',
         "a message is copied before the next read",
         "feed %d said \"%s\", and its buffer had been lent to the next read "
         "already when the text was copied out of it",
         number, text);
    need(passed, "what a feed says is handed out as that",
         "feed %d said \"%s\"; handed out was \"%.*s\" of feed %d. "
         "%s",
         number, text,
         (int)(message.size < MESSAGE_MAX ? message.size : MESSAGE_MAX),
         message.text, message.feed, question);
}

/* Feed 1 is silent while feed 0 says so many things, one at a time. */
static void talk(Feeds *feeds, SOCKET *peers, int things, const char *stolen)
{
    Message message;
    DWORD error;
    int said = 0;
    overlapped_at = buffer_at = reads = 0;
    while (said < things &&
           passes(feeds, peers[0], 0, "hello", &message, &error))
        said++;
    if (said < things)
        pass(feeds, peers[0], 0, "hello",
             overlapped_at > 0 ? stolen : "It has worked before.");
    pass(feeds, peers[1], 1, "at last",
         overlapped_at > 0 ? stolen : "It was silent until then.");
    need(overlapped_at == 0 && buffer_at == 0, "nothing is lent twice",
         "%s was lent to the system while its last read was still in flight "
         "(by read %d)",
         overlapped_at > 0 ? "an OVERLAPPED" : "a buffer",
         overlapped_at > 0 ? overlapped_at : buffer_at);
}

static void silence(Feeds *feeds, SOCKET *peers)
{
    Message message;
    stage("nobody says anything for 30 ms");
    DWORD error = feeds_next(feeds, &message, 30);
    expect(error == WAIT_TIMEOUT, "nothing came in time: error 258",
           "nobody said anything for 30 ms: it gave error %lu, not 258", error);
    stage("after that they all speak");
    for (int i = 3; i >= 0; i--)
        pass(feeds, peers[i], i, "we are here", "");
}

static void ends(Feeds *feeds, SOCKET *peers)
{
    stage("feed 2 hangs up");
    close_socket(peers[2]);
    pass(feeds, peers[3], 2, "", "An end is a message without text.");
    stage("feed 3 goes on");
    pass(feeds, peers[3], 3, "still here", "");
    stage("closing with reads in flight");
    DWORD error = feeds_close(feeds);
    expect(error == 0, "it closes", "feeds_close gave error %lu", error);
    expect(open_loans() == 0, "nothing is lent when it is closed",
           "feeds_close has returned while %d reads were in flight",
           open_loans());
}

void examine(const Checker *table)
{
    SOCKET peers[FEEDS_MAX];
    BEGIN(table);
    require(wsa_startup() == 0, "Winsock did not start");
    Feeds *feeds = open_feeds(peers, FEEDS_MAX);

    stage("all four speak in turn");
    for (int i = 0; i < FEEDS_MAX; i++)
        pass(feeds, peers[i], i, "good morning", "");
    stage("feed 0 talks, %d times, while the others are silent", TALK);
    talk(feeds, peers, TALK,
         "Feed 1 was silent, its read in flight, when another read was "
         "started with the same OVERLAPPED and the same buffer. Where did that "
         "slot come from?");
    stage("feed 0 talks, %d times, while the others are silent", LONG_TALK);
    talk(feeds, peers, LONG_TALK,
         "Twenty messages are no trouble any more, but 300 are: a read in "
         "flight may take for ever. How do you know that a slot is free?");
    silence(feeds, peers);
    ends(feeds, peers);
}
