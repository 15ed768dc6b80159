/* A site on the loopback whose connections we hold both ends of: the near end
   is a TcpStream, the far end a plain socket that does whatever a test wants of
   its peer. One poll and one registrator serve them all. */
#ifndef PEERS_H
#define PEERS_H

#include <stdio.h>
#include <string.h>

#include "poll.h"
#include "tap.h"
#include "tcpstream.h"

#if STEP >= 9
#include "economy.h"
#endif

#if STEP <= 6
#include "loopback.h"
#endif

#define SO_LINGER 0x0080
#define SO_SNDBUF 0x1001
#define SO_RCVBUF 0x1002
#define SO_RCVTIMEO 0x1006
#if STEP <= 5
#define SD_SEND 1
#endif
#ifndef STATUS_PENDING
#define STATUS_PENDING 0x103
#endif

struct linger {
    unsigned short l_onoff;
    unsigned short l_linger;
};

int WINAPI shutdown(SOCKET s, int how);
int WINAPI send(SOCKET s, const char *buf, int len, int flags);
unsigned long long WINAPI GetTickCount64(void);
void WINAPI Sleep(DWORD dwMilliseconds);

/* What one read brings at most. */
#if STEP >= 6
enum { READ_SIZE = CONNECTION_BUFFER };
#else
enum { READ_SIZE = OPERATION_BUFFER };
#endif

/* What later steps have no more use for. */
#if STEP >= 7
int WINAPI connect(SOCKET s, const struct sockaddr *name, int namelen);
SOCKET WINAPI accept(SOCKET s, struct sockaddr *addr, int *addrlen);
int WINAPI recv(SOCKET s, char *buf, int len, int flags);
ULONG WINAPI htonl(ULONG hostlong);

static inline DWORD loopback_listen(SOCKET *s, struct sockaddr_in *address)
{
    int size = sizeof *address;
    *address = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_addr = htonl(0x7F000001)};
    DWORD error = open_socket(AF_INET, s);
    if (error == 0)
        error =
            bind_and_listen(*s, (struct sockaddr *)address, sizeof *address);
    if (error == 0)
        error = (DWORD)getsockname(*s, (struct sockaddr *)address, &size);
    return error;
}
#endif

#if STEP >= 6
static inline DWORD send_all(SOCKET s, const char *data, size_t size)
{
    for (int sent; size > 0; data += sent, size -= (size_t)sent)
        if ((sent = send(s, data, (int)size, 0)) < 0)
            return (DWORD)WSAGetLastError();
    return 0;
}
#endif

/* How long a test waits for what must come, and for what must not. */
enum { PATIENCE = 10000, A_WHILE = 50 };

static Poll poll;
static Registrator registrator;
static SOCKET listener;
static char port[6];

/* Something a test stands on: if it fails, nothing that follows makes sense. */
static inline void must(const char *what, DWORD error)
{
    if (error != 0) {
        printf("# %s: error %lu\n", what, error);
        bail(what);
    }
}

static inline void set_up(void)
{
    struct sockaddr_in address;
#if STEP >= 9
    /* So that it shows what is not freed, or freed too early. */
    economy.spares = 0;
#endif
    must("starting Winsock", wsa_startup());
    must("listening", loopback_listen(&listener, &address));
    snprintf(port, sizeof port, "%u", ntohs(address.sin_port));
    must("creating the poll", poll_create(&poll));
    must("making a registrator", poll_registrator(&poll, &registrator));
}

/* The end of every test: with all streams closed nothing may hold the poll. */
static inline void tear_down(void)
{
    is(poll.loop->selector.open, 0, "no stream is left open");
    is(poll_destroy(&poll), 0, "the poll is destroyed");
    is(registrator.loop->selector.lent, 0, "nothing is left with the system");
    is(registrator_release(&registrator), 0, "the registrator is released");
    close_socket(listener);
    wsa_cleanup();
}

/* Wine 8 forgets a reset that comes while no read waits for it, and reports the
   end of the stream in its place. Windows never does. */
void *WINAPI GetModuleHandleA(const char *lpModuleName);
void *WINAPI GetProcAddress(void *hModule, const char *lpProcName);
static inline void is_reset(DWORD error, const char *name)
{
    void *ntdll = GetModuleHandleA("ntdll.dll");
    if (error == 0 && GetProcAddress(ntdll, "wine_get_version") != NULL)
        ok(1, "%s # SKIP Wine forgot the reset", name);
    else
        is(error, WSAECONNRESET, "%s", name);
}

/* The next event; waits through the empty batches that closed streams leave. */
static inline Event next_event(void)
{
    Event event = {0};
    Events events = {.list = &event, .capacity = 1};
    unsigned long long end = GetTickCount64() + PATIENCE;
    while (events.count == 0 && GetTickCount64() < end)
        must("waiting", poll_wait(&poll, &events, PATIENCE));
    must("an event that must come", events.count == 1 ? 0 : WAIT_TIMEOUT);
    return event;
}

#if STEP >= 7
/* Connects and waits for it; the poll must have no other events to tell. */
static inline DWORD connect_stream(TcpStream *stream, const char *host,
                                   const char *to)
{
    DWORD error = tcp_stream_connect(stream, &registrator, ~(Token)0, host, to);
    if (error != 0)
        return error;
    error = next_event().error;
    if (error != 0)
        tcp_stream_close(stream);
    return error;
}
#else
static inline DWORD connect_stream(TcpStream *stream, const char *host,
                                   const char *to)
{
    return tcp_stream_connect(stream, host, to);
}
#endif

/* Connects a stream and returns the far end, whose reads end in time. */
static inline SOCKET meet(TcpStream *stream)
{
#if STEP >= 7
    struct sockaddr_in address;
    int size = sizeof address;
    SOCKET near_end;
    getsockname(listener, (struct sockaddr *)&address, &size);
    must("making a socket", open_socket(AF_INET, &near_end));
    must("connecting",
         (DWORD)connect(near_end, (struct sockaddr *)&address, size));
    must("making a stream", tcp_stream_adopt(stream, near_end));
#else
    must("connecting", tcp_stream_connect(stream, "127.0.0.1", port));
#endif
    SOCKET far_end = accept(listener, NULL, NULL);
    must("accepting", far_end == INVALID_SOCKET ? WSAENOTSOCK : 0);
    DWORD patience = PATIENCE;
    setsockopt(far_end, SOL_SOCKET, SO_RCVTIMEO, (char *)&patience,
               sizeof patience);
    return far_end;
}

/* Closes so that the peer is told of an error, not of an end. */
static inline void reset(SOCKET s)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    must("lingering", (DWORD)setsockopt(s, SOL_SOCKET, SO_LINGER,
                                        (char *)&linger, sizeof linger));
    close_socket(s);
}

static inline void say(SOCKET s, const char *text)
{
    must("sending", send_all(s, text, strlen(text)));
}

static inline DWORD await(TcpStream *stream, Token token)
{
    return tcp_stream_register(stream, &registrator, token, READABLE);
}

/* Writes it all, waiting where it must. */
#if STEP >= 6
static inline DWORD write_bytes(TcpStream *stream, const char *data,
                                size_t size)
{
    DWORD error = 0, count;
    while (size > 0) {
        error = tcp_stream_write(stream, data, size, &count);
        data += count;
        size -= count;
        if (error == WSAEWOULDBLOCK)
            error = tcp_stream_register(stream, &registrator, 0, WRITABLE);
        else if (error == 0)
            continue;
        if (error == 0)
            error = next_event().error;
        if (error != 0)
            break;
    }
    return error;
}

/* The stream of a socket that is connected. */
static inline DWORD adopt(TcpStream *stream, SOCKET s)
{
    return connection_new(s, &stream->connection);
}

static inline SOCKET socket_of(const TcpStream *stream)
{
    return stream->connection->source.socket;
}
#else
static inline DWORD write_bytes(TcpStream *stream, const char *data,
                                size_t size)
{
    return tcp_stream_write(stream, data, size);
}

static inline SOCKET socket_of(const TcpStream *stream)
{
    return stream->operation->socket;
}
#endif

/* Whether no event comes for a while. */
static inline int silence(void)
{
    Event event;
    Events events = {.list = &event, .capacity = 1};
    unsigned long long end = GetTickCount64() + A_WHILE;
    while (GetTickCount64() < end) {
        must("waiting", poll_wait(&poll, &events, A_WHILE));
        if (events.count > 0)
            return 0;
    }
    return 1;
}

/* Waits until the system has finished with a read, but leaves its packet in the
   queue. This looks where only a test may look. */
static inline void let_it_finish(TcpStream *stream)
{
#if STEP >= 6
    Operation *operation = &stream->connection->reading;
#else
    Operation *operation = stream->operation;
#endif
    volatile ULONG_PTR *status = &operation->overlapped.Internal;
    unsigned long long end = GetTickCount64() + PATIENCE;
    while (*status == STATUS_PENDING && GetTickCount64() < end)
        Sleep(1);
    must("a read that must finish", *status == STATUS_PENDING);
    Sleep(20);
}

/* The byte at one place of a long content: runs of it look alike nowhere, so a
   byte lost, doubled or out of its place shows. */
static inline unsigned char content(unsigned long long place)
{
    unsigned mixed = ((unsigned)place + 1) * 2654435761u;
    return (unsigned char)((mixed ^ mixed >> 15) * 2246822519u >> 24);
}

static inline void fill(char *buffer, size_t size, unsigned long long place)
{
    for (size_t i = 0; i < size; i++)
        buffer[i] = (char)content(place + i);
}

/* The first byte of the buffer that is not in its place; size if all are. */
static inline size_t first_wrong(const char *buffer, size_t size,
                                 unsigned long long place)
{
    size_t i = 0;
    while (i < size && (unsigned char)buffer[i] == content(place + i))
        i++;
    return i;
}

#endif
