/* Three guests, all under one token. Who has said how much? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loopback.h"
#include "operation.h"

enum { GUESTS = 3, KEY = 7, GUEST_TOKEN = 10 };

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static void take_packet(HANDLE port)
{
    OVERLAPPED_ENTRY entry;
    ULONG count;
    check("waiting",
          get_queued_completion_status_ex(port, &entry, 1, &count, INFINITE));
    Operation *operation = operation_of(entry.lpOverlapped);
    check("reading", operation_error(operation));
    Report report = operation_report(&entry);
    printf("token %lu, %s: %.*s (%llu bytes in %lu reads)\n",
           (unsigned long)report.token, report.name,
           (int)entry.dwNumberOfBytesTransferred, operation->buffer,
           report.bytes, report.reads);
    check("reading on", operation_read(operation));
}

/* A read in flight ends with its socket; when its packet has been taken out,
   the operation is ours again. */
static void end_reads(HANDLE port, SOCKET pair[GUESTS][2])
{
    OVERLAPPED_ENTRY entry;
    ULONG count;
    for (int i = 0; i < GUESTS; i++) {
        check("closing", close_socket(pair[i][0]));
        check("closing", close_socket(pair[i][1]));
        check("waiting", get_queued_completion_status_ex(port, &entry, 1,
                                                         &count, INFINITE));
    }
}

int main(void)
{
    HANDLE port;
    SOCKET pair[GUESTS][2];
    static Operation operations[GUESTS]; /* in flight until end_reads */
    static const char *names[GUESTS] = {"tortoise", "hare", "mock turtle"};

    check("starting Winsock", wsa_startup());
    check("creating a port", create_completion_port(&port));
    for (int i = 0; i < GUESTS; i++) {
        char name[32];
        check("connecting", loopback_pair(pair[i]));
        check("associating", associate_socket(port, pair[i][0], KEY));
        strcpy(name, names[i]);
        operation_init(&operations[i], pair[i][0], GUEST_TOKEN, name);
        check("reading", operation_read(&operations[i]));
    }
    check("sending", send_all(pair[1][1], "hurry", 5));
    take_packet(port);
    check("sending", send_all(pair[0][1], "slowly", 6));
    take_packet(port);
    check("sending", send_all(pair[1][1], "faster", 6));
    take_packet(port);
    check("sending", send_all(pair[2][1], "once", 4));
    take_packet(port);
    end_reads(port, pair);
    check("closing the port", close_handle(port));
    check("stopping Winsock", wsa_cleanup());
    return 0;
}
