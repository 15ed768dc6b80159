/* What sources.h has for Windows, for Linux: the same names over epoll, as much
   of them as a program in one file, or few, needs. Here readiness is the system's
   own: no buffer is lent, nothing is in flight, so there is little to write.
   https://man7.org/linux/man-pages/man7/epoll.7.html */
#ifndef EPOLL_H
#define EPOLL_H

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <wchar.h>

typedef int BOOL;
typedef uint32_t DWORD;
typedef uint32_t ULONG;
typedef uintptr_t Token;

#define FALSE 0
#define TRUE 1
#define INFINITE 0xFFFFFFFF
#define WINAPI
/* Errors are errno's. */
#define ERROR_INVALID_PARAMETER EINVAL
#define WSAEWOULDBLOCK EAGAIN
#define WSAECONNABORTED ECONNABORTED
#define WSAETIMEDOUT ETIMEDOUT

typedef enum Interests {
    READABLE = 1,
    WRITABLE = 2,
    NOTIFIED = 4,
    READ_CLOSED = 8,
    FAILED = 16
} Interests;
typedef enum Mode { EDGE, LEVEL, ONE_SHOT } Mode;

typedef struct Event {
    Token token;
    Interests ready;
    DWORD bytes;
    DWORD error;
} Event;

typedef struct Events {
    Event *list;
    ULONG capacity;
    ULONG count;
} Events;

typedef struct Source {
    int fd;
    Token token;
    BOOL waits; /* a pipe's server, for its client */
} Source;

typedef struct Poll {
    int epoll;
} Poll;
typedef struct Registrator {
    int epoll;
} Registrator;
typedef struct TcpStream {
    Source *source;
} TcpStream;
typedef TcpStream TcpListener, UdpSocket, NamedPipe, Waker;

typedef union Address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} Address;

static inline DWORD error_unless(BOOL succeeded)
{
    return succeeded ? 0 : (DWORD)errno;
}

static inline DWORD wsa_startup(void)
{
    return error_unless(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
}

static inline DWORD wsa_cleanup(void)
{
    return 0;
}

static BOOL (*ctrl_c_handler)(DWORD);

static inline void call_ctrl_c_handler(int number)
{
    (void)number;
    ctrl_c_handler(0);
}

static inline DWORD catch_ctrl_c(BOOL (*handler)(DWORD))
{
    ctrl_c_handler = handler;
    return error_unless(signal(SIGINT, call_ctrl_c_handler) != SIG_ERR);
}

/* Takes the descriptor over. */
static inline DWORD source_new(int fd, Source **source)
{
    *source = NULL;
    if (fd < 0)
        return (DWORD)errno;
    *source = calloc(1, sizeof **source);
    if (*source == NULL) {
        close(fd);
        return ENOMEM;
    }
    (*source)->fd = fd;
    return 0;
}

static inline DWORD source_close(Source **source)
{
    DWORD error = error_unless(close((*source)->fd) == 0);
    free(*source);
    *source = NULL;
    return error;
}

static inline DWORD poll_create(Poll *poll)
{
    poll->epoll = epoll_create1(EPOLL_CLOEXEC);
    return error_unless(poll->epoll >= 0);
}

static inline DWORD poll_registrator(Poll *poll, Registrator *registrator)
{
    registrator->epoll = poll->epoll;
    return 0;
}

static inline DWORD registrator_release(Registrator *registrator)
{
    (void)registrator;
    return 0;
}

static inline DWORD poll_destroy(Poll *poll)
{
    return error_unless(close(poll->epoll) == 0);
}

static inline DWORD poll_control(Poll *poll, int operation, Source *source,
                                 Token token, Interests interests, Mode mode)
{
    struct epoll_event event = {.data.ptr = source};
    if (interests & READABLE)
        event.events |= EPOLLIN | EPOLLRDHUP;
    if (interests & WRITABLE) /* a client that waits to be accepted is read */
        event.events |= source->waits ? EPOLLIN : EPOLLOUT;
    if (mode == EDGE)
        event.events |= EPOLLET;
    if (mode == ONE_SHOT)
        event.events |= EPOLLONESHOT;
    source->token = token;
    return error_unless(epoll_ctl(poll->epoll, operation, source->fd, &event) ==
                        0);
}

static inline DWORD poll_register(Poll *poll, Source *source, Token token,
                                  Interests interests, Mode mode)
{
    return poll_control(poll, EPOLL_CTL_ADD, source, token, interests, mode);
}

static inline DWORD poll_reregister(Poll *poll, Source *source, Token token,
                                    Interests interests, Mode mode)
{
    return poll_control(poll, EPOLL_CTL_MOD, source, token, interests, mode);
}

static inline DWORD poll_deregister(Poll *poll, Source *source)
{
    return poll_control(poll, EPOLL_CTL_DEL, source, 0, 0, EDGE);
}

/* A pipe's server becomes the connection of its client. */
static inline void pipe_accept(Poll *poll, Source *source)
{
    struct epoll_event event = {.events = EPOLLONESHOT, .data.ptr = source};
    int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    close(source->fd);
    source->fd = fd;
    source->waits = FALSE;
    epoll_ctl(poll->epoll, EPOLL_CTL_ADD, fd, &event);
}

static inline Event event_of(Poll *poll, const struct epoll_event *told)
{
    Source *source = told->data.ptr;
    int ready = 0, error = 0;
    socklen_t size = sizeof error;
    uint64_t wakes;
    if (source->waits) {
        pipe_accept(poll, source);
        return (Event){.token = source->token, .ready = WRITABLE};
    }
    if (told->events & EPOLLERR)
        getsockopt(source->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    ready |= told->events & EPOLLIN ? READABLE : 0;
    ready |= told->events & EPOLLOUT ? WRITABLE : 0;
    ready |= told->events & EPOLLRDHUP ? READ_CLOSED : 0;
    ready |= told->events & EPOLLERR ? FAILED : 0;
    /* Of what is registered, only a waker is no socket. */
    if (getsockopt(source->fd, SOL_SOCKET, SO_TYPE, &error, &size) != 0 &&
        read(source->fd, &wakes, sizeof wakes) > 0)
        ready = NOTIFIED;
    return (Event){.token = source->token,
                   .ready = (Interests)ready,
                   .error = ready & FAILED ? (DWORD)error : 0};
}

static inline DWORD poll_wait(Poll *poll, Events *events, DWORD timeout)
{
    struct epoll_event told[64];
    int room = events->capacity < 64 ? (int)events->capacity : 64;
    int count = epoll_wait(poll->epoll, told, room, (int)timeout);
    events->count = 0;
    for (int i = 0; i < count; i++)
        events->list[events->count++] = event_of(poll, &told[i]);
    return count < 0 && errno != EINTR ? (DWORD)errno : 0;
}

static inline DWORD waker_create(Waker *waker, Poll *poll, Token token)
{
    DWORD error =
        source_new(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), &waker->source);
    return error != 0
               ? error
               : poll_register(poll, waker->source, token, READABLE, LEVEL);
}

static inline DWORD waker_wake(Waker *waker)
{
    const uint64_t one = 1;
    return error_unless(write(waker->source->fd, &one, sizeof one) > 0);
}

static inline DWORD waker_close(Waker *waker)
{
    return source_close(&waker->source);
}

/* A socket bound or connected to the first address of the name. */
static inline DWORD
source_open(Source **source, int type, const char *host, const char *port,
            int (*use)(int, const struct sockaddr *, socklen_t))
{
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE,
                                   .ai_family = host == NULL ? AF_INET : 0,
                                   .ai_socktype = type};
    struct addrinfo *address;
    const int yes = 1;
    *source = NULL;
    if (getaddrinfo(host, port, &hints, &address) != 0)
        return EADDRNOTAVAIL;
    DWORD error = source_new(
        socket(address->ai_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
        source);
    if (error == 0) {
        setsockopt((*source)->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        error = error_unless(
            use((*source)->fd, address->ai_addr, address->ai_addrlen) == 0);
        if (error == EINPROGRESS)
            error = 0;
        if (error != 0)
            source_close(source);
    }
    freeaddrinfo(address);
    return error;
}

static inline DWORD source_port(const Source *source, unsigned short *port)
{
    Address address;
    socklen_t size = sizeof address;
    DWORD error =
        error_unless(getsockname(source->fd, &address.any, &size) == 0);
    *port = ntohs(address.v4.sin_port);
    return error;
}

static inline Source *tcp_stream_source(const TcpStream *stream)
{
    return stream->source;
}

static inline DWORD tcp_stream_connect(TcpStream *stream,
                                       Registrator *registrator, Token token,
                                       const char *host, const char *port)
{
    (void)registrator;
    (void)token;
    return source_open(&stream->source, SOCK_STREAM, host, port, connect);
}

static inline DWORD tcp_stream_read(TcpStream *stream, char *buffer, DWORD size,
                                    DWORD *count)
{
    ssize_t got = recv(stream->source->fd, buffer, size, 0);
    *count = got > 0 ? (DWORD)got : 0;
    return error_unless(got >= 0);
}

static inline DWORD tcp_stream_write(TcpStream *stream, const char *data,
                                     size_t size, DWORD *count)
{
    ssize_t put = send(stream->source->fd, data, size, 0);
    *count = put > 0 ? (DWORD)put : 0;
    return error_unless(put >= 0);
}

static inline DWORD tcp_stream_close(TcpStream *stream)
{
    return stream->source == NULL ? ENOTSOCK : source_close(&stream->source);
}

static inline Source *tcp_listener_source(const TcpListener *listener)
{
    return listener->source;
}

static inline DWORD tcp_listener_open(TcpListener *listener,
                                      Registrator *registrator, Token token,
                                      const char *host, const char *port)
{
    (void)registrator;
    (void)token;
    DWORD error = source_open(&listener->source, SOCK_STREAM, host, port, bind);
    if (error == 0)
        error = error_unless(listen(listener->source->fd, SOMAXCONN) == 0);
    return error;
}

static inline DWORD tcp_listener_port(TcpListener *listener,
                                      unsigned short *port)
{
    return source_port(listener->source, port);
}

static inline DWORD tcp_listener_accept(TcpListener *listener,
                                        TcpStream *stream)
{
    return source_new(
        accept4(listener->source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC),
        &stream->source);
}

static inline DWORD tcp_listener_close(TcpListener *listener)
{
    return tcp_stream_close(listener);
}

static inline Source *udp_socket_source(const UdpSocket *socket)
{
    return socket->source;
}

static inline DWORD udp_socket_open(UdpSocket *socket, Registrator *registrator,
                                    const char *host, const char *port)
{
    (void)registrator;
    return source_open(&socket->source, SOCK_DGRAM, host, port, bind);
}

static inline DWORD udp_socket_port(UdpSocket *socket, unsigned short *port)
{
    return source_port(socket->source, port);
}

static inline DWORD udp_socket_connect(UdpSocket *socket, const char *host,
                                       const char *port)
{
    Source *other;
    Address address;
    socklen_t size = sizeof address;
    DWORD error = source_open(&other, SOCK_DGRAM, host, port, connect);
    if (error != 0)
        return error;
    error = error_unless(getpeername(other->fd, &address.any, &size) == 0 &&
                         connect(socket->source->fd, &address.any, size) == 0);
    source_close(&other);
    return error;
}

static inline DWORD udp_socket_receive(UdpSocket *socket, char *buffer,
                                       DWORD size, DWORD *count, Address *from)
{
    Address unused;
    socklen_t from_size = sizeof unused;
    ssize_t got = recvfrom(socket->source->fd, buffer, size, MSG_TRUNC,
                           from != NULL ? &from->any : &unused.any, &from_size);
    *count = got < 0 ? 0 : got < size ? (DWORD)got : size;
    return got > size ? EMSGSIZE : error_unless(got >= 0);
}

static inline DWORD udp_socket_send(UdpSocket *socket, const char *data,
                                    DWORD size, const Address *to)
{
    socklen_t to_size =
        to == NULL
            ? 0
            : (to->any.sa_family == AF_INET ? sizeof to->v4 : sizeof to->v6);
    return error_unless(sendto(socket->source->fd, data, size, 0,
                               to == NULL ? NULL : &to->any, to_size) >= 0);
}

static inline DWORD udp_socket_close(UdpSocket *socket)
{
    return tcp_stream_close(socket);
}

static inline BOOL is_same_address(const Address *a, const Address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return FALSE;
    if (a->any.sa_family == AF_INET)
        return a->v4.sin_port == b->v4.sin_port &&
               a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
    return a->v6.sin6_port == b->v6.sin6_port &&
           memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr) ==
               0;
}

/* A named pipe is a socket of the Unix domain here, with an abstract name: what
   comes after the last backslash. */
static inline DWORD pipe_new(NamedPipe *pipe, const wchar_t *name,
                             struct sockaddr_un *address)
{
    const wchar_t *last = wcsrchr(name, L'\\');
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "%ls",
             last == NULL ? name : last + 1);
    return source_new(
        socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
        &pipe->source);
}

static inline Source *named_pipe_source(const NamedPipe *pipe)
{
    return pipe->source;
}

static inline DWORD named_pipe_close(NamedPipe *pipe)
{
    return tcp_stream_close(pipe);
}

static inline DWORD named_pipe_serve(NamedPipe *pipe, Registrator *registrator,
                                     const wchar_t *name, BOOL first)
{
    struct sockaddr_un address;
    DWORD error = pipe_new(pipe, name, &address);
    (void)registrator;
    (void)first;
    if (error != 0)
        return error;
    pipe->source->waits = TRUE;
    error = error_unless(bind(pipe->source->fd, (struct sockaddr *)&address,
                              sizeof address) == 0 &&
                         listen(pipe->source->fd, 1) == 0);
    if (error != 0)
        named_pipe_close(pipe);
    return error;
}

static inline DWORD named_pipe_open(NamedPipe *pipe, Registrator *registrator,
                                    const wchar_t *name)
{
    struct sockaddr_un address;
    DWORD error = pipe_new(pipe, name, &address);
    (void)registrator;
    if (error == 0)
        error =
            error_unless(connect(pipe->source->fd, (struct sockaddr *)&address,
                                 sizeof address) == 0);
    return error;
}

static inline DWORD named_pipe_read(NamedPipe *pipe, char *buffer, DWORD size,
                                    DWORD *count)
{
    return tcp_stream_read(pipe, buffer, size, count);
}

static inline DWORD named_pipe_write(NamedPipe *pipe, const char *data,
                                     size_t size, DWORD *count)
{
    return tcp_stream_write(pipe, data, size, count);
}

#endif
