/* A site on the loopback whose connections we hold both ends of: the near end
   is a TcpStream, the far end a plain socket that does whatever a test wants of
   its peer. One poll and one registrator serve them all. */
#ifndef PEERS_H
#define PEERS_H

#include <stdio.h>
#include <string.h>

#include "loopback.h"
#include "poll.h"
#include "tap.h"
#include "tcpstream.h"

#define SO_LINGER 0x0080
#define SO_SNDBUF 0x1001
#define SO_RCVBUF 0x1002
#define SO_RCVTIMEO 0x1006
#define SD_SEND 1
#define STATUS_PENDING 0x103

struct linger {
    unsigned short l_onoff;
    unsigned short l_linger;
};

int WINAPI shutdown(SOCKET s, int how);

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

/* Connects a stream and returns the far end, whose reads end in time. */
static inline SOCKET meet(TcpStream *stream)
{
    must("connecting", tcp_stream_connect(stream, "127.0.0.1", port));
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
    volatile ULONG_PTR *status = &stream->operation->overlapped.Internal;
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
