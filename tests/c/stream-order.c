// steps: 05+
/* The wrong order: the poll is destroyed while a stream is open. That is told,
   and what comes after it neither hangs nor breaks anything. */
#include "peers.h"

int main(void)
{
    Event event;
    Events events = {.list = &event, .capacity = 1};
    TcpStream stream;
    char byte;
    DWORD count;
    set_up();
    SOCKET peer = meet(&stream);
    must("registering", await(&stream, 1));
    is(poll_destroy(&poll), ERROR_BUSY, "an open stream holds the poll");
    is(poll_destroy(&poll), ERROR_BUSY, "and still does");
    say(peer, "x");
    let_it_finish(&stream);
    is(poll_wait(&poll, &events, PATIENCE), 0, "the poll is still there");
    is(events.count, 1, "and hands out what has completed");
    is(tcp_stream_read(&stream, &byte, 1, &count), 0, "which can be read");

    /* Whether the loop has ended or not: now it has, and a wait says so. */
    registrator_close_loop(&registrator);
    is(poll_wait(&poll, &events, PATIENCE), ERROR_ABANDONED_WAIT_0,
       "after close_loop a wait ends at once");
    is(registrator_close_loop(&registrator), ERROR_ABANDONED_WAIT_0,
       "a second close_loop is told so");
    is(await(&stream, 2), ERROR_ABANDONED_WAIT_0, "and so is a register");
    is(poll_destroy(&poll), ERROR_BUSY, "the stream is still open");
    is(tcp_stream_close(&stream), 0, "until it is closed");
    close_socket(peer);
    Registrator late = registrator;
    tear_down();
    is(poll_wait(&poll, &events, PATIENCE), ERROR_ABANDONED_WAIT_0,
       "a poll that is gone: wait");
    is(poll_destroy(&poll), ERROR_ABANDONED_WAIT_0,
       "a poll that is gone: destroy");
    is(poll_registrator(&poll, &late), ERROR_ABANDONED_WAIT_0,
       "a poll that is gone: registrator");
    return done_testing();
}
