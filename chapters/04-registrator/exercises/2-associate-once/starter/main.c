/* Two reads from one stream, and a third after it has been connected anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loopback.h"
#include "poll.h"

enum { CAPACITY = 8, TOKEN = 1 };

static Poll poll;
static Registrator registrator;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static void read_once(Operation *stream, SOCKET peer, const char *word)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    check("registering",
          registrator_register(&registrator, stream, TOKEN, READABLE));
    check("sending", send_all(peer, word, strlen(word)));
    check("waiting", poll_wait(&poll, &events, 1000));
    for (ULONG i = 0; i < events.count; i++)
        printf("token %lu got %lu bytes: %.*s\n", (unsigned long)list[i].token,
               list[i].bytes, (int)list[i].bytes, stream->buffer);
    if (events.count == 0)
        printf("no event for \"%s\"\n", word);
}

int main(void)
{
    SOCKET first[2], second[2];
    Operation *stream;

    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("connecting", loopback_pair(first));
    check("connecting", loopback_pair(second));
    check("making an operation", operation_new(first[0], &stream));
    read_once(stream, first[1], "once");
    read_once(stream, first[1], "twice");
    check("reopening", operation_reopen(stream, second[0]));
    read_once(stream, second[1], "anew");

    check("closing", operation_close(stream));
    check("closing", close_socket(first[1]));
    check("closing", close_socket(second[1]));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    return (int)wsa_cleanup();
}
