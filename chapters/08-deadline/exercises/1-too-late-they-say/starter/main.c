/* Reads numbers, each with a deadline, and is busy with other things now and then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poll.h"
#include "tcplistener.h"

enum {
    NUMBERS = 40,
    DEADLINE_MS = 30,
    BUSY_MS = 50,
    LISTENER = 1, /* tokens */
    NEAR = 2
};

/* What a blocking client needs besides. */
int WINAPI connect(SOCKET s, const struct sockaddr *name, int namelen);
int WINAPI send(SOCKET s, const char *buf, int len, int flags);

static Poll poll;
static Registrator registrator;
static BOOL read_numbers[NUMBERS];
static int deadlines_passed;

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

/* A connection: a stream, and at its other end a plain socket. */
static void connect_ends(TcpStream *near_end, SOCKET *far_end)
{
    static const unsigned char loopback[4] = {127, 0, 0, 1};
    struct sockaddr_in address = {.sin_family = AF_INET};
    TcpListener listener;
    unsigned short port;
    check("listening", tcp_listener_open(&listener, &registrator, LISTENER,
                                         "127.0.0.1", "0"));
    check("asking for the port", tcp_listener_port(&listener, &port));
    address.sin_port = (unsigned short)(port << 8 | port >> 8);
    memcpy(&address.sin_addr, loopback, sizeof loopback);
    check("opening a socket", open_socket(AF_INET, far_end));
    if (connect(*far_end, (struct sockaddr *)&address, sizeof address) != 0)
        check("connecting", (DWORD)WSAGetLastError());
    while (tcp_listener_accept(&listener, near_end) != 0)
        check("accepting", wait_for(LISTENER).error);
    check("closing", tcp_listener_close(&listener));
    /* A deadline needs a loop. */
    check("registering",
          tcp_stream_register(near_end, &registrator, NEAR, WRITABLE));
    check("being registered", wait_for(NEAR).error);
}

/* One number: asks for it, has it sent, and waits. */
static void dictate(TcpStream *near_end, SOCKET far_end, int number)
{
    char text[4];
    DWORD count;
    check("setting a deadline",
          tcp_stream_set_deadline(near_end, READABLE, DEADLINE_MS));
    check("registering",
          tcp_stream_register(near_end, &registrator, NEAR, READABLE));
    sprintf(text, "%3d", number);
    if (send(far_end, text, 3, 0) != 3)
        check("sending", (DWORD)WSAGetLastError());
    if (number % 4 == 3)
        Sleep(BUSY_MS);
    Event event = wait_for(NEAR);
    if (event.error == WSAETIMEDOUT) {
        deadlines_passed++;
        return;
    }
    check("reading", event.error);
    check("reading", tcp_stream_read(near_end, text, 3, &count));
    number = atoi(text);
    if (number >= 0 && number < NUMBERS)
        read_numbers[number] = TRUE;
}

int main(void)
{
    TcpStream near_end;
    SOCKET far_end;
    int read = 0;
    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    connect_ends(&near_end, &far_end);
    for (int i = 0; i < NUMBERS; i++)
        dictate(&near_end, far_end, i);
    for (int i = 0; i < NUMBERS; i++)
        read += read_numbers[i];
    printf("%d numbers were sent, %d were read, %d deadlines passed\n", NUMBERS,
           read, deadlines_passed);
    if (read < NUMBERS) {
        printf("lost:");
        for (int i = 0; i < NUMBERS; i++)
            if (!read_numbers[i])
                printf(" %d", i);
        puts("");
    }
    check("closing", tcp_stream_close(&near_end));
    check("closing", close_socket(far_end));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
