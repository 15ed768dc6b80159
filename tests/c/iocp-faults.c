// steps: 10+
// guard: yes
// wrap: CreateIoCompletionPort PostQueuedCompletionStatus
// wrap: GetQueuedCompletionStatusEx CloseHandle WSARecv WSAGetOverlappedResult
// wrap: WSASocketW SetHandleInformation setsockopt bind listen getsockname
// wrap: connect accept send recv closesocket
// wrap: CancelIoEx WSACleanup WSAStartup getaddrinfo WaitForSingleObject
// wrap: _beginthreadex ReadFile WriteFile ConnectNamedPipe WSASend
// wrap: shutdown WSAIoctl
/* For n = 1, 2, 3 and so on, the n-th call of a scenario fails, until the whole
   scenario passes. Each time the error must be reported, and nothing may be left in
   flight, in memory, or open. */
#include "guard.h"
/* After guard.h, which has allocations fail. */
#include "faults.h"

#include "completions.h"
#include "handles.h"

#define FAULT_REAL_ReadFile __real_ReadFile
#define FAULT_REAL_WriteFile __real_WriteFile
#define FAULT_REAL_ConnectNamedPipe __real_ConnectNamedPipe

FAULT(BOOL, ReadFile,
      (HANDLE file, void *into, DWORD size, DWORD *bytes,
       OVERLAPPED *overlapped),
      (file, into, size, bytes, overlapped), FAULT_NO_RESOURCES, FALSE)
FAULT(BOOL, WriteFile,
      (HANDLE file, const void *from, DWORD size, DWORD *bytes,
       OVERLAPPED *overlapped),
      (file, from, size, bytes, overlapped), FAULT_NO_RESOURCES, FALSE)
FAULT(BOOL, ConnectNamedPipe, (HANDLE pipe, OVERLAPPED *overlapped),
      (pipe, overlapped), FAULT_NO_RESOURCES, FALSE)
static DWORD first; /* the first error that was reported */

/* Notes an error. TRUE if there is none. */
static BOOL good(DWORD error)
{
    if (first == 0)
        first = error;
    return error == 0;
}

/* Takes a completion, if need be in a second try. */
static BOOL take(DWORD expected)
{
    IocpCompletion it;
    DWORD error = iocp_get_completion(&iocp, &it, PATIENCE);
    if (!good(error))
        error = iocp_get_completion(&iocp, &it, PATIENCE);
    if (error != 0)
        return FALSE;
    return good(it.error == expected ? 0 : it.error);
}

static HANDLE file, server, client;
static SOCKET ours, peer;

static void use_the_file(void)
{
    IocpHandle added;
    IocpId id;
    if (good(iocp_add_handle(&iocp, file, 1, &added)) &&
        good(iocp_write(&added, "hello", 5, 0, NULL, &id)) && take(0) &&
        good(iocp_read(&added, buffer, 10, 0, NULL, &id)))
        take(0);
}

/* A client who was there first: his completion is posted. */
static void use_the_pipe(void)
{
    IocpHandle added;
    IocpId id;
    if (good(iocp_add_handle(&iocp, server, 2, &added)) &&
        good(iocp_connect_pipe(&added, NULL, &id)) && take(0) &&
        good(iocp_read(&added, buffer, 10, 0, NULL, &id))) {
        good(iocp_cancel(&iocp, id));
        take(ERROR_OPERATION_ABORTED);
    }
}

static void use_the_socket(void)
{
    IocpHandle added;
    IocpId id;
    if (good(iocp_add_socket(&iocp, ours, 3, &added)) &&
        good(iocp_write(&added, "hello", 5, 0, NULL, &id)) && take(0)) {
        __real_send(peer, "hello", 5, 0);
        if (good(iocp_read(&added, buffer, 10, 0, NULL, &id)))
            take(0);
    }
}

static void scenario(void)
{
    if (!good(iocp_create(&iocp, 0)))
        return;
    use_the_file();
    use_the_pipe();
    use_the_socket();
    if (good(iocp_post(&iocp, 4, NULL, 5)))
        take(0);
    good(iocp_stop(&iocp));
    good(iocp_close(&iocp));
}

static void open_handles(void)
{
    file = file_with("hello", 5);
    pipe_pair(FALSE, 4096, &server, &client);
    socket_pair(&ours, &peer);
}

static void close_handles(void)
{
    close_handle(file);
    close_handle(server);
    close_handle(client);
    close_socket(ours);
    close_socket(peer);
    _wremove(file_name());
}

static void run(int n)
{
    fault_arm(0);
    open_handles();
    first = 0;
    fault_arm(n);
    scenario();
    fault_countdown = 0; /* and no more */
    close_handles();
}

int main(void)
{
    must("starting Winsock", wsa_startup());
    guard_end_unchecked(); /* the listener of the pairs stays open */
    guard_refuse = fault_allocation;
    run(0);
    is(first, 0, "passes when no call fails");
    int live = guard_living(), handles = handle_count();
    int failed = 0;
    for (int n = 1;; n++) {
        run(n);
        if (fault_call == NULL)
            break;
        failed++;
        ok(first == fault_code && guard_living() == live &&
               handle_count() == handles && guard_lent() == 0,
           "call %d, %s, fails with %lu", n, fault_call, fault_code);
        if (first != fault_code)
            printf("# reported is %lu\n", first);
        if (guard_living() != live || handle_count() != handles ||
            guard_lent() != 0)
            printf("# left: %d blocks, %d handles, %d lent\n",
                   guard_living() - live, handle_count() - handles,
                   guard_lent());
    }
    is(first, 0, "passes when its last call has not failed");
    ok(failed > 15, "%d calls failed in turn", failed);
    return done_testing();
}
