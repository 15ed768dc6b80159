#include "feeds.h"

#include <string.h>

DWORD feeds_open(Feeds *feeds)
{
    *feeds = (Feeds){0};
    return create_completion_port(&feeds->port);
}

DWORD feeds_add(Feeds *feeds, SOCKET s)
{
    if (feeds->count == FEEDS_MAX)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = associate_socket(feeds->port, s, 0);
    if (error == 0)
        feeds->list[feeds->count++].socket = s;
    return error;
}

/* Each feed has at most one read in flight, and the ring has twice as many
   slots as there are feeds. */
static Slot *take_slot(Feeds *feeds)
{
    Slot *slot = &feeds->ring[feeds->next];
    feeds->next = (feeds->next + 1) % SLOTS;
    return slot;
}

static DWORD start_read(Feeds *feeds, int number)
{
    Feed *feed = &feeds->list[number];
    Slot *slot = take_slot(feeds);
    slot->overlapped = (WSAOVERLAPPED){0};
    slot->feed = number;
    DWORD error =
        wsa_recv(feed->socket, slot->buffer, MESSAGE_MAX, &slot->overlapped);
    feed->reading = error == 0;
    feeds->lent += feed->reading;
    return error;
}

/* A feed that can't be read any more ends with a message that says why; then
   this returns FALSE. */
static BOOL start_reads(Feeds *feeds, Message *message)
{
    for (int i = 0; i < feeds->count; i++) {
        Feed *feed = &feeds->list[i];
        if (feed->reading || feed->ended)
            continue;
        DWORD error = start_read(feeds, i);
        if (error != 0) {
            feed->ended = TRUE;
            *message = (Message){.feed = i, .error = error};
            return FALSE;
        }
    }
    return TRUE;
}

static DWORD take_packet(Feeds *feeds, OVERLAPPED_ENTRY *packet, DWORD timeout)
{
    ULONG count;
    DWORD error = get_queued_completion_status_ex(feeds->port, packet, 1,
                                                  &count, timeout);
    if (error == 0)
        feeds->lent--;
    return error;
}

DWORD feeds_next(Feeds *feeds, Message *message, DWORD timeout)
{
    OVERLAPPED_ENTRY packet;
    if (!start_reads(feeds, message))
        return 0;
    DWORD error = take_packet(feeds, &packet, timeout);
    if (error != 0)
        return error;

    Slot *slot = (Slot *)packet.lpOverlapped;
    Feed *feed = &feeds->list[slot->feed];
    *message = (Message){
        .feed = slot->feed,
        .size = packet.dwNumberOfBytesTransferred,
        .error = wsa_get_overlapped_result(feed->socket, &slot->overlapped)};
    memcpy(message->text, slot->buffer, message->size);
    feed->reading = FALSE;
    feed->ended = message->error != 0 || message->size == 0;
    return 0;
}

DWORD feeds_close(Feeds *feeds)
{
    OVERLAPPED_ENTRY packet;
    DWORD error = 0;
    for (int i = 0; i < feeds->count; i++) {
        cancel_io(feeds->list[i].socket); /* it may have another handle */
        close_socket(feeds->list[i].socket);
    }
    while (feeds->lent > 0 && error == 0)
        error = take_packet(feeds, &packet, INFINITE);
    return error != 0 ? error : close_handle(feeds->port);
}
