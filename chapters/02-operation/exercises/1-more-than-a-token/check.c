// wrap: WSARecv malloc calloc realloc free strdup _strdup
// sizes: Operation
/* Lets guests with one token speak, and compares each report with what is
   known. An Operation is as large as the student made it: it is never looked
   into. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "guard.h"
#include "operation.h"
#include "peers.h"

enum {
    GUESTS = 2,
    KEY = 7,
    TOKEN = 10,
    GARBAGE = 0xA5,
    OFTEN = 100,
    READS = 70000,
    NAMES = 8192 /* characters of a name, at most */
};

extern const unsigned long long size_of_Operation;
extern const int report_stays; /* headers.c */

typedef struct Guest {
    SOCKET pair[2];
    Operation *operation;
    const char *name;
    ULONG reads;
    unsigned long long bytes;
} Guest;

void WINAPI WSASetLastError(int iError);
char *__wrap_strdup(const char *);
char *__wrap__strdup(const char *);
WRAPPED(WSARecv);

static Guest guests[GUESTS] = {{.name = "tortoise"}, {.name = "hare"}};
static HANDLE port;
static HANDLE event;   /* the overlapped's hEvent when a read was started */
static BOOL fail_next; /* the next read doesn't start */
static BOOL pretend;   /* reads end at once, with a byte and no packet */
static Guest *taking;  /* its packet is out before WSARecv returns */
static const char fresh[] =
    "the operation was prepared in memory that had been used before. Who sets "
    "its numbers to 0, and what was in that memory before?";

static OVERLAPPED_ENTRY packet_of(Guest *guest);
static void report(const Guest *guest, const OVERLAPPED_ENTRY *packet,
                   const char *lesson);

char *__wrap_strdup(const char *text)
{
    char *copy = malloc(strlen(text) + 1);
    return copy == NULL ? NULL : strcpy(copy, text);
}

char *__wrap__strdup(const char *text)
{
    return __wrap_strdup(text);
}

int WINAPI __wrap_WSARecv(SOCKET s, WSABUF *buffers, DWORD count,
                          DWORD *received, DWORD *flags,
                          WSAOVERLAPPED *overlapped, COMPLETION_ROUTINE routine)
{
    event = overlapped->hEvent;
    if (fail_next) {
        fail_next = 0;
        WSASetLastError(10054);
        return -1;
    }
    if (pretend) {
        overlapped->InternalHigh = 1;
        return 0;
    }
    int result =
        __real_WSARecv(s, buffers, count, received, flags, overlapped, routine);
    if (taking != NULL) { /* as another thread might */
        int error = WSAGetLastError();
        OVERLAPPED_ENTRY packet = packet_of(taking);
        report(taking, &packet,
               "another thread took the packet out, and asked for the report "
               "before WSARecv had returned. At which moment is a read "
               "counted, and whose is the operation then?");
        taking = NULL;
        WSASetLastError(error);
    }
    return result;
}

/* Memory that has been used before, with a fence behind it that is as large: for
   a long name, wherever in the operation it begins. */
static Operation *used_memory(void)
{
    void *memory = malloc(2 * size_of_Operation);
    require(memory != NULL, "there is no memory left");
    return memset(memory, GARBAGE, 2 * size_of_Operation);
}

static BOOL fence_stands(const Operation *operation)
{
    const unsigned char *fence = (const unsigned char *)operation;
    fence += size_of_Operation;
    for (unsigned i = 0; i < size_of_Operation; i++)
        if (fence[i] != GARBAGE)
            return 0;
    return 1;
}

/* The name ends where a page ends, and the next page can't be touched. The
   caller's array is used again when the operation has been prepared. */
static void prepare(Guest *guest)
{
    static char *names;
    size_t size = strlen(guest->name) + 1;
    if (names == NULL)
        names = malloc(NAMES);
    require(names != NULL && size <= NAMES, "there is no memory left");
    char *name = strcpy(names + NAMES - size, guest->name);
    operation_init(guest->operation, guest->pair[0], TOKEN, name);
    memset(name, 'X', size - 1);
    guest->reads = 0;
    guest->bytes = 0;
}

static void start(Guest *guest)
{
    DWORD error = operation_read(guest->operation);
    need(event == NULL, "hEvent is left alone",
         "a read was started with %p in hEvent: the system takes that for the "
         "handle of an event, which it will set. %s",
         event,
         memchr(&event, GARBAGE, 1) != NULL
             ? "What was in that memory before?"
             : "Have you nowhere else to keep things?");
    need(error == 0, "a read starts", "operation_read failed with %lu", error);
}

static void arrive(Guest *guest)
{
    guest->pair[0] = guest->pair[1] = INVALID_SOCKET;
    require(loopback_pair(guest->pair) == 0 &&
                associate_socket(port, guest->pair[0], KEY) == 0,
            "no pair of sockets could be made");
    if (guest->operation == NULL)
        guest->operation = used_memory();
    prepare(guest);
}

static void say(Guest *guest, const char *text)
{
    require(send_all(guest->pair[1], text, strlen(text)) == 0,
            "nothing could be sent");
}

static OVERLAPPED_ENTRY packet_of(Guest *guest)
{
    OVERLAPPED_ENTRY entry;
    ULONG count;
    require(get_queued_completion_status_ex(port, &entry, 1, &count, 2000) == 0,
            "no packet came for a read that has something to read");
    need(operation_of(entry.lpOverlapped) == guest->operation,
         "the packet leads to its operation", "operation_of is %ld bytes off",
         (long)((char *)operation_of(entry.lpOverlapped) -
                (char *)guest->operation));
    guest->reads++;
    guest->bytes += entry.dwNumberOfBytesTransferred;
    return entry;
}

static const char *why_not(const Guest *guest, const char *wanted,
                           const char *name)
{
    if (name[0] != '\0' && strncmp(wanted, name, strlen(name)) == 0)
        return "how many characters long may a name be, and how long does it "
               "get?";
    if (name[0] == 'X')
        return "is the name yours, or still the caller's? What the caller "
               "passed was an array, and it has since been used again";
    for (int i = 0; i < GUESTS; i++)
        if (guest != &guests[i] && strcmp(name, guests[i].name) == 0)
            return "that is the other one: both have the same token. For each "
                   "operation, is where you keep the name its own?";
    return "where is the name kept between operation_init and the report?";
}

/* The lesson about a number that is so much too large. */
static const char *why_more(unsigned long long more, const char *lesson)
{
    if (lesson == fresh && (more & 0xFF) != GARBAGE)
        return "where does that number come from, and is it this operation's "
               "own?";
    return lesson;
}

static void report(const Guest *guest, const OVERLAPPED_ENTRY *packet,
                   const char *lesson)
{
    char wanted[OPERATION_NAME] = {0};
    Report said = operation_report(packet);
    strncpy(wanted, guest->name, OPERATION_NAME - 1);
    expect(memchr(said.name, '\0', OPERATION_NAME) != NULL,
           "the report's name has an end",
           "the name given has %d characters, and among the %d of the report's "
           "name there is no zero byte: how long is it for somebody who prints "
           "it?",
           (int)strlen(guest->name), OPERATION_NAME);
    said.name[OPERATION_NAME - 1] = '\0';
    expect(said.token == TOKEN, "the report has the token",
           "the token is %d, the report says %llu", TOKEN,
           (unsigned long long)said.token);
    expect(strcmp(said.name, wanted) == 0, "the report has the name",
           "the operation is called \"%s\", and the report says \"%s\": %s",
           wanted, said.name, why_not(guest, wanted, said.name));
    expect(said.reads == guest->reads, "the report counts the reads",
           "%lu of its reads have ended, the report says %lu: %s", guest->reads,
           said.reads, why_more(said.reads - guest->reads, lesson));
    expect(said.bytes == guest->bytes, "the report adds up the bytes",
           "its reads have brought %llu bytes together, the report says %llu: "
           "%s",
           guest->bytes, said.bytes,
           why_more(said.bytes - guest->bytes, lesson));
}

static void speak(Guest *guest, const char *text, const char *lesson)
{
    say(guest, text);
    OVERLAPPED_ENTRY packet = packet_of(guest);
    report(guest, &packet, lesson);
}

static void failing_start(Guest *guest)
{
    stage("a read that can't be started, and then one that can");
    fail_next = 1;
    DWORD error = operation_read(guest->operation);
    expect(error == 10054, "a failed start is reported",
           "WSARecv failed with 10054, and operation_read returned %lu", error);
    start(guest);
    speak(guest, "and again",
          "one more was to be started, and WSARecv failed. Is a read that "
          "never started one that has ended?");
}

static void large_numbers(Guest *guest)
{
    stage("more than four thousand million bytes");
    start(guest);
    say(guest, "lots");
    OVERLAPPED_ENTRY packet = packet_of(guest);
    /* As if it had been a read of so many bytes. */
    guest->bytes += 0xFFFFFFFF - packet.dwNumberOfBytesTransferred;
    packet.dwNumberOfBytesTransferred = 0xFFFFFFFF;
    packet.lpOverlapped->InternalHigh = 0xFFFFFFFF;
    report(guest, &packet, "How large does a DWORD get?");
}

static void many_reads(Guest *guest)
{
    stage("%d reads", READS);
    start(guest);
    say(guest, "1");
    OVERLAPPED_ENTRY packet = packet_of(guest);
    operation_report(&packet);
    pretend = 1;
    for (int i = 1; i < READS; i++) {
        operation_read(guest->operation);
        operation_report(&packet);
    }
    pretend = 0;
    guest->reads += READS - 1;
    guest->bytes += READS - 1;
    start(guest);
    speak(guest, "and more", "how large does the number get?");
}

static void taken_at_once(Guest *guest)
{
    stage("a read whose packet another thread takes out before WSARecv "
          "returns");
    say(guest, "at once");
    pause_ms(30);
    taking = guest;
    start(guest);
}

static void without_bytes(Guest *guest)
{
    OVERLAPPED_ENTRY packet;
    stage("a read that ends because the peer hangs up");
    start(guest);
    close_socket(guest->pair[1]);
    packet = packet_of(guest);
    report(guest, &packet,
           "the last one has brought 0 bytes, the end of the stream. Has it "
           "ended?");
    close_socket(guest->pair[0]);
    stage("a read that fails");
    arrive(guest);
    start(guest);
    close_will_reset(guest->pair[1]);
    close_socket(guest->pair[1]);
    packet = packet_of(guest);
    report(guest, &packet,
           "the last one has failed, as the connection was reset. Has it "
           "ended?");
    close_socket(guest->pair[0]);
    arrive(guest);
}

static void prepared_often(Guest *guest)
{
    stage("an operation that is prepared %d times", OFTEN);
    int before = guard_living();
    for (int i = 0; i < OFTEN; i++)
        prepare(guest);
    expect(guard_living() - before < OFTEN / 2, "preparing it costs no memory",
           "operation_init was called %d times for one operation, and %d "
           "blocks of memory more are in use: who is to free them, and when?",
           OFTEN, guard_living() - before);
}

static void used_again(Guest *guest, int length)
{
    static const char digits[] = "0123456789";
    static char name[NAMES];
    stage("an operation that is prepared again, with a name of %d characters",
          length);
    for (int i = 0; i < length; i++)
        name[i] = digits[i % 10];
    name[length] = '\0';
    guest->name = name;
    prepare(guest);
    expect(fence_stands(guest->operation), "nothing is written behind it",
           "operation_init ran over the end of the name and of the operation: "
           "how many characters are there room for?");
    start(guest);
    speak(guest, "hello",
          "it was prepared anew, for another guest. Has the name been cut off "
          "where it must, or ran over the end of the name and into what "
          "follows?");
}

void examine(const Checker *table)
{
    static const int lengths[] = {15, 16, 22, 40};
    Guest *tortoise = &guests[0], *hare = &guests[1];
    BEGIN(table);

    stage("operation_init, with a name behind which nothing can be read");
    need(report_stays, "Report stays as it is",
         "operation.h has another Report than the one handed out, and others "
         "count on that one: what is different?");
    require(wsa_startup() == 0 && create_completion_port(&port) == 0,
            "Winsock did not start, or no port was created");
    for (int i = 0; i < GUESTS; i++)
        arrive(&guests[i]);
    stage("two operations with the same token");
    for (int i = 0; i < GUESTS; i++)
        start(&guests[i]);
    speak(hare, "hurry", fresh);
    speak(tortoise, "slowly", fresh);
    stage("a second read");
    start(tortoise);
    speak(tortoise, "but steadily",
          "is what was known of the first read forgotten when the second "
          "starts?");
    failing_start(tortoise);
    large_numbers(tortoise);
    many_reads(tortoise);
    taken_at_once(tortoise);
    without_bytes(hare);
    prepared_often(hare);
    for (int i = 0; i < 4; i++)
        used_again(hare, lengths[i]);
    used_again(hare, size_of_Operation < NAMES ? (int)size_of_Operation - 1
                                               : NAMES - 1);
}
