#include "letterbox.h"

#include <stdlib.h>

#include "registration.h"

typedef struct Box {
    Source source; /* stays first; its lock is for all of this */
    ULONG places;
    ULONG first;
    ULONG count;
    void *letters[];
} Box;

static void look(Source *source, Event *event)
{
    const Box *box = (Box *)source;
    if (box->count > 0)
        event->ready |= READABLE;
    if (box->count < box->places)
        event->ready |= WRITABLE;
}

/* Nothing is in flight, ever. */
static void start(Source *source)
{
    (void)source;
}

static void destroy(Source *source)
{
    free(source);
}

DWORD letterbox_open(Letterbox *box, Registrator *registrator, ULONG places)
{
    static const Kind kind = {.look = look, .start = start, .destroy = destroy};
    *box = (Letterbox){NULL};
    if (places == 0)
        return ERROR_INVALID_PARAMETER;
    Box *new = calloc(1, sizeof *new + places * sizeof *new->letters);
    if (new == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    source_init(&new->source, INVALID_SOCKET, &kind);
    new->places = places;
    *box = (Letterbox){new};
    source_lock(&new->source);
    DWORD error = registrator_attach(registrator, &new->source);
    source_unlock(&new->source);
    if (error != 0)
        letterbox_close(box);
    return error;
}

Source *letterbox_source(const Letterbox *box)
{
    return (Source *)box->box;
}

DWORD letterbox_put(Letterbox *letterbox, void *letter)
{
    Box *box = letterbox->box;
    DWORD error = 0;
    if (box == NULL)
        return WSAENOTSOCK;
    source_lock(&box->source);
    if (box->count == box->places)
        error = WSAEWOULDBLOCK;
    else {
        box->letters[(box->first + box->count++) % box->places] = letter;
        registration_changed(&box->source, READABLE);
    }
    source_unlock(&box->source);
    return error;
}

DWORD letterbox_take(Letterbox *letterbox, void **letter)
{
    Box *box = letterbox->box;
    DWORD error = 0;
    if (box == NULL)
        return WSAENOTSOCK;
    source_lock(&box->source);
    if (box->count == 0)
        error = WSAEWOULDBLOCK;
    else {
        *letter = box->letters[box->first];
        box->first = (box->first + 1) % box->places;
        box->count--;
        registration_changed(&box->source, WRITABLE);
    }
    source_unlock(&box->source);
    return error;
}

DWORD letterbox_close(Letterbox *letterbox)
{
    Box *box = letterbox->box;
    if (box == NULL)
        return WSAENOTSOCK;
    letterbox->box = NULL;
    return source_close(&box->source);
}
