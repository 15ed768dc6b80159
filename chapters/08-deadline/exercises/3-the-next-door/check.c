// wrap: getaddrinfo freeaddrinfo WSAIoctl CancelIoEx malloc calloc realloc free
// sizes: TcpStream
/* A name with several addresses: open, silent, refusing, and one that answers in
   the moment in which it is given up. */
#include <stdlib.h>

#include "check.h"
#include "doors.h"
#include "ends.h"
#include "guard.h"

enum { PATIENCE = 60, LATE = 250, MUCH = 16 * 1024 * 1024 };

extern const unsigned long long size_of_TcpStream;

static Event event;
static Events events = {.list = &event, .capacity = 1};
static TcpStream *stream;
static unsigned long tried_at[DOORS];
static BOOL came_early; /* the event, while we waited for the first try */

static void on_try(int door, OVERLAPPED *overlapped)
{
    if (doors_waiting.overlapped != NULL)
        need(
            0, "one door at a time",
            "the attempt at door %d was started while that before had not been "
            "cancelled, or its packet was still to come: whose is the "
            "operation until then?",
            door + 1);
    (void)overlapped;
    if (door < DOORS)
        tried_at[door] = milliseconds();
}

static void turn(DWORD time)
{
    DWORD error = poll_wait(&the_poll, &events, time);
    require(error == 0, "poll_wait gave error %lu", error);
}

/* Waits for an event; returns how long it took. */
static DWORD wait_for_event(DWORD patience)
{
    unsigned long start = milliseconds();
    DWORD gone = 0;
    if (came_early) {
        came_early = FALSE;
        return 0;
    }
    do {
        turn(patience - gone);
        gone = milliseconds() - start;
    } while (events.count == 0 && gone < patience);
    return gone;
}

static void set_patience(DWORD timeout)
{
    DWORD error = tcp_stream_set_patience(stream, timeout);
    require(error == 0, "tcp_stream_set_patience gave error %lu", error);
}

/* Begins to connect, and holds the lookup up. */
static void knock(int count, const Door *kinds)
{
    memcpy(doors, kinds, (size_t)count * sizeof kinds[0]);
    doors_count = count;
    doors_tried = doors_cancels = 0;
    doors_unknown = TRUE;
    require(tcp_stream_connect(stream, &registrator, 1, "doors", "1") == 0,
            "tcp_stream_connect failed");
}

/* Lets the lookup go on, until the first door is tried. */
static void look_up(void)
{
    unsigned long start = milliseconds();
    doors_unknown = FALSE;
    while (doors_tried == 0 && milliseconds() - start < 1000)
        turn(5);
    require(doors_tried > 0, "no address is tried");
    came_early = events.count > 0;
}

static void close_stream(void)
{
    require(tcp_stream_close(stream) == 0, "tcp_stream_close failed");
    turn(0);
}

static void one_event(const char *when)
{
    wait_for_event(30);
    need(
        events.count == 0, "one event",
        "%s, which its event had told, and then another event came, with error "
        "%lu",
        when, event.error);
}

static void second_door(void)
{
    static const Door kinds[] = {DOOR_SILENT, DOOR_OPEN};
    stage("a silent door and an open one");
    knock(2, kinds);
    set_patience(PATIENCE);
    look_up();
    DWORD took = wait_for_event(PATIENCE + LATE);
    need(
        events.count == 1, "a silent door is given up",
        "the first of two addresses said nothing; %d ms were to be enough, and "
        "after %lu ms there was no event: %d door tried, CancelIoEx called %d "
        "times",
        PATIENCE, took, doors_tried, doors_cancels);
    need(event.error == 0 && doors_tried == 2, "and the next is tried",
         "the first of two addresses was given up; the event says error %lu, "
         "after %d door tried: who sits behind the second?",
         event.error, doors_tried);
    need(tried_at[1] - tried_at[0] + 2 >= PATIENCE, "not before its time",
         "the first door was given up after %lu ms of %d",
         tried_at[1] - tried_at[0], PATIENCE);
    one_event("the second door was open");
    close_stream();
}

static void each_door(void)
{
    static const Door kinds[] = {DOOR_SILENT, DOOR_REFUSES, DOOR_SILENT,
                                 DOOR_SILENT};
    stage("four doors and nobody at home");
    knock(4, kinds);
    set_patience(PATIENCE);
    look_up();
    wait_for_event(3 * PATIENCE + LATE);
    need(events.count == 1 && event.error == WSAETIMEDOUT,
         "the last one's error is told",
         "three doors are silent and one refuses, the last is silent: %lu "
         "events, error %lu, and it was to be %d; %d doors tried",
         events.count, event.error, WSAETIMEDOUT, doors_tried);
    need(doors_tried == 4, "after all have been tried", "%d of 4 were tried",
         doors_tried);
    need(
        tried_at[3] - tried_at[2] + 2 >= PATIENCE, "each door has as long",
        "the third door, behind one that refused, was given up after %lu ms of "
        "%d: from when did its time count?",
        tried_at[3] - tried_at[2], PATIENCE);
    one_event("nobody was at home");
    close_stream();
}

static void at_the_last_moment(void)
{
    static const Door kinds[] = {DOOR_LATE, DOOR_OPEN};
    stage("a door that opens when it is given up");
    knock(2, kinds);
    set_patience(PATIENCE);
    look_up();
    wait_for_event(PATIENCE + LATE);
    need(events.count == 1 && event.error == 0 && doors_tried == 1, "is open",
         "the first door answered just before CancelIoEx was called; %lu "
         "events, "
         "error %lu, %d doors tried. A cancel is a wish: who says whether it "
         "was "
         "granted?",
         events.count, event.error, doors_tried);
    one_event("a door opened at the last moment");
    close_stream();
}

static void under_way(void)
{
    static const Door kinds[] = {DOOR_SILENT, DOOR_OPEN};
    stage("patience that is set while a door is tried");
    knock(2, kinds);
    look_up();
    wait_for_event(PATIENCE);
    set_patience(PATIENCE);
    unsigned long set = milliseconds();
    wait_for_event(PATIENCE + LATE);
    need(
        events.count == 1 && event.error == 0 && doors_tried == 2,
        "counts for that door",
        "a door was being tried when %d ms were set; %lu events, error %lu, %d "
        "door tried",
        PATIENCE, events.count, event.error, doors_tried);
    expect(
        tried_at[1] - set + 2 >= PATIENCE, "from then on",
        "a door was being tried when %d ms were set, and it was given up %lu "
        "ms later",
        PATIENCE, tried_at[1] - set);
    close_stream();

    stage("patience that is lifted");
    knock(2, kinds);
    set_patience(PATIENCE);
    look_up();
    set_patience(INFINITE);
    wait_for_event(2 * PATIENCE);
    expect(events.count == 0 && doors_tried == 1, "is no limit",
           "%d ms were set, and then INFINITE: %d doors tried", PATIENCE,
           doors_tried);
    close_stream();
}

static void in_all(void)
{
    static const Door kinds[] = {DOOR_SILENT, DOOR_SILENT, DOOR_OPEN};
    stage("a deadline for all doors");
    knock(3, kinds);
    set_patience(2 * PATIENCE);
    look_up();
    require(tcp_stream_set_deadline(stream, WRITABLE, PATIENCE) == 0,
            "no deadline can be set");
    wait_for_event(PATIENCE + LATE);
    need(events.count == 1 && event.error == WSAETIMEDOUT && doors_tried == 1,
         "ends it all",
         "the deadline for connecting passed while the first door was tried; "
         "%lu events, error %lu, %d doors tried",
         events.count, event.error, doors_tried);
    one_event("the deadline had passed");
    close_stream();

    stage("a deadline for all doors that passes first at the second");
    knock(3, kinds);
    set_patience(2 * PATIENCE);
    look_up();
    require(tcp_stream_set_deadline(stream, WRITABLE, 3 * PATIENCE) == 0,
            "no deadline can be set");
    wait_for_event(4 * PATIENCE + LATE);
    need(events.count == 1 && event.error == WSAETIMEDOUT && doors_tried == 2,
         "stands beside patience",
         "%d ms for each door and %d in all, the first two are silent, the "
         "third "
         "is open: %lu events, error %lu, %d doors tried",
         2 * PATIENCE, 3 * PATIENCE, events.count, event.error, doors_tried);
    close_stream();
}

static void connected(void)
{
    static char much[MUCH];
    static const Door kinds[] = {DOOR_OPEN};
    DWORD count;
    stage("a long send, once connected");
    knock(1, kinds);
    set_patience(2 * PATIENCE);
    require(tcp_stream_set_mark(stream, MUCH) == 0, "no such mark");
    look_up();
    wait_for_event(LATE);
    require(events.count == 1 && event.error == 0, "an open door is closed");
    DWORD error = tcp_stream_write(stream, much, MUCH, &count);
    require(error == 0 && count == MUCH, "writing gave error %lu", error);
    doors_cancels = 0;
    wait_for_event(3 * PATIENCE);
    error = tcp_stream_write(stream, much, 1, &count);
    need(doors_cancels == 0 && (error == WSAEWOULDBLOCK || error == 0),
         "patience is for connecting",
         "a stream was connected, and %d ms after its door had been tried, "
         "CancelIoEx was called %d times while it was sending; writing gives "
         "error %lu",
         2 * PATIENCE, doors_cancels, error);
    error = tcp_stream_set_patience(stream, PATIENCE);
    wait_for_event(2 * PATIENCE);
    expect(error == 0 && doors_cancels == 0, "a connected stream needs none",
           "on a connected stream tcp_stream_set_patience gave %lu, and "
           "CancelIoEx was called %d times",
           error, doors_cancels);
    close_stream();
}

static void errors(void)
{
    static const Door kinds[] = {DOOR_SILENT};
    stage("errors");
    knock(1, kinds);
    DWORD error = tcp_stream_set_patience(stream, 0);
    expect(error == ERROR_INVALID_PARAMETER, "0 is refused", "it gave %lu",
           error);
    set_patience(60000);
    look_up();
    close_stream();
    error = tcp_stream_set_patience(stream, PATIENCE);
    expect(error == WSAENOTSOCK, "a closed stream is refused", "it gave %lu",
           error);
}

void examine(const Checker *table)
{
    BEGIN(table);
    stream = calloc(1, size_of_TcpStream);
    int living = guard_living();
    open_poll();
    open_listener();
    doors_listening = listening;
    doors_port = the_poll.loop->selector.port;
    doors_try = on_try;
    second_door();
    each_door();
    at_the_last_moment();
    under_way();
    in_all();
    connected();
    errors();
    stage("the end of the loop");
    require(poll_destroy(&the_poll) == 0 &&
                registrator_release(&registrator) == 0,
            "the loop can't be closed");
    expect(guard_living() == living, "nothing is left",
           "all streams are closed, one of them while a door was tried, and %d "
           "blocks of memory are still allocated",
           guard_living() - living);
}
