/* Connects to a name with three addresses, of which two are silent. */
#include <stdio.h>
#include <stdlib.h>

#include "doors.h"
#include "poll.h"
#include "tcplistener.h"

enum { IN_ALL = 1000, PATIENCE = 100, STREAM = 1, LISTENER = 2 };

static Poll poll;
static Registrator registrator;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static Event wait_for(Token token)
{
    Event event;
    Events events = {.list = &event, .capacity = 1};
    do
        check("waiting", poll_wait(&poll, &events, INFINITE));
    while (events.count == 0 || event.token != token);
    return event;
}

static void try_doors(DWORD patience)
{
    TcpStream stream;
    unsigned long long start = now_ms();
    doors_tried = 0;
    check("connecting",
          tcp_stream_connect(&stream, &registrator, STREAM, "doors", "knock"));
    check("setting a deadline",
          tcp_stream_set_deadline(&stream, WRITABLE, IN_ALL));
    DWORD error = tcp_stream_set_patience(&stream, patience);
    if (error != 0) {
        printf("tcp_stream_set_patience gave error %lu\n", error);
    } else {
        error = wait_for(STREAM).error;
        if (error == 0)
            printf("connected");
        else
            printf("error %lu", error);
        /* In hundreds: the machine has its moods. */
        printf(" after %lu ms, %d door%s tried\n",
               (DWORD)(now_ms() - start) / 100 * 100, doors_tried,
               doors_tried == 1 ? "" : "s");
    }
    check("closing", tcp_stream_close(&stream));
}

int main(void)
{
    static const unsigned char loopback[4] = {127, 0, 0, 1};
    TcpListener listener;
    unsigned short port;
    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("listening", tcp_listener_open(&listener, &registrator, LISTENER,
                                         "127.0.0.1", "0"));
    check("asking for the port", tcp_listener_port(&listener, &port));
    doors_listening = (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = (unsigned short)(port << 8 | port >> 8)};
    memcpy(&doors_listening.sin_addr, loopback, sizeof loopback);
    doors_port = poll.loop->selector.port;
    doors[0] = doors[1] = DOOR_SILENT;
    doors[2] = DOOR_OPEN;
    doors_count = 3;
    printf("three doors, the first two are silent, and %d ms in all\n", IN_ALL);
    printf("without patience: ");
    fflush(stdout);
    try_doors(INFINITE);
    printf("with %d ms for each: ", PATIENCE);
    fflush(stdout);
    try_doors(PATIENCE);
    check("closing", tcp_listener_close(&listener));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
