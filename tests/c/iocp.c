// steps: 10+
/* What iocp.h promises, on sockets: the challenge's requirements, in its order. */
#include "completions.h"
#include "handles.h"

BOOL WINAPI DuplicateHandle(HANDLE from_process, HANDLE from, HANDLE to_process,
                            HANDLE *to, DWORD access, BOOL inherit,
                            DWORD options);
HANDLE WINAPI CreateEventW(void *security, BOOL manual, BOOL set,
                           const wchar_t *name);
SOCKET WINAPI WSASocketW(int, int, int, void *, unsigned, DWORD);

static SOCKET ours, peer;
static IocpHandle added;
static IocpId id;
static int here, there; /* contexts: their addresses */

static void open_pair(void)
{
    must("creating", iocp_create(&iocp, 0));
    socket_pair(&ours, &peer);
    must("adding", iocp_add_socket(&iocp, ours, KEY, &added));
}

static void close_pair(void)
{
    close_socket(ours);
    close_socket(peer);
    while (iocp.in_flight.count > 0 && completion().id != 0)
        ;
    is(iocp_close(&iocp), 0, "all is closed");
}

/* Create; add a handle; read; wait; key, context, bytes, buffer. */
static void a_read(void)
{
    open_pair();
    memset(buffer, '?', sizeof buffer);
    is(iocp_read(&added, buffer, 10, 0, &here, &id), 0, "a read starts");
    ok(id != 0 && iocp_in_flight(&iocp, id), "it is in flight");
    ok(nothing_comes(), "nothing comes before there is data");
    send_all(peer, "abc", 3);
    IocpCompletion it = completion();
    ok(ended(it, &id, &here, 3, 0) && it.key == KEY && !it.end,
       "its completion has key, context, id and count");
    ok(memcmp(buffer, "abc???????", 10) == 0,
       "the bytes are in the caller's buffer, and nothing beyond them");
    ok(!iocp_in_flight(&iocp, id), "it is in flight no more");
    ok(nothing_comes(), "it had one completion");
    close_pair();
}

static void a_write(void)
{
    open_pair();
    is(iocp_write(&added, "hello", 5, 0, &there, &id), 0, "a write starts");
    ok(ended(completion(), &id, &there, 5, 0), "it completes with its count");
    is((unsigned)recv(peer, buffer, sizeof buffer, 0), 5, "the peer gets it");
    close_pair();
}

/* A context is returned as it is, and no value of it or of the key means
   something else. */
static void nulls(void)
{
    open_pair();
    IocpHandle zero;
    SOCKET other, other_peer;
    socket_pair(&other, &other_peer);
    is(iocp_add_socket(&iocp, other, 0, &zero), 0, "a handle with key 0");
    must("reading", iocp_read(&zero, buffer, 10, 0, NULL, &id));
    send_all(other_peer, "x", 1);
    IocpCompletion it = completion();
    ok(ended(it, &id, NULL, 1, 0) && it.key == 0,
       "key 0 and context NULL come back");
    is(iocp_post(&iocp, 0, NULL, 0), 0, "post nothing at all");
    it = completion();
    ok(it.error == 0 && it.id != 0 && it.key == 0 && it.context == NULL &&
           it.bytes == 0,
       "that comes, too, and wakes nobody for good");
    is(iocp_post(&iocp, UINTPTR_MAX, &here, 0xFFFFFFFF), 0, "post all bits");
    it = completion();
    ok(it.key == UINTPTR_MAX && it.context == &here && it.bytes == 0xFFFFFFFF &&
           it.error == 0,
       "they come as they are");
    close_socket(other);
    close_socket(other_peer);
    close_pair();
}

/* The end of a stream and a read of no bytes look the same to the system. */
static void zero_bytes(void)
{
    open_pair();
    must("reading", iocp_read(&added, buffer, 0, 0, &here, &id));
    ok(nothing_comes(), "a read of 0 bytes waits for data");
    send_all(peer, "abc", 3);
    IocpCompletion it = completion();
    ok(ended(it, &id, &here, 0, 0) && !it.end, "it completes, and is no end");
    must("reading", iocp_read(&added, buffer, 10, 0, &here, &id));
    ok(ended(completion(), &id, &here, 3, 0), "it took nothing");
    must("writing", iocp_write(&added, buffer, 0, 0, &here, &id));
    it = completion();
    ok(ended(it, &id, &here, 0, 0) && !it.end,
       "a write of 0 bytes completes, and is no end");
    must("reading", iocp_read(&added, buffer, 10, 0, &here, &id));
    shutdown(peer, SD_SEND);
    it = completion();
    ok(ended(it, &id, &here, 0, 0) && it.end, "the end is told as such");
    must("reading", iocp_read(&added, buffer, 10, 0, &here, &id));
    ok(completion().end, "and again");
    close_pair();
}

/* A failed operation is a successful wait; a wait that failed has none. */
static void errors(void)
{
    open_pair();
    must("reading", iocp_read(&added, buffer, 10, 0, &here, &id));
    reset(peer);
    IocpCompletion it;
    is(iocp_get_completion(&iocp, &it, PATIENCE), 0, "waiting succeeds");
    ok(ended(it, &id, &here, 0, WSAECONNRESET) && it.key == KEY && !it.end,
       "the operation failed with 10054, Winsock's code");
    is(iocp_get_completion(&iocp, &it, 0), WAIT_TIMEOUT, "258 is the wait's");
    shutdown(ours, SD_SEND);
    DWORD error = iocp_write(&added, "x", 1, 0, &here, &id);
    ok(error != 0 && id == 0, "a start that fails says so: %lu", error);
    ok(nothing_comes() && iocp.in_flight.count == 0,
       "it has no completion, and leaves nothing");
    close_socket(ours);
    is(iocp_close(&iocp), 0, "all is closed");
}

static void adding(void)
{
    HANDLE twin, event = CreateEventW(NULL, FALSE, FALSE, NULL), file;
    const HANDLE self = (HANDLE)(intptr_t)-1;
    IocpHandle again;
    Iocp second;
    open_pair();
    must("creating another", iocp_create(&second, 0));
    is(iocp_add_socket(&iocp, ours, KEY + 1, &again), ERROR_INVALID_PARAMETER,
       "a handle can't be added twice");
    is(iocp_add_socket(&second, ours, KEY + 1, &again), ERROR_INVALID_PARAMETER,
       "nor to another Iocp");
    DuplicateHandle(self, (HANDLE)ours, self, &twin, 0, FALSE, 2);
    is(iocp_add_handle(&second, twin, KEY + 1, &again), ERROR_INVALID_PARAMETER,
       "nor can its duplicate");
    must("reading", iocp_read(&added, buffer, 10, 0, &here, &id));
    send_all(peer, "abc", 3);
    IocpCompletion it = completion();
    ok(ended(it, &id, &here, 3, 0) && it.key == KEY,
       "the first association stays");
    is(iocp_add_handle(&iocp, event, 1, &again), INVALID_HANDLE, "an event");
    is(iocp_add_handle(&iocp, iocp.port, 1, &again), INVALID_HANDLE,
       "the port itself");
    is(iocp_add_handle(&iocp, NULL, 1, &again), INVALID_HANDLE, "NULL");
    SOCKET plain = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, 0);
    is(iocp_add_socket(&iocp, plain, 1, &again), ERROR_INVALID_PARAMETER,
       "a socket that is not overlapped");
    close_socket(plain);
    is(iocp_add_socket(&iocp, plain, 1, &again), INVALID_HANDLE,
       "a closed handle");
    file = CreateFileW(L"Makefile", GENERIC_READ, FILE_SHARE_READ, NULL,
                       OPEN_EXISTING, 0, NULL);
    is(iocp_add_handle(&iocp, file, 1, &again), ERROR_INVALID_PARAMETER,
       "a file that is not overlapped");
    close_handle(file);
    close_handle(event);
    close_handle(twin);
    is(iocp_close(&second), 0, "the other one is closed");
    close_pair();
}

/* Two reads with one context: only the id tells which. */
static void cancelling(void)
{
    char other[10];
    IocpId first, second;
    open_pair();
    must("reading", iocp_read(&added, buffer, 10, 0, &here, &first));
    must("reading", iocp_read(&added, other, 10, 0, &here, &second));
    ok(first != second, "two reads have two ids");
    is(iocp_cancel(&iocp, first), 0, "one is cancelled");
    ok(ended(completion(), &first, &here, 0, ERROR_OPERATION_ABORTED),
       "that one ends with 995");
    is(iocp_cancel(&iocp, first), ERROR_NOT_FOUND,
       "cancelling it again finds nothing");
    send_all(peer, "abc", 3);
    ok(ended(completion(), &second, &here, 3, 0) &&
           memcmp(other, "abc", 3) == 0,
       "the other one gets the data");
    is(iocp_cancel(&iocp, second), ERROR_NOT_FOUND,
       "nor is one found that is done");
    must("reading", iocp_read(&added, buffer, 10, 0, &here, &id));
    ok(id != first && id != second, "no id comes a second time");
    is(iocp_cancel(&iocp, second), ERROR_NOT_FOUND,
       "an old id does not reach the new one, which lives at its address");
    ok(nothing_comes(), "that is still in flight");
    is(iocp_cancel(&iocp, 0), ERROR_NOT_FOUND, "0 is no id");
    is(iocp_cancel(&iocp, ~(IocpId)0), ERROR_NOT_FOUND, "nor is a wild one");
    /* Its packet is in the port: too late. */
    send_all(peer, "xyz", 3);
    await_packet(id);
    is(iocp_cancel(&iocp, id), ERROR_NOT_FOUND,
       "nothing is left to cancel when the packet is in the port");
    ok(ended(completion(), &id, &here, 3, 0), "it has its data");
    close_pair();
}

/* Many at a time. */
static void batches(void)
{
    IocpCompletion list[100];
    ULONG count;
    open_pair();
    is(iocp_get_completions(&iocp, list, 0, &count, 0), ERROR_INVALID_PARAMETER,
       "room for none is refused");
    is(count, 0, "and brings none");
    is(iocp_get_completions(&iocp, list, 100, &count, 20), WAIT_TIMEOUT,
       "an empty port");
    is(count, 0, "brings none");
    for (uintptr_t i = 0; i < 100; i++)
        must("posting", iocp_post(&iocp, i, (void *)i, 0));
    is(iocp_get_completions(&iocp, list, 10, &count, 0), 0, "ten");
    is(count, 10, "no more than there is room for");
    uintptr_t next = 0;
    int right = 1;
    for (;;) {
        for (ULONG i = 0; i < count; i++, next++)
            right &= list[i].key == next && list[i].context == (void *)next;
        if (iocp_get_completions(&iocp, list, 100, &count, 0) != 0)
            break;
    }
    ok(right && next == 100, "all hundred, in order");
    close_pair();
}

static void timeouts(void)
{
    IocpCompletion it;
    open_pair();
    unsigned long long before = now_ms();
    is(iocp_get_completion(&iocp, &it, 60), WAIT_TIMEOUT, "a wait of 60 ms");
    ok(now_ms() - before >= 59, "is not shorter");
    /* A stranger's packet is dropped, and does not make the wait longer. */
    must("posting",
         post_queued_completion_status(iocp.port, 1, 2, (OVERLAPPED *)&it));
    must("posting", post_queued_completion_status(iocp.port, 1, 2,
                                                  (OVERLAPPED *)(uintptr_t)3));
    before = now_ms();
    is(iocp_get_completion(&iocp, &it, 60), WAIT_TIMEOUT,
       "strangers' packets are not handed out");
    ok(now_ms() - before < 5000 && now_ms() - before >= 59,
       "and neither end nor lengthen the wait");
    must("posting", post_queued_completion_status(iocp.port, 1, 2,
                                                  (OVERLAPPED *)(uintptr_t)3));
    is(iocp_get_completion(&iocp, &it, 0), WAIT_TIMEOUT, "nor one of 0 ms");
    close_pair();
}

/* A packet that points into the blocks, but at nothing in flight. */
static void strange_pointers(void)
{
    open_pair();
    must("reading", iocp_read(&added, buffer, 10, 0, &here, &id));
    IocpOperation *block = iocp.in_flight.block[0];
    must("posting",
         post_queued_completion_status(iocp.port, 0, 0, &block[5].overlapped));
    must("posting",
         post_queued_completion_status(iocp.port, 0, 0,
                                       (OVERLAPPED *)((char *)&block[0] + 8)));
    ok(nothing_comes(), "is a stranger's, too");
    must("posting",
         post_queued_completion_status(iocp.port, 0, 0, &block[0].overlapped));
    ok(nothing_comes(), "so is one before the system has ended ours");
    send_all(peer, "abc", 3);
    ok(ended(completion(), &id, &here, 3, 0), "ours comes");
    close_pair();
}

/* More than a block, and more than two. */
static void many_in_flight(void)
{
    enum { MANY = 1000 };
    static IocpId ids[MANY];
    open_pair();
    for (uintptr_t i = 0; i < MANY; i++)
        must("reading", iocp_read(&added, buffer, 0, 0, (void *)i, &ids[i]));
    is(iocp.in_flight.count, MANY, "a thousand reads are in flight");
    int found = 0, cancelled = 0, right = 1;
    for (int i = 0; i < MANY; i++)
        found += iocp_in_flight(&iocp, ids[i]);
    is((unsigned)found, MANY, "each is found by its id");
    for (int i = 0; i < MANY; i += 2)
        cancelled += iocp_cancel(&iocp, ids[i]) == 0;
    is((unsigned)cancelled, MANY / 2, "every other one is cancelled");
    send_all(peer, "x", 1);
    for (int i = 0; i < MANY; i++) {
        IocpCompletion it = completion();
        uintptr_t n = (uintptr_t)it.context;
        right &= n < MANY && it.id == ids[n] &&
                 it.error == (n % 2 == 0 ? ERROR_OPERATION_ABORTED : 0);
        if (n < MANY)
            ids[n] = 0;
    }
    ok(right, "each has its own completion, once");
    close_pair();
}

static void stop_and_close(void)
{
    IocpCompletion it;
    IocpHandle again;
    open_pair();
    must("reading", iocp_read(&added, buffer, 10, 0, &here, &id));
    is(iocp_close(&iocp), ERROR_BUSY, "not closed with a read in flight");
    is(iocp_stop(&iocp), 0, "stopped");
    is(iocp_read(&added, buffer, 10, 0, &here, &(IocpId){0}),
       ERROR_ABANDONED_WAIT_0, "nothing starts any more");
    is(iocp_post(&iocp, 1, &here, 1), ERROR_ABANDONED_WAIT_0,
       "nothing is posted");
    is(iocp_add_socket(&iocp, ours, 1, &again), ERROR_ABANDONED_WAIT_0,
       "nothing is added");
    is(iocp_get_completion(&iocp, &it, 20), WAIT_TIMEOUT,
       "the read is waited for");
    send_all(peer, "abc", 3);
    ok(ended(completion(), &id, &here, 3, 0), "and its completion handed out");
    is(iocp_get_completion(&iocp, &it, INFINITE), ERROR_ABANDONED_WAIT_0,
       "then all is over");
    is(iocp_get_completion(&iocp, &it, INFINITE), ERROR_ABANDONED_WAIT_0,
       "and stays so");
    is(iocp_stop(&iocp), 0, "stopping twice is no matter");
    is(iocp_close(&iocp), 0, "closed");
    is(iocp_close(&iocp), ERROR_ABANDONED_WAIT_0, "once");
    is(iocp_get_completion(&iocp, &it, INFINITE), ERROR_ABANDONED_WAIT_0,
       "no wait");
    is(iocp_read(&added, buffer, 10, 0, &here, &id), ERROR_ABANDONED_WAIT_0,
       "no read");
    is(iocp_cancel(&iocp, id), ERROR_NOT_FOUND, "no cancel");
    ok(!iocp_in_flight(&iocp, id), "nothing in flight");
    is(iocp_post(&iocp, 1, NULL, 1), ERROR_ABANDONED_WAIT_0, "no post");
    close_socket(ours);
    close_socket(peer);
}

int main(void)
{
    must("starting Winsock", wsa_startup());
    a_read();
    int handles = handle_count();
    a_read();
    a_write();
    nulls();
    zero_bytes();
    errors();
    adding();
    cancelling();
    batches();
    timeouts();
    strange_pointers();
    many_in_flight();
    stop_and_close();
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
    return done_testing();
}
