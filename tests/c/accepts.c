// steps: 07+
/* What the listener relies on, in the calls themselves: an accept in flight can be
   taken back, alone, and its socket used again; one whose socket is closed swallows
   no client; and how long a client has been connected can be asked. */
#include "tap.h"
#include "tcplistener.h"

#include <string.h>

enum {
    SO_CONNECT_TIME_ = 0x700C,
    ABORTED = 995,
    NOT_FOUND = 1168,
    SIZE = sizeof(struct sockaddr_in6) + 16,
    SOON = 5000, /* milliseconds for what must come, */
    QUIET = 100  /* and for what must not */
};

int WINAPI connect(SOCKET s, const struct sockaddr *name, int namelen);
int WINAPI recv(SOCKET s, char *buf, int len, int flags);
int WINAPI send(SOCKET s, const char *buf, int len, int flags);
int WINAPI getsockopt(SOCKET s, int level, int option, char *value, int *size);

typedef struct Accept {
    OVERLAPPED overlapped;
    SOCKET socket;
    char addresses[2 * SIZE];
} Accept;

static HANDLE port;
static SOCKET listener;
static struct sockaddr_in address = {.sin_family = AF_INET};
static ACCEPT_EX accept_ex;

static void must(const char *what, DWORD error)
{
    if (error != 0) {
        printf("# %s: error %lu\n", what, error);
        bail(what);
    }
}

static void set_up(void)
{
    unsigned short number;
    /* 127.0.0.1, in the order of the network. */
    memcpy(&address.sin_addr, "\x7f\0\0\1", 4);
    must("starting Winsock", wsa_startup());
    must("a port", create_completion_port(&port));
    must("a socket", open_socket(AF_INET, &listener));
    must("listening", bind_and_listen(listener, (struct sockaddr *)&address,
                                      sizeof address));
    must("asking", local_port(listener, &number));
    address.sin_port = (unsigned short)(number << 8 | number >> 8);
    must("AcceptEx", load_accept_ex(listener, &accept_ex));
    must("associating", associate_socket(port, listener, 0));
}

static void start(Accept *accept)
{
    accept->overlapped = (OVERLAPPED){0};
    DWORD error = start_accept(accept_ex, listener, accept->socket,
                               accept->addresses, SIZE, &accept->overlapped);
    must("accepting", error == WSA_IO_PENDING ? 0 : error);
}

static void start_new(Accept *accept)
{
    must("a socket", open_socket(AF_INET, &accept->socket));
    start(accept);
}

static SOCKET knock(void)
{
    SOCKET s;
    must("a socket", open_socket(AF_INET, &s));
    must("connecting",
         (DWORD)connect(s, (struct sockaddr *)&address, sizeof address));
    return s;
}

/* The accept whose packet comes, and how it ended; NULL if none does. */
static Accept *next(DWORD timeout, DWORD *error)
{
    OVERLAPPED_ENTRY packet;
    ULONG count;
    if (get_queued_completion_status_ex(port, &packet, 1, &count, timeout) != 0)
        return NULL;
    *error = wsa_get_overlapped_result(listener, packet.lpOverlapped);
    return (Accept *)packet.lpOverlapped;
}

static unsigned long connected_for(SOCKET s)
{
    unsigned long seconds = 0;
    int size = sizeof seconds;
    must("asking", (DWORD)getsockopt(s, SOL_SOCKET, SO_CONNECT_TIME_,
                                     (char *)&seconds, &size));
    return seconds;
}

/* Whether what the client says comes out of the accepted socket. */
static BOOL meets(SOCKET client, Accept *accept)
{
    char text[4] = "";
    must("updating", update_accept_context(accept->socket, listener));
    send(client, "abc", 3, 0);
    return recv(accept->socket, text, sizeof text, 0) == 3;
}

static void taken_back(void)
{
    static Accept first, second;
    DWORD error;
    start_new(&first);
    start_new(&second);
    is(connected_for(first.socket), 0xFFFFFFFF, "nobody is connected yet");
    ok(CancelIoEx((HANDLE)listener, &first.overlapped),
       "an accept is cancelled");
    ok(next(SOON, &error) == &first, "its packet comes");
    is(error, ABORTED, "with 995");
    ok(next(QUIET, &error) == NULL, "that of the other one does not");
    ok(!CancelIoEx((HANDLE)listener, &first.overlapped) &&
           GetLastError() == NOT_FOUND,
       "there is nothing to cancel any more");
    start(&first);
    SOCKET one = knock();
    ok(next(SOON, &error) == &second && error == 0,
       "the first client goes to the other one");
    SOCKET two = knock();
    ok(next(SOON, &error) == &first && error == 0,
       "the second to the socket that is used again");
    ok(meets(one, &second) && meets(two, &first),
       "and both are what they seem");
    ok(connected_for(first.socket) < 60, "connected for %lu s",
       connected_for(first.socket));
    close_socket(one);
    close_socket(two);
    close_socket(first.socket);
    close_socket(second.socket);
}

static void closed_under_it(void)
{
    static Accept first, second;
    DWORD error = 0;
    start_new(&first);
    start_new(&second);
    close_socket(first.socket);
    ok(next(SOON, &error) == &first && error != 0,
       "an accept whose socket is closed ends: %lu", error);
    SOCKET client = knock();
    ok(next(SOON, &error) == &second && error == 0, "and swallows no client");
    ok(meets(client, &second), "who goes to the next");
    close_socket(client);
    close_socket(second.socket);
}

int main(void)
{
    set_up();
    taken_back();
    closed_under_it();
    close_socket(listener);
    close_handle(port);
    wsa_cleanup();
    return done_testing();
}
