#include "relay.h"

#include <stdlib.h>

enum { BATCH = 16 };

typedef struct End {
    struct Link *link;
    Operation *operation;
} End;

typedef struct Link {
    int number;
    BOOL ended;
    End ends[2];
} Link;

DWORD relay_open(Relay *relay, Ended *ended, void *context)
{
    relay->ended = ended;
    relay->context = context;
    return selector_open(&relay->selector);
}

static End *other_end(End *end)
{
    End *ends = end->link->ends;
    return end == &ends[0] ? &ends[1] : &ends[0];
}

/* The token of a read is the address of its end. */
static DWORD read_from(Relay *relay, End *end)
{
    return selector_register(&relay->selector, end->operation, (Token)end);
}

static void hang_up(Link *link)
{
    link->ended = TRUE;
    operation_close(link->ends[0].operation);
    operation_close(link->ends[1].operation);
    free(link);
}

/* An operation for this end; without one its socket is closed. */
static BOOL make_end(End *end, Link *link, SOCKET s)
{
    end->link = link;
    if (operation_new(s, &end->operation) == 0)
        return TRUE;
    close_socket(s);
    return FALSE;
}

static Link *link_new(SOCKET a, SOCKET b, int number)
{
    Link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        close_socket(a);
        close_socket(b);
        return NULL;
    }
    link->number = number;
    BOOL first = make_end(&link->ends[0], link, a);
    BOOL second = make_end(&link->ends[1], link, b);
    if (first && second)
        return link;
    if (first)
        operation_close(link->ends[0].operation);
    if (second)
        operation_close(link->ends[1].operation);
    free(link);
    return NULL;
}

DWORD relay_join(Relay *relay, SOCKET a, SOCKET b, int number)
{
    Link *link = link_new(a, b, number);
    if (link == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = read_from(relay, &link->ends[0]);
    if (error == 0)
        error = read_from(relay, &link->ends[1]);
    if (error != 0)
        hang_up(link);
    return error;
}

static DWORD pass_on(Relay *relay, End *end, DWORD bytes)
{
    DWORD error = send_all(other_end(end)->operation->socket,
                           end->operation->buffer, bytes);
    return error != 0 ? error : read_from(relay, end);
}

/* The end of the stream, an error, or a peer that takes no more: the link has
   ended. */
static void handle(Relay *relay, const Event *event)
{
    End *end = (End *)event->token;
    Link *link = end->link;
    if (link->ended)
        return;
    if (event->error == 0 && event->bytes > 0 &&
        pass_on(relay, end, event->bytes) == 0)
        return;
    int number = link->number;
    hang_up(link);
    relay->ended(relay->context, number);
}

DWORD relay_turn(Relay *relay, DWORD timeout)
{
    Event list[BATCH];
    Events events = {.list = list, .capacity = BATCH};
    DWORD error = selector_select(&relay->selector, &events, timeout);
    for (ULONG i = 0; i < events.count; i++)
        handle(relay, &list[i]);
    return error;
}

DWORD relay_close(Relay *relay)
{
    DWORD error = selector_drain(&relay->selector);
    return error != 0 ? error : selector_close(&relay->selector);
}
