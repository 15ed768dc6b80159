#include "udpsocket.h"

#include <stdlib.h>
#include <string.h>

#include "registration.h"

typedef struct Datagrams {
    Source source; /* stays first; its lock is for all of this */
    Operation reading;
    int family;
    Address from;  /* lent with the buffer while reading is in flight, */
    int from_size; /* and so is this */
    Address peer;  /* family 0 if it isn't connected */
    BOOL has_read; /* a datagram or an error waits to be received */
    DWORD arrived;
    DWORD read_error;
    DWORD send_error; /* of one that was in flight: not told yet */
    DWORD unsent;     /* bytes that the system still has */
    /* A shorter one would cut datagrams, and one of none eat them. */
    char buffer[UDP_MARK];
} Datagrams;

/* One that is being sent. */
typedef struct Datagram {
    Operation operation; /* stays first */
    Datagrams *datagrams;
    Address to;
    DWORD size;
    char data[];
} Datagram;

static void destroy(Source *source)
{
    free(source);
}

static size_t address_size(const Address *address)
{
    return address->any.sa_family == AF_INET6 ? sizeof address->v6
                                              : sizeof address->v4;
}

BOOL is_same_address(const Address *a, const Address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return FALSE;
    if (a->any.sa_family == AF_INET)
        return a->v4.sin_port == b->v4.sin_port &&
               a->v4.sin_addr == b->v4.sin_addr;
    return a->v6.sin6_port == b->v6.sin6_port &&
           memcmp(a->v6.sin6_addr, b->v6.sin6_addr, sizeof a->v6.sin6_addr) ==
               0;
}

/* A datagram that was on its way to us when we chose another peer. */
static BOOL is_of_a_stranger(const Datagrams *datagrams)
{
    return datagrams->peer.any.sa_family != 0 &&
           !is_same_address(&datagrams->from, &datagrams->peer);
}

static void tell_readable(Datagrams *datagrams)
{
    datagrams->has_read = TRUE;
    registration_changed(&datagrams->source, datagrams->read_error == 0
                                                 ? READABLE
                                                 : READABLE | FAILED);
}

/* Starts a read, unless there is one or its datagram. */
static void read_ahead(Datagrams *datagrams)
{
    Source *source = &datagrams->source;
    Operation *reading = &datagrams->reading;
    if (reading->in_flight || datagrams->has_read ||
        source->registration == NULL)
        return;
    source_lend(source, reading);
    datagrams->from_size = sizeof datagrams->from;
    datagrams->read_error = source_started(
        source, reading,
        wsa_recv_from(source->socket, datagrams->buffer,
                      sizeof datagrams->buffer, &datagrams->from.any,
                      &datagrams->from_size, &reading->overlapped),
        0);
    if (datagrams->read_error != 0) {
        datagrams->arrived = 0;
        tell_readable(datagrams);
    }
}

static BOOL on_arrived(Operation *operation, DWORD bytes, Event *event)
{
    Datagrams *datagrams =
        (Datagrams *)((char *)operation - offsetof(Datagrams, reading));
    DWORD error;
    (void)event;
    if (source_enter(&datagrams->source, operation, &error)) {
        datagrams->arrived = error == 0 || error == WSAEMSGSIZE ? bytes : 0;
        datagrams->read_error = error;
        if (error == 0 && is_of_a_stranger(datagrams))
            read_ahead(datagrams);
        else
            tell_readable(datagrams);
    }
    source_leave(&datagrams->source);
    return FALSE;
}

static BOOL has_room(const Datagrams *datagrams)
{
    return datagrams->unsent <= UDP_MARK / 2;
}

static BOOL on_sent(Operation *operation, DWORD bytes, Event *event)
{
    Datagram *datagram = (Datagram *)operation;
    Datagrams *datagrams = datagram->datagrams;
    DWORD error;
    (void)bytes;
    (void)event;
    if (source_enter(&datagrams->source, operation, &error)) {
        BOOL had_room = has_room(datagrams);
        datagrams->unsent -= datagram->size;
        if (error != 0) {
            datagrams->send_error = error;
            registration_changed(&datagrams->source, WRITABLE | FAILED);
        } else if (!had_room && has_room(datagrams)) {
            registration_changed(&datagrams->source, WRITABLE);
        }
    }
    free(datagram);
    source_leave(&datagrams->source);
    return FALSE;
}

static void look(Source *source, Event *event)
{
    const Datagrams *datagrams = (Datagrams *)source;
    if (datagrams->has_read)
        event->ready |= READABLE;
    if (has_room(datagrams) || datagrams->send_error != 0)
        event->ready |= WRITABLE;
    event->error = datagrams->send_error;
    if (datagrams->has_read && datagrams->read_error != 0)
        event->error = datagrams->read_error;
    if (event->error != 0)
        event->ready |= FAILED;
}

static void start(Source *source)
{
    read_ahead((Datagrams *)source);
}

Source *udp_socket_source(const UdpSocket *socket)
{
    /* It begins with it. */
    return (Source *)socket->datagrams;
}

/* The first address of the name. */
static DWORD resolve(const char *host, const char *port, int family,
                     Address *address)
{
    const struct addrinfo hints = {
        .ai_flags = AI_PASSIVE, .ai_family = family, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *first;
    DWORD error = (DWORD)getaddrinfo(host, port, &hints, &first);
    *address = (Address){{0}};
    if (error != 0)
        return error;
    memcpy(address, first->ai_addr, first->ai_addrlen);
    freeaddrinfo(first);
    return 0;
}

static DWORD bind_to(Datagrams *datagrams, const char *host, const char *port)
{
    Address address;
    SOCKET s;
    DWORD error = resolve(host, port, host == NULL ? AF_INET : 0, &address);
    if (error == 0)
        error = open_datagram_socket(address.any.sa_family, &s);
    if (error != 0)
        return error;
    datagrams->family = address.any.sa_family;
    datagrams->source.socket = s;
    return bind_alone(s, &address.any, address_size(&address));
}

DWORD udp_socket_open(UdpSocket *socket, Registrator *registrator,
                      const char *host, const char *port)
{
    static const Kind kind = {
        FALSE, look, start, wsa_get_overlapped_result, close_socket, destroy};
    Datagrams *new = calloc(1, sizeof *new);
    *socket = (UdpSocket){new};
    if (new == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    source_init(&new->source, INVALID_SOCKET, &kind);
    new->reading.completed = on_arrived;
    DWORD error = bind_to(new, host, port);
    if (error == 0) {
        source_lock(&new->source);
        error = registrator_attach(registrator, &new->source);
        source_unlock(&new->source);
    }
    if (error != 0)
        udp_socket_close(socket);
    return error;
}

DWORD udp_socket_port(UdpSocket *socket, unsigned short *port)
{
    if (socket->datagrams == NULL)
        return WSAENOTSOCK;
    return local_port(socket->datagrams->source.socket, port);
}

DWORD udp_socket_connect(UdpSocket *socket, const char *host, const char *port)
{
    Datagrams *datagrams = socket->datagrams;
    Address peer;
    if (datagrams == NULL)
        return WSAENOTSOCK;
    DWORD error = resolve(host, port, datagrams->family, &peer);
    if (error != 0)
        return error;
    source_lock(&datagrams->source);
    error = connect_datagrams(datagrams->source.socket, &peer.any,
                              address_size(&peer));
    if (error == 0)
        datagrams->peer = peer;
    if (datagrams->has_read && is_of_a_stranger(datagrams)) {
        datagrams->has_read = FALSE;
        read_ahead(datagrams);
    }
    source_unlock(&datagrams->source);
    return error;
}

/* With the lock held. */
static DWORD copy_arrived(const Datagrams *datagrams, char *buffer, DWORD size,
                          DWORD *count, Address *from)
{
    if (!datagrams->has_read)
        return WSAEWOULDBLOCK;
    *count = datagrams->arrived < size ? datagrams->arrived : size;
    memcpy(buffer, datagrams->buffer, *count);
    if (from != NULL)
        *from = datagrams->from;
    if (datagrams->read_error == 0 && size < datagrams->arrived)
        return WSAEMSGSIZE;
    return datagrams->read_error;
}

static DWORD receive(UdpSocket *socket, char *buffer, DWORD size, DWORD *count,
                     Address *from, BOOL keep)
{
    Datagrams *datagrams = socket->datagrams;
    *count = 0;
    if (datagrams == NULL)
        return WSAENOTSOCK;
    source_lock(&datagrams->source);
    DWORD error = copy_arrived(datagrams, buffer, size, count, from);
    if (!keep) {
        datagrams->has_read = FALSE;
        read_ahead(datagrams);
    }
    source_unlock(&datagrams->source);
    return error;
}

DWORD udp_socket_receive(UdpSocket *socket, char *buffer, DWORD size,
                         DWORD *count, Address *from)
{
    return receive(socket, buffer, size, count, from, FALSE);
}

DWORD udp_socket_peek(UdpSocket *socket, char *buffer, DWORD size, DWORD *count,
                      Address *from)
{
    return receive(socket, buffer, size, count, from, TRUE);
}

/* With the lock held. Why no datagram of this size may be sent now, or 0. */
static DWORD refusal(Datagrams *datagrams, DWORD size, const Address *to)
{
    DWORD error = datagrams->send_error;
    datagrams->send_error = 0;
    if (error != 0)
        return error;
    if (size > UDP_LONGEST)
        return WSAEMSGSIZE;
    if (to == NULL && datagrams->peer.any.sa_family == 0)
        return WSAENOTCONN;
    if (datagrams->unsent > 0 && datagrams->unsent + size > UDP_MARK)
        return WSAEWOULDBLOCK;
    return 0;
}

/* With the lock held. */
static DWORD start_send(Datagrams *datagrams, const char *data, DWORD size,
                        const Address *to)
{
    Source *source = &datagrams->source;
    Datagram *datagram = malloc(sizeof *datagram + size);
    if (datagram == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    *datagram = (Datagram){.operation.completed = on_sent,
                           .datagrams = datagrams,
                           .to = to != NULL ? *to : datagrams->peer,
                           .size = size};
    memcpy(datagram->data, data, size);
    source_lend(source, &datagram->operation);
    DWORD error =
        source_started(source, &datagram->operation,
                       wsa_send_to(source->socket, datagram->data, size,
                                   to != NULL ? &datagram->to.any : NULL,
                                   to != NULL ? address_size(to) : 0,
                                   &datagram->operation.overlapped),
                       0);
    if (error == 0)
        datagrams->unsent += size;
    else
        free(datagram);
    return error;
}

DWORD udp_socket_send(UdpSocket *socket, const char *data, DWORD size,
                      const Address *to)
{
    Datagrams *datagrams = socket->datagrams;
    if (datagrams == NULL)
        return WSAENOTSOCK;
    source_lock(&datagrams->source);
    DWORD error = refusal(datagrams, size, to);
    if (error == 0)
        error = start_send(datagrams, data, size, to);
    source_unlock(&datagrams->source);
    return error;
}

DWORD udp_socket_close(UdpSocket *socket)
{
    Datagrams *datagrams = socket->datagrams;
    if (datagrams == NULL)
        return WSAENOTSOCK;
    socket->datagrams = NULL;
    return source_close(&datagrams->source);
}
