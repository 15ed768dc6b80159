#include "deadline.h"

#include "connector.h"
#include "economy.h"

enum { AGAIN = 10 }; /* milliseconds until a cancel is repeated */

static void stop_reading(Connection *connection)
{
    Operation *reading = &connection->reading;
    connection->read_late = TRUE;
    if (reading->in_flight)
        cancel_operation(connection->source.socket, &reading->overlapped);
}

/* TRUE if it has filled *event. */
static BOOL stop_writing(Connection *connection, Event *event)
{
    Operation *writing = &connection->writing;
    connection->write_late = TRUE;
    if (connection->connector != NULL)
        return connector_stop(connection, event);
    if (writing->in_flight) {
        cancel_operation(connection->source.socket, &writing->overlapped);
        /* Wine 8 may not hear of it while it goes on with the send. */
        source_set_timer(&connection->source, &connection->write_deadline,
                         AGAIN);
    }
    return FALSE;
}

static BOOL on_read_late(Timer *timer, Event *event)
{
    Connection *connection =
        (Connection *)((char *)timer - offsetof(Connection, read_deadline));
    (void)event;
    if (source_enter_timer(&connection->source, timer))
        stop_reading(connection);
    source_leave_timer(&connection->source);
    return FALSE;
}

static BOOL on_write_late(Timer *timer, Event *event)
{
    Connection *connection =
        (Connection *)((char *)timer - offsetof(Connection, write_deadline));
    BOOL told = source_enter_timer(&connection->source, timer) &&
                stop_writing(connection, event);
    source_leave_timer(&connection->source);
    return told;
}

static BOOL lends_buffer(const Connection *connection)
{
    return connection->buffer != NULL && connection->reading.in_flight &&
           connection->transport->waits_empty &&
           connection->reading.overlapped.Internal == STATUS_PENDING;
}

void deadline_lent(Connection *connection)
{
    if (economy.lend_ms != INFINITE && !connection->idle_deadline.set)
        source_set_timer(&connection->source, &connection->idle_deadline,
                         economy.lend_ms);
}

/* A wish, like every cancel: bytes may come all the same, and are told. */
static void reclaim(Connection *connection)
{
    connection->reclaiming = TRUE;
    cancel_operation(connection->source.socket,
                     &connection->reading.overlapped);
}

/* How much of timeout is left after so long a time, or INFINITE if nothing. */
static DWORD rest(DWORD timeout, unsigned long long idle)
{
    return idle < timeout && timeout != INFINITE ? timeout - (DWORD)idle
                                                 : INFINITE;
}

/* The timer isn't set anew with every byte. It looks when it rings how long ago
   the last one was. */
static BOOL on_idle(Timer *timer, Event *event)
{
    Connection *connection =
        (Connection *)((char *)timer - offsetof(Connection, idle_deadline));
    BOOL told = FALSE;
    if (source_enter_timer(&connection->source, timer)) {
        unsigned long long idle = now_ms() - connection->last_active;
        DWORD left = rest(connection->idle_timeout, idle);
        if (lends_buffer(connection)) {
            DWORD lent = rest(economy.lend_ms, idle);
            if (lent == INFINITE)
                reclaim(connection);
            if (lent < left)
                left = lent;
        }
        if (idle >= connection->idle_timeout) {
            stop_reading(connection);
            told = stop_writing(connection, event);
        } else if (left != INFINITE) {
            source_set_timer(&connection->source, timer, left);
        }
    }
    source_leave_timer(&connection->source);
    return told;
}

void deadline_init(Connection *connection)
{
    connection->read_deadline.expired = on_read_late;
    connection->write_deadline.expired = on_write_late;
    connection->idle_deadline.expired = on_idle;
    connection->idle_timeout = INFINITE;
}

static DWORD set(Connection *connection, Timer *timer, DWORD timeout)
{
    if (timeout != INFINITE)
        return source_set_timer(&connection->source, timer, timeout);
    source_clear_timer(&connection->source, timer);
    return 0;
}

DWORD deadline_set(Connection *connection, Interests interests, DWORD timeout)
{
    DWORD error = 0;
    if (interests & READABLE) {
        connection->read_late = timeout == 0;
        error = set(connection, &connection->read_deadline, timeout);
        connection_read_ahead(connection); /* if there was one that is lifted */
    }
    if (interests & WRITABLE) {
        connection->write_late = timeout == 0;
        DWORD second = set(connection, &connection->write_deadline, timeout);
        if (error == 0)
            error = second;
    }
    return error;
}

DWORD deadline_set_idle(Connection *connection, DWORD timeout)
{
    connection->idle_timeout = timeout;
    connection->last_active = now_ms();
    if (lends_buffer(connection) && economy.lend_ms < timeout)
        timeout = economy.lend_ms;
    return set(connection, &connection->idle_deadline, timeout);
}

void deadline_active(Connection *connection)
{
    connection->last_active = now_ms();
}

void deadline_forget(Connection *connection)
{
    Source *source = &connection->source;
    source_clear_timer(source, &connection->read_deadline);
    source_clear_timer(source, &connection->write_deadline);
    source_clear_timer(source, &connection->idle_deadline);
}
