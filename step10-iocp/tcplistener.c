#include "tcplistener.h"

#include <stdlib.h>
#include <string.h>

enum {
    ADDRESS_SIZE = sizeof(struct sockaddr_in6) + 16, /* as AcceptEx wants it */
    RETRY = 1000                                     /* milliseconds */
};

/* One connection that is accepted, or to be accepted. */
typedef struct Slot {
    Operation operation; /* stays first */
    struct Listener *listener;
    SOCKET socket;     /* INVALID_SOCKET if the slot is idle */
    struct Slot *next; /* of those that are ready */
    char addresses[2 * ADDRESS_SIZE];
} Slot;

typedef struct Listener {
    Source source; /* stays first; its lock is for all of this */
    Token token;
    int family;
    ACCEPT_EX accept_ex;
    Timer retry; /* of what failed for want of something */
    Slot *ready; /* in the order in which the clients came */
    Slot **last;
    Slot slots[TCP_LISTENER_ACCEPTS];
} Listener;

static void close_slot(Slot *slot)
{
    if (slot->socket != INVALID_SOCKET)
        close_socket(slot->socket);
    slot->socket = INVALID_SOCKET;
}

static void destroy(Source *source)
{
    Listener *listener = (Listener *)source;
    for (int i = 0; i < TCP_LISTENER_ACCEPTS; i++)
        close_slot(&listener->slots[i]);
    free(listener);
}

/* Puts an idle slot's accept in flight. After an error it is still idle. */
static DWORD start_slot(Slot *slot)
{
    Listener *listener = slot->listener;
    Source *source = &listener->source;
    DWORD error = open_socket(listener->family, &slot->socket);
    if (error != 0)
        return error;
    source_lend(source, &slot->operation);
    error = start_accept(listener->accept_ex, source->socket, slot->socket,
                         slot->addresses, ADDRESS_SIZE,
                         &slot->operation.overlapped);
    error = source_started(source, &slot->operation, error, 0);
    if (error != 0)
        close_slot(slot);
    return error;
}

static void try_later(Listener *listener)
{
    source_set_timer(&listener->source, &listener->retry, RETRY);
}

/* Starts what is idle. An error only if nothing is in flight after that: then it
   will be tried again. */
static DWORD start_idle(Listener *listener)
{
    DWORD error = 0;
    BOOL some = FALSE;
    for (int i = 0; i < TCP_LISTENER_ACCEPTS; i++) {
        Slot *slot = &listener->slots[i];
        if (slot->socket == INVALID_SOCKET && error == 0)
            error = start_slot(slot);
        some = some || slot->operation.in_flight;
    }
    if (some || listener->ready != NULL)
        return 0;
    try_later(listener);
    return error;
}

static BOOL on_retry(Timer *timer, Event *event)
{
    Listener *listener =
        (Listener *)((char *)timer - offsetof(Listener, retry));
    BOOL told = FALSE;
    if (source_enter_timer(&listener->source, timer)) {
        DWORD error = start_idle(listener);
        told = error != 0 || listener->ready != NULL;
        if (told)
            *event = (Event){
                .token = listener->token, .ready = READABLE, .error = error};
    }
    source_leave_timer(&listener->source);
    return told;
}

static void make_ready(Slot *slot)
{
    Listener *listener = slot->listener;
    slot->next = NULL;
    *listener->last = slot;
    listener->last = &slot->next;
}

/* Whether an accept failed because of its client. */
static BOOL has_gone(DWORD error)
{
    return error == WSAECONNRESET || error == WSAECONNABORTED;
}

static BOOL on_accepted(Operation *operation, DWORD bytes, Event *event)
{
    Slot *slot = (Slot *)operation;
    Listener *listener = slot->listener;
    DWORD error;
    (void)bytes;
    BOOL wanted = source_enter(&listener->source, operation, &error);
    if (wanted) {
        if (error == 0 &&
            update_accept_context(slot->socket, listener->source.socket) == 0) {
            make_ready(slot);
        } else {
            close_slot(slot);
            /* A client has gone, and the next one is as welcome. But what fails
               for want of something would at once fail again. */
            if (error == 0 || has_gone(error))
                error = start_idle(listener);
            else
                try_later(listener);
            wanted = error != 0;
        }
    }
    if (wanted)
        *event = (Event){
            .token = listener->token, .ready = READABLE, .error = error};
    source_leave(&listener->source);
    return wanted;
}

/* Makes the socket and has it listen. */
static DWORD listen_on(Listener *listener, const char *host, const char *port)
{
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE,
                                   .ai_family = host == NULL ? AF_INET : 0,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *address;
    SOCKET s;
    DWORD error = (DWORD)getaddrinfo(host, port, &hints, &address);
    if (error != 0)
        return error;
    listener->family = address->ai_family;
    error = open_socket(address->ai_family, &s);
    if (error == 0) {
        listener->source.socket = s;
        error = bind_and_listen(s, address->ai_addr, address->ai_addrlen);
    }
    freeaddrinfo(address);
    if (error == 0)
        error = load_accept_ex(s, &listener->accept_ex);
    return error;
}

static Listener *listener_new(Token token)
{
    Listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL)
        return NULL;
    source_init(&listener->source, INVALID_SOCKET, destroy);
    listener->token = token;
    listener->retry.expired = on_retry;
    listener->last = &listener->ready;
    for (int i = 0; i < TCP_LISTENER_ACCEPTS; i++)
        listener->slots[i] = (Slot){.operation.completed = on_accepted,
                                    .listener = listener,
                                    .socket = INVALID_SOCKET};
    return listener;
}

DWORD tcp_listener_open(TcpListener *listener, Registrator *registrator,
                        Token token, const char *host, const char *port)
{
    Listener *new = listener_new(token);
    *listener = (TcpListener){new};
    if (new == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = listen_on(new, host, port);
    if (error == 0) {
        source_lock(&new->source);
        error = registrator_attach(registrator, &new->source);
        if (error == 0)
            error = start_idle(new);
        source_unlock(&new->source);
    }
    if (error != 0)
        tcp_listener_close(listener);
    return error;
}

DWORD tcp_listener_port(TcpListener *listener, unsigned short *port)
{
    if (listener->listener == NULL)
        return WSAENOTSOCK;
    return local_port(listener->listener->source.socket, port);
}

/* With the lock held. */
static DWORD take_ready(Listener *listener, TcpStream *stream)
{
    Slot *slot = listener->ready;
    DWORD error = start_idle(listener);
    if (slot == NULL)
        return error != 0 ? error : WSAEWOULDBLOCK;
    error = tcp_stream_adopt(stream, slot->socket);
    if (error != 0) {
        try_later(listener);
        return error;
    }
    listener->ready = slot->next;
    if (listener->ready == NULL)
        listener->last = &listener->ready;
    slot->socket = INVALID_SOCKET;
    start_idle(listener);
    return 0;
}

DWORD tcp_listener_accept(TcpListener *listener, TcpStream *stream)
{
    Listener *own = listener->listener;
    *stream = (TcpStream){0};
    if (own == NULL)
        return WSAENOTSOCK;
    source_lock(&own->source);
    DWORD error = take_ready(own, stream);
    source_unlock(&own->source);
    return error;
}

DWORD tcp_listener_close(TcpListener *listener)
{
    Listener *own = listener->listener;
    if (own == NULL)
        return WSAENOTSOCK;
    listener->listener = NULL;
    source_lock(&own->source);
    own->source.closed = TRUE; /* so nobody sets the timer anew */
    source_clear_timer(&own->source, &own->retry);
    source_unlock(&own->source);
    return source_close(&own->source);
}
