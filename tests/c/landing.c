// steps: 04-05
// wrap: WSAGetOverlappedResult closesocket
/* While the polling thread asks how a read ended, the operation is neither in
   flight nor done. Whoever registers then is told to wait; whoever closes
   leaves the socket to the polling thread. The question is where a test can
   step in: what another thread might do at that moment, the wrap does. */
#include "pairs.h"
#include "poll.h"

static Registrator registrator;
static Operation *operation;
static enum { REGISTER, CLOSE } act;
static DWORD answer;
static int asked, closed, closed_while_asking;

int WINAPI __real_closesocket(SOCKET s);
int WINAPI __wrap_closesocket(SOCKET s)
{
    closed++;
    return __real_closesocket(s);
}

BOOL WINAPI __real_WSAGetOverlappedResult(SOCKET s, WSAOVERLAPPED *overlapped,
                                          DWORD *bytes, BOOL wait,
                                          DWORD *flags);
BOOL WINAPI __wrap_WSAGetOverlappedResult(SOCKET s, WSAOVERLAPPED *overlapped,
                                          DWORD *bytes, BOOL wait, DWORD *flags)
{
    int before = closed;
    asked++;
    answer = act == REGISTER
                 ? registrator_register(&registrator, operation, 2, READABLE)
                 : operation_close(operation);
    closed_while_asking = closed - before;
    return __real_WSAGetOverlappedResult(s, overlapped, bytes, wait, flags);
}

/* Starts a read and has the peer reset the connection under it. */
static void start_and_reset(void)
{
    SOCKET pair[2];
    connected(pair);
    if (operation_new(pair[0], &operation) != 0 ||
        registrator_register(&registrator, operation, 1, READABLE) != 0)
        bail("no read in flight");
    reset(pair[1]);
}

int main(void)
{
    Poll poll;
    Event event;
    Events events = {.list = &event, .capacity = 1};
    if (wsa_startup() != 0 || poll_create(&poll) != 0 ||
        poll_registrator(&poll, &registrator) != 0)
        bail("no poll");

    act = REGISTER;
    start_and_reset();
    is(poll_wait(&poll, &events, 5000), 0, "a wait for a reset");
    is(asked, 1, "Winsock is asked how the read ended");
    is(answer, WSAEALREADY, "registering meanwhile: the read isn't over");
    is(events.count, 1, "one event");
    is(event.token, 1, "with the first read's token");
    is(event.error, 10054, "and the connection's error");
    is(poll.loop->selector.lent, 0, "nothing is lent");
    is(operation_close(operation), 0, "closing after it");

    act = CLOSE;
    start_and_reset();
    int before = closed;
    is(poll_wait(&poll, &events, 5000), 0, "a wait for another");
    is(answer, 0, "closing meanwhile succeeds");
    is(closed_while_asking, 0, "but closes no socket under the question");
    is(closed - before, 1, "it is closed once, afterwards");
    is(events.count, 0, "and no event tells of it");
    is(poll_destroy(&poll), 0, "nothing is open, nothing lent");
    is(registrator_release(&registrator), 0, "the port is closed");
    wsa_cleanup();
    return done_testing();
}
