// wrap: GetQueuedCompletionStatus GetQueuedCompletionStatusEx
/* Puts packets of every kind into a port and has them taken out one by one. */
#include "check.h"
#include "ffi.h"

#define LARGE_KEY ((ULONG_PTR)0x1122334455667788)
enum { KEY = 3, STALE = 1234, ERROR_INVALID_HANDLE = 6, ABORTED = 995 };

DWORD WINAPI GetCurrentProcessId(void);
void WINAPI SetLastError(DWORD dwErrCode);
HANDLE WINAPI CreateNamedPipeA(const char *, DWORD, DWORD, DWORD, DWORD, DWORD,
                               DWORD, void *);
BOOL WINAPI ConnectNamedPipe(HANDLE, OVERLAPPED *);
BOOL WINAPI CancelIoEx(HANDLE, OVERLAPPED *);
int snprintf(char *, size_t, const char *, ...);
WRAPPED(GetQueuedCompletionStatus);
WRAPPED(GetQueuedCompletionStatusEx);

/* What headers.c found out. */
extern const int has_declaration, has_types, has_winapi;

static int calls, batch_calls;
static DWORD asked; /* the timeout of the last call */

BOOL WINAPI __wrap_GetQueuedCompletionStatus(HANDLE port, DWORD *bytes,
                                             ULONG_PTR *key,
                                             OVERLAPPED **overlapped,
                                             DWORD timeout)
{
    OVERLAPPED *before = *overlapped;
    calls++;
    asked = timeout;
    BOOL succeeded =
        __real_GetQueuedCompletionStatus(port, bytes, key, overlapped, timeout);
    /* That a null pointer is stored is documented for a wait that timed out or
       was abandoned, and not for other errors. */
    if (!succeeded && *overlapped == NULL && GetLastError() != WAIT_TIMEOUT)
        *overlapped = before;
    return succeeded;
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    batch_calls++;
    return __real_GetQueuedCompletionStatusEx(port, entries, capacity, removed,
                                              timeout, alertable);
}

/* What the next function finds in variables that it doesn't set. */
static void __attribute__((noinline)) soil_stack(void)
{
    volatile unsigned char soil[1024];
    for (size_t i = 0; i < sizeof soil; i++)
        soil[i] = 0xEE;
}

/* What the caller's memory holds is none of the callee's business. And some
   call before this one has failed. */
static DWORD take(HANDLE port, Packet *packet, DWORD timeout)
{
    *packet = (Packet){.key = 99, .overlapped = (void *)-1, .error = 99};
    calls = batch_calls = 0;
    soil_stack();
    SetLastError(STALE);
    return get_queued_completion_status(port, packet, timeout);
}

static void one_posted(HANDLE port, Packet *packet)
{
    OVERLAPPED overlapped = {0};
    stage("a packet that was posted");
    require(post_queued_completion_status(port, 100, LARGE_KEY, &overlapped) ==
                0,
            "posting a packet failed");
    DWORD error = take(port, packet, 1000);
    need(error == 0, "a packet is taken out",
         "a packet was in the port, and it returned %lu%s", error,
         error == 120 ? " (ERROR_CALL_NOT_IMPLEMENTED): that is what was there "
                        "before you wrote it"
                      : ": is that a fresh error, or a stale one?");
    expect(calls == 1 && batch_calls == 0,
           "with one call of GetQueuedCompletionStatus",
           "GetQueuedCompletionStatus was called %d times, and "
           "GetQueuedCompletionStatusEx %d times: the exercise is about one "
           "call of the first",
           calls, batch_calls);
    expect(packet->key == LARGE_KEY, "the key is whole",
           "the key was posted as %#llx and came out as %#llx: how many bytes "
           "has a ULONG_PTR, and how many has the variable it is stored in?",
           (unsigned long long)LARGE_KEY, (unsigned long long)packet->key);
    expect(packet->overlapped == &overlapped,
           "the overlapped is the posted one",
           "lpOverlapped was posted as %p and came out as %p: the call wants "
           "the address of a pointer, to store an address in",
           (void *)&overlapped, (void *)packet->overlapped);
    expect(packet->bytes == 100, "the byte count is the posted one",
           "the byte count was posted as 100 and came out as %lu",
           packet->bytes);
    expect(packet->error == 0, "nothing has failed",
           "packet->error is %lu, but nothing failed: after TRUE, GetLastError "
           "has nothing new to say, and what it says is stale",
           packet->error);
}

static void one_without_overlapped(HANDLE port, Packet *packet)
{
    stage("a packet that was posted without an OVERLAPPED");
    require(post_queued_completion_status(port, 200, 2, NULL) == 0,
            "posting a packet failed");
    DWORD error = take(port, packet, 1000);
    expect(error == 0, "a packet without an OVERLAPPED is a packet",
           "a packet was posted without an OVERLAPPED and taken out, and it "
           "returned %lu: a null pointer means \"no packet\" only together "
           "with FALSE",
           error);
    if (error == 0)
        expect(packet->key == 2 && packet->bytes == 200 &&
                   packet->overlapped == NULL && packet->error == 0,
               "its values are the posted ones",
               "posted were key 2, 200 bytes and no OVERLAPPED; out came key "
               "%llu, %lu bytes, %p, error %lu",
               (unsigned long long)packet->key, packet->bytes,
               (void *)packet->overlapped, packet->error);
}

/* A pipe that waits for somebody to connect to it, under a name that no other
   check uses. */
static HANDLE waiting_pipe(HANDLE port, OVERLAPPED *overlapped)
{
    char name[64];
    snprintf(name, sizeof name, "\\\\.\\pipe\\check-%lu",
             GetCurrentProcessId());
    HANDLE pipe = CreateNamedPipeA(name, 3 | 0x40000000, 0, 1, 512, 512, 0, 0);
    require(pipe != INVALID_HANDLE_VALUE &&
                CreateIoCompletionPort(pipe, port, KEY, 0) != NULL,
            "no pipe could be made");
    require(!ConnectNamedPipe(pipe, overlapped) && GetLastError() == 997,
            "the pipe did not begin to wait");
    return pipe;
}

static void one_failed(HANDLE port, Packet *packet)
{
    static OVERLAPPED overlapped;
    stage("the packet of an operation that has failed");
    HANDLE pipe = waiting_pipe(port, &overlapped);
    CancelIoEx(pipe, &overlapped);
    DWORD error = take(port, packet, 1000);
    if (expect(error == 0, "the packet of a failed operation is a packet",
               "an operation failed with %d. It returned %lu, as if there were "
               "no packet: but one was taken out, and its packet is gone for "
               "good. Who will ever free that operation?",
               ABORTED, error)) {
        expect(packet->overlapped == &overlapped && packet->key == KEY,
               "it says which operation",
               "the operation's key is %d and its OVERLAPPED at %p; out came "
               "key %llu and %p",
               KEY, (void *)&overlapped, (unsigned long long)packet->key,
               (void *)packet->overlapped);
        expect(packet->error == ABORTED, "and how it failed",
               "the operation failed with %d, and packet->error is %lu: who "
               "knows the error of the operation?",
               ABORTED, packet->error);
    }
    close_handle(pipe);
}

static void none(HANDLE port, Packet *packet)
{
    stage("an empty port");
    unsigned long start = milliseconds();
    DWORD error = take(port, packet, 60);
    expect(error == WAIT_TIMEOUT, "an empty port gives error 258",
           "nothing came in 60 ms, and it returned %lu, not 258 (WAIT_TIMEOUT)",
           error);
    expect(asked == 60 && milliseconds() - start < 1000,
           "it waits as long as it was asked to",
           "it was asked to wait 60 ms, and asked the port to wait %lu", asked);
    expect(calls == 1 && batch_calls == 0, "it asks once",
           "it was asked to wait 60 ms, and called the port's functions %d "
           "times, %lu ms each time: how long does its caller wait?",
           calls + batch_calls, asked);
    error = take(port, packet, 0);
    expect(error == WAIT_TIMEOUT && asked == 0, "a timeout of 0 doesn't wait",
           "with a timeout of 0 it returned %lu and asked the port to wait "
           "%lu ms",
           error, asked);
}

static void several(HANDLE port, Packet *packet)
{
    static OVERLAPPED overlapped;
    stage("three packets in the port");
    for (DWORD i = 1; i <= 3; i++)
        require(post_queued_completion_status(port, i, i, &overlapped) == 0,
                "posting a packet failed");
    for (DWORD i = 1; i <= 3; i++) {
        DWORD error = take(port, packet, 1000);
        expect(error == 0 && packet->bytes == i,
               "each call takes out one packet",
               "call %lu of 3 returned %lu and packet %lu", i, error,
               packet->bytes);
    }
}

static void closed(HANDLE port, Packet *packet)
{
    stage("a port that is closed");
    close_handle(port);
    DWORD error = take(port, packet, 0);
    if (expect(error != 0, "a closed port has no packet",
               "waiting on a closed port returned 0, as if a packet had been "
               "taken out, with %p for lpOverlapped. The call failed and "
               "stored nothing there: who did?",
               (void *)packet->overlapped))
        expect(error == ERROR_INVALID_HANDLE, "a closed port gives error 6",
               "waiting on a closed port returned %lu, not 6 "
               "(ERROR_INVALID_HANDLE)",
               error);
}

static void declaration(void)
{
    stage("what ffi.h declares");
    if (expect(has_declaration, "ffi.h declares GetQueuedCompletionStatus",
               "ffi.h has no declaration of GetQueuedCompletionStatus with its "
               "parameters: what does the compiler check a call against in a "
               "file that includes ffi.h?")) {
        expect(has_types, "it has the types of Microsoft's page",
               "ffi.h gives at least one parameter, or the result, another "
               "type than Microsoft's page does: if somebody passes a wrong "
               "pointer now, will the compiler say so?");
        expect(
            has_winapi, "it is declared like the other system calls",
            "on 64 bits, nothing is missing. Built for 32 bits it would "
            "not link: what do the other system calls in ffi.h have that this "
            "one has not?");
    }
}

void examine(const Checker *table)
{
    HANDLE port;
    Packet packet;
    BEGIN(table);

    stage("creating a port");
    require(create_completion_port(&port) == 0,
            "create_completion_port failed: did you change it?");
    one_posted(port, &packet);
    several(port, &packet);
    one_without_overlapped(port, &packet);
    none(port, &packet);
    one_failed(port, &packet);
    closed(port, &packet);
    declaration();
}
