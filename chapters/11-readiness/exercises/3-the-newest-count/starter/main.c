/* Twenty numbers come while nobody looks. */
#include <stdio.h>
#include <stdlib.h>

#include "readiness.h"
#include "udpsocket.h"

enum { NUMBERS = 20, KEPT = 4, US = 1, CAPACITY = 8, ENOUGH_MS = 200 };

static Poll poll;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* Looks at the port until nothing comes any more, and reads nothing. */
static void look(void)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    do
        check("waiting", poll_wait(&poll, &events, ENOUGH_MS));
    while (events.count > 0);
}

int main(void)
{
    Registrator registrator;
    UdpSocket us, them;
    unsigned short port;
    char text[8];
    DWORD count, lost = 0;
    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("opening", udp_socket_open(&us, &registrator, "127.0.0.1", "0"));
    check("opening", udp_socket_open(&them, &registrator, "127.0.0.1", "0"));
    check("asking for the port", udp_socket_port(&us, &port));
    sprintf(text, "%u", port);
    check("connecting", udp_socket_connect(&them, "127.0.0.1", text));
    check("registering",
          poll_register(&poll, udp_socket_source(&us), US, READABLE, EDGE));
    DWORD error = udp_socket_keep(&us, KEPT);
    for (int i = 1; i <= NUMBERS; i++) {
        DWORD size = (DWORD)sprintf(text, "%d", i);
        check("sending", udp_socket_send(&them, text, size, NULL));
    }
    look();
    udp_socket_lost(&us, &lost);
    printf("error %lu, %lu lost; the rest is:", error, lost);
    while (udp_socket_receive(&us, text, sizeof text - 1, &count, NULL) == 0) {
        printf(" %.*s", (int)count, text);
        look();
    }
    puts("");
    check("closing", udp_socket_close(&us));
    check("closing", udp_socket_close(&them));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
