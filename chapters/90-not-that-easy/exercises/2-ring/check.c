// wrap: WSARecv GetQueuedCompletionStatusEx malloc calloc realloc free
// sizes: Feeds
/* One feed is silent while another talks. Follows what is lent to the system
   from WSARecv until the packet is out. Days of talk are over in no time: those
   reads end at once, and their packets never see the system's port. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "feeds.h"
#include "loans.h"
#include "loopback.h"

enum {
    TALK = 20,
    LONG_TALK = 100000,
    LONGEST_TALK = 2000000,
    WORD_SIZE = 8, /* bytes of each thing that is said in a long talk */
    SOON_MS = 300,
    BEHIND = 1 << 16, /* bytes of zeros behind the Feeds */
    FEW_BLOCKS = 8
};

extern const unsigned long long size_of_Feeds;

WRAPPED(WSARecv);
WRAPPED(GetQueuedCompletionStatusEx);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __real_free(void *memory);
void __wrap_free(void *memory);

static long reads;         /* started so far */
static long overlapped_at; /* the first that took an OVERLAPPED lent already, */
static long buffer_at;     /* or a buffer */

static const char *end_of_feeds;
static long living; /* blocks of memory */

/* A feed whose reads end at once, with one word after the other. */
static struct {
    SOCKET socket;
    ULONG_PTR key;
    long left, said;           /* words */
    WSAOVERLAPPED *done[LENT]; /* whose packets wait: from taken to ended */
    long taken, ended;
} quick;

static int open_loans(void)
{
    int count = 0;
    for (int i = 0; i < LENT; i++)
        count += loans[i].overlapped != NULL;
    return count;
}

static BOOL is_read_from(SOCKET s)
{
    for (int i = 0; i < LENT; i++)
        if (loans[i].overlapped != NULL && loans[i].socket == s)
            return TRUE;
    return FALSE;
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

void *__wrap_malloc(size_t size)
{
    void *memory = __real_malloc(size);
    living += memory != NULL;
    return memory;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *memory = __real_calloc(count, size);
    living += memory != NULL;
    return memory;
}

static void is_not_lent(void *memory)
{
    require(memory == NULL || loan_in(memory, _msize(memory)) == NULL,
            "a block of memory was freed that a read in flight was to write "
            "into: when does it come back from the system?");
}

void *__wrap_realloc(void *memory, size_t size)
{
    is_not_lent(memory);
    void *larger = __real_realloc(memory, size);
    living += memory == NULL && larger != NULL;
    return larger;
}

void __wrap_free(void *memory)
{
    is_not_lent(memory);
    living -= memory != NULL;
    __real_free(memory);
}

static void lend(SOCKET s, const WSABUF *buffer, WSAOVERLAPPED *overlapped)
{
    require(!lies_in(overlapped, end_of_feeds, BEHIND),
            "a read was started with an OVERLAPPED that lies %d bytes behind "
            "the end of Feeds: whose memory is that? How many slots are in "
            "use at a time, and from when on is one free again?",
            (int)((char *)overlapped - end_of_feeds));
    if (buffer_is_lent(buffer)) {
        if (buffer_at == 0)
            buffer_at = reads;
    } else { /* from here on its content is the system's affair */
        memset(buffer->buf, '#', buffer->len);
    }
    if (loan_of(overlapped) != NULL && overlapped_at == 0)
        overlapped_at = reads;
    Loan *loan = loan_of(NULL);
    if (loan != NULL)
        *loan = (Loan){overlapped, s, buffer->buf, buffer->len};
}

static void word_of(char word[WORD_SIZE], long number)
{
    for (int i = WORD_SIZE; i-- > 0; number /= 10)
        word[i] = (char)('0' + number % 10);
}

static void end_quickly(char *buffer, WSAOVERLAPPED *overlapped)
{
    quick.left--;
    word_of(buffer, quick.said++);
    overlapped->Internal = 0;
    overlapped->InternalHigh = WORD_SIZE;
    quick.done[quick.ended++ % LENT] = overlapped;
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    reads++;
    lend(s, buffers, overlapped);
    if (s == quick.socket && quick.left > 0 && buffers[0].len >= WORD_SIZE &&
        quick.ended < quick.taken + LENT) {
        end_quickly(buffers[0].buf, overlapped);
        return 0;
    }
    int failed =
        __real_WSARecv(s, buffers, count, received, flags, overlapped, routine);
    Loan *loan = loan_of(overlapped);
    if (failed && WSAGetLastError() != WSA_IO_PENDING && loan != NULL)
        loan->overlapped = NULL;
    return failed;
}

static void end_loan(const OVERLAPPED_ENTRY *packet)
{
    Loan *loan = loan_of_packet(packet);
    if (loan == NULL)
        return;
    if (loan->socket == quick.socket)
        quick.key = packet->lpCompletionKey;
    loan->overlapped = NULL;
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    if (quick.taken < quick.ended) {
        entries[0] =
            (OVERLAPPED_ENTRY){.lpCompletionKey = quick.key,
                               .lpOverlapped = quick.done[quick.taken++ % LENT],
                               .dwNumberOfBytesTransferred = WORD_SIZE};
        *removed = 1;
    } else if (!__real_GetQueuedCompletionStatusEx(
                   port, entries, capacity, removed, timeout, alertable)) {
        return FALSE;
    }
    for (ULONG i = 0; i < *removed; i++)
        end_loan(&entries[i]);
    return TRUE;
}

static Feeds *open_feeds(SOCKET *peers, int count)
{
    SOCKET pair[2];
    Feeds *feeds = calloc(1, size_of_Feeds + BEHIND);
    require(feeds != NULL && feeds_open(feeds) == 0, "feeds_open failed");
    end_of_feeds = (char *)feeds + size_of_Feeds;
    for (int i = 0; i < count; i++) {
        require(loopback_pair(pair) == 0 && feeds_add(feeds, pair[0]) == 0,
                "feeds_add failed");
        peers[i] = pair[1];
        if (i == 0)
            quick.socket = pair[0];
    }
    return feeds;
}

/* One message; TRUE if it is this text of this feed. */
static BOOL comes(Feeds *feeds, int number, const char *text, DWORD size,
                  Message *message, DWORD *error)
{
    memset(message, 0, sizeof *message);
    *error = feeds_next(feeds, message, SOON_MS);
    return *error == 0 && message->error == 0 && message->feed == number &&
           message->size == size && memcmp(message->text, text, size) == 0;
}

static int length_of(const Message *message)
{
    return (int)(message->size < MESSAGE_MAX ? message->size : MESSAGE_MAX);
}

/* What was handed out for what a feed has said. */
static void is_that(BOOL passed, const Message *message, DWORD error,
                    int number, const char *text, const char *question)
{
    need(
        passed || error == 0, "what a feed says is handed out",
        "feed %d said \"%s\", and nothing of it was handed out (error %lu). %s",
        number, text, error, question);
    need(passed || message->error == 0, "a feed can be read again and again",
         "feed %d said \"%s\"; handed out was error %lu of feed %d: does what "
         "one read has used become free for the next?",
         number, text, message->error, message->feed);
    need(passed || message->text[0] != '#',
         "a message is copied before the next read",
         "feed %d said \"%s\", and its buffer had been lent to the next read "
         "already when the text was copied out of it",
         number, text);
    need(passed, "what a feed says is handed out as that",
         "feed %d said \"%s\"; handed out was \"%.*s\" of feed %d. %s", number,
         text, length_of(message), message->text, message->feed, question);
}

/* A peer says something, which is to be handed out as what it is. */
static void pass(Feeds *feeds, SOCKET peer, int number, const char *text,
                 const char *question)
{
    Message message;
    DWORD error, size = (DWORD)strlen(text);
    send_all(peer, text, size);
    BOOL passed = comes(feeds, number, text, size, &message, &error);
    is_that(passed, &message, error, number, text, question);
}

/* Feed 0 has said so many things, and feed 1, silent until then, speaks. What is
   wrong shows here; why it is stands in the points after it. */
static void at_last(Feeds *feeds, SOCKET peer, long things, const char *where,
                    const char *why)
{
    Message message;
    DWORD error;
    send_all(peer, "at last", 7);
    BOOL passed = comes(feeds, 1, "at last", 7, &message, &error);
    if (error != 0)
        expect(passed, "who was silent for long is heard",
               "feed 0 said %ld things, and was heard each time. Then feed 1, "
               "silent until then, said \"at last\", and nothing was handed "
               "out (error %lu). %s",
               things, error, where);
    else
        expect(passed, "who was silent for long is heard",
               "feed 0 said %ld things, and was heard each time. Then feed 1, "
               "silent until then, said \"at last\", and \"%.*s\" was handed "
               "out as feed %d's. %s",
               things, length_of(&message), message.text, message.feed, where);
    need(overlapped_at == 0 && buffer_at == 0, "nothing is lent twice",
         "%s was lent to the system while its last read was still in flight "
         "(by read %ld of this talk). %s",
         overlapped_at > 0 ? "an OVERLAPPED" : "a buffer",
         overlapped_at > 0 ? overlapped_at : buffer_at, why);
    if (!passed)
        check_table->give_up();
}

static void talk(Feeds *feeds, SOCKET *peers)
{
    Message message;
    DWORD error;
    BOOL passed = TRUE;
    stage("feed 0 says %d things, while the others are silent", TALK);
    overlapped_at = buffer_at = reads = 0;
    for (int i = 0; i < TALK && passed; i++) {
        send_all(peers[0], "hello", 5);
        passed = comes(feeds, 0, "hello", 5, &message, &error);
    }
    is_that(passed, &message, error, 0, "hello", "It has worked before.");
    at_last(feeds, peers[1], TALK,
            "By what does feeds_next tell whose words it has before it?",
            "Where did that slot come from?");
}

/* More things than a Feeds of this size can have slots. */
static void talk_for_days(Feeds *feeds, SOCKET *peers)
{
    char word[WORD_SIZE];
    Message message;
    DWORD error;
    BOOL passed = TRUE;
    long said = 0, blocks = living;
    long things = LONG_TALK + (long)(size_of_Feeds / sizeof(WSAOVERLAPPED));
    if (things > LONGEST_TALK)
        things = LONGEST_TALK;
    stage("feed 0 says %ld things, while the others are silent", things);
    overlapped_at = buffer_at = reads = 0;
    quick.left = things;
    if (is_read_from(quick.socket))
        pass(feeds, peers[0], 0, "hello", "It has worked before.");
    while (said < things && passed) {
        word_of(word, said);
        passed = comes(feeds, 0, word, WORD_SIZE, &message, &error);
        said += passed;
    }
    quick.left = 0;
    if (quick.said == 0)
        return; /* it asks for less than a word at a time */
    need(passed, "what a feed says is handed out, day by day",
         "feed 0 said %ld things, and was heard each time. Of the next, "
         "\"%.*s\", was handed out: error %lu, and \"%.*s\" of feed %d with "
         "error %lu",
         said, WORD_SIZE, word, error, length_of(&message), message.text,
         message.feed, message.error);
    expect(living <= blocks + FEW_BLOCKS, "no memory is left behind",
           "since feed 0 began to talk it has said %ld things, and %ld more "
           "blocks of memory are allocated now: what becomes of them?",
           things, living - blocks);
    at_last(feeds, peers[1], things,
            "After twenty things that was no trouble: how long may a read "
            "take?",
            "However many slots there are: how do you know that one is free?");
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
    long blocks = living;
    Feeds *feeds = open_feeds(peers, FEEDS_MAX);

    stage("all four speak in turn");
    for (int i = 0; i < FEEDS_MAX; i++)
        pass(feeds, peers[i], i, "good morning", "");
    talk(feeds, peers);
    talk_for_days(feeds, peers);
    silence(feeds, peers);
    ends(feeds, peers);
    free(feeds);
    expect(living <= blocks, "feeds_close leaves no memory behind",
           "after feeds_close %ld more blocks of memory are allocated than "
           "before feeds_open",
           living - blocks);
}
