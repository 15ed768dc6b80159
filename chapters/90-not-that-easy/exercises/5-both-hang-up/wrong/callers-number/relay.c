#include "relay.h"

#include <stdlib.h>

enum { BATCH = 16 };

typedef struct End {
    struct Link *link;
    Operation *operation;
} End;

typedef struct Link {
    int number;
    End ends[2];
    struct Link *next;
} Link;

DWORD relay_open(Relay *relay, Ended *ended, void *context)
{
    relay->ended = ended;
    relay->context = context;
    relay->links = NULL;
    return selector_open(&relay->selector);
}

static End *other_end(End *end)
{
    End *ends = end->link->ends;
    return end == &ends[0] ? &ends[1] : &ends[0];
}

/* The token of a read is the number of its link, twice, and which end. */
static DWORD read_from(Relay *relay, End *end)
{
    Token token = 2 * (Token)end->link->number + (end != end->link->ends);
    return selector_register(&relay->selector, end->operation, token);
}

static void hang_up(Relay *relay, Link *link)
{
    Link **place = &relay->links;
    while (*place != link)
        place = &(*place)->next;
    *place = link->next;
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
    link->next = relay->links;
    relay->links = link;
    DWORD error = read_from(relay, &link->ends[0]);
    if (error == 0)
        error = read_from(relay, &link->ends[1]);
    if (error != 0)
        hang_up(relay, link);
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
    Link *link = relay->links;
    while (link != NULL && (Token)link->number != event->token / 2)
        link = link->next;
    if (link == NULL)
        return; /* it has ended */
    End *end = &link->ends[event->token % 2];
    if (event->error == 0 && event->bytes > 0 &&
        pass_on(relay, end, event->bytes) == 0)
        return;
    int number = link->number;
    hang_up(relay, link);
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
