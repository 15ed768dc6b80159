// wrap: WSARecv
// sizes: Operation
/* Lets guests with one token speak, and compares each report with what is
   known. An Operation is as large as the student made it: it is never looked
   into. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "loopback.h"
#include "operation.h"

enum { GUESTS = 2, KEY = 7, TOKEN = 10, FENCE = 64, GARBAGE = 0xA5 };

extern const unsigned long long size_of_Operation;

typedef struct Guest {
    SOCKET pair[2];
    Operation *operation;
    const char *name;
    ULONG reads;
    unsigned long long bytes;
} Guest;

void WINAPI WSASetLastError(int iError);
int WINAPI __real_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);
int WINAPI __wrap_WSARecv(SOCKET, WSABUF *, DWORD, DWORD *, DWORD *,
                          WSAOVERLAPPED *, COMPLETION_ROUTINE);

static Guest guests[GUESTS] = {{.name = "tortoise"}, {.name = "hare"}};
static HANDLE port;
static HANDLE event;   /* the overlapped's hEvent when a read was started */
static BOOL fail_next; /* the next read doesn't start */

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
    return __real_WSARecv(s, buffers, count, received, flags, overlapped,
                          routine);
}

/* Memory that has been used before, with a fence behind it. */
static Operation *used_memory(void)
{
    void *memory = malloc(size_of_Operation + FENCE);
    require(memory != NULL, "there is no memory left");
    return memset(memory, GARBAGE, size_of_Operation + FENCE);
}

static BOOL fence_stands(const Operation *operation)
{
    const unsigned char *fence = (const unsigned char *)operation;
    fence += size_of_Operation;
    for (int i = 0; i < FENCE; i++)
        if (fence[i] != GARBAGE)
            return 0;
    return 1;
}

/* The caller's array is used again when the operation has been prepared. */
static void prepare(Guest *guest)
{
    static char name[64];
    require(strlen(guest->name) < sizeof name, "the checker is wrong");
    strcpy(name, guest->name);
    operation_init(guest->operation, guest->pair[0], TOKEN, name);
    memset(name, 'X', sizeof name);
    guest->reads = 0;
    guest->bytes = 0;
}

static void start(Guest *guest)
{
    DWORD error = operation_read(guest->operation);
    need(event == NULL, "hEvent is left alone",
         "a read was started with %p in hEvent: the system takes that for the "
         "handle of an event, which it will set. Have you nowhere else to keep "
         "things?",
         event);
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

static OVERLAPPED_ENTRY packet_of(Guest *guest, const char *text)
{
    OVERLAPPED_ENTRY entry;
    ULONG count;
    require(
        send_all(guest->pair[1], text, strlen(text)) == 0 &&
            get_queued_completion_status_ex(port, &entry, 1, &count, 2000) == 0,
        "no packet came for a read that has something to read");
    need(operation_of(entry.lpOverlapped) == guest->operation,
         "the packet leads to its operation", "operation_of is %ld bytes off",
         (long)((char *)operation_of(entry.lpOverlapped) -
                (char *)guest->operation));
    guest->reads++;
    guest->bytes += entry.dwNumberOfBytesTransferred;
    return entry;
}

static const char *why_not(const Guest *guest, const char *name)
{
    if (name[0] == 'X')
        return "is the name yours, or still the caller's? What the caller "
               "passed was an array, and it has since been used again";
    for (int i = 0; i < GUESTS; i++)
        if (guest != &guests[i] && strcmp(name, guests[i].name) == 0)
            return "that is the other one: both have the same token. For each "
                   "operation, is where you keep the name its own?";
    return "where is the name kept between operation_init and the report?";
}

static void report(const Guest *guest, const OVERLAPPED_ENTRY *packet,
                   const char *lesson)
{
    char wanted[OPERATION_NAME] = {0};
    Report said = operation_report(packet);
    strncpy(wanted, guest->name, OPERATION_NAME - 1);
    said.name[OPERATION_NAME - 1] = '\0';
    expect(said.token == TOKEN, "the report has the token",
           "the token is %d, the report says %llu", TOKEN,
           (unsigned long long)said.token);
    expect(strcmp(said.name, wanted) == 0, "the report has the name",
           "the operation is called \"%s\", and the report says \"%s\": %s",
           wanted, said.name, why_not(guest, said.name));
    expect(said.reads == guest->reads, "the report counts the reads",
           "%lu of its reads have ended, the report says %lu: %s", guest->reads,
           said.reads, lesson);
    expect(said.bytes == guest->bytes, "the report adds up the bytes",
           "its reads have brought %llu bytes together, the report says %llu: "
           "%s",
           guest->bytes, said.bytes, lesson);
}

static void speak(Guest *guest, const char *text, const char *lesson)
{
    OVERLAPPED_ENTRY packet = packet_of(guest, text);
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
    OVERLAPPED_ENTRY packet = packet_of(guest, "lots");
    /* As if it had been a read of so many bytes. */
    guest->bytes += 0xFFFFFFFF - packet.dwNumberOfBytesTransferred;
    packet.dwNumberOfBytesTransferred = 0xFFFFFFFF;
    packet.lpOverlapped->InternalHigh = 0xFFFFFFFF;
    report(guest, &packet, "How large does a DWORD get?");
}

static void used_again(Guest *guest)
{
    stage("an operation that is prepared again, with a name of 40 characters");
    guest->name = "0123456789012345678901234567890123456789";
    arrive(guest);
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
    const char *fresh = "the operation was prepared in memory that had been "
                        "used before. Who sets its numbers to 0, and what was "
                        "in that memory before?";
    Guest *tortoise = &guests[0], *hare = &guests[1];
    BEGIN(table);

    stage("two operations with the same token");
    require(wsa_startup() == 0 && create_completion_port(&port) == 0,
            "Winsock did not start, or no port was created");
    for (int i = 0; i < GUESTS; i++) {
        arrive(&guests[i]);
        start(&guests[i]);
    }
    speak(hare, "hurry", fresh);
    speak(tortoise, "slowly", fresh);
    stage("a second read");
    start(tortoise);
    speak(tortoise, "but steadily",
          "is what was known of the first read forgotten when the second "
          "starts?");
    failing_start(tortoise);
    large_numbers(tortoise);
    used_again(hare);
}
