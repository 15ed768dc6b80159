/* How much a peer that doesn't read is sent before a write waits, and what a
   stream's lent buffer costs while its read is in flight. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "loopback.h"
#include "tcpstream.h"

enum { PIECE = 64 * 1024, PIECES = 1024, STILL_MS = 500 };

static TcpStream stream;
static atomic_uint written; /* pieces */

static void check(DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "error %lu\n", error);
        exit(1);
    }
}

static unsigned WINAPI write_all(void *unused)
{
    static const char piece[PIECE];
    (void)unused;
    for (int i = 0; i < PIECES; i++) {
        check(tcp_stream_write(&stream, piece, sizeof piece));
        written++;
    }
    return 0;
}

static void wait_until_stuck(void)
{
    unsigned before;
    do {
        before = written;
        Sleep(STILL_MS);
    } while (written != before);
}

int main(void)
{
    static char buffer[PIECE];
    char port[6];
    struct sockaddr_in address, from;
    SOCKET listener, peer;
    HANDLE writer;

    printf("an operation takes %u bytes, %u of them buffer\n",
           (unsigned)sizeof(Operation), OPERATION_BUFFER);
    for (unsigned n = 1000; n <= 100000; n *= 10)
        printf("%6u streams: %6u KB lent\n", n,
               (unsigned)(n * sizeof(Operation) / 1024));

    check(wsa_startup());
    check(loopback_listen(&listener, &address));
    sprintf(port, "%u", ntohs(address.sin_port));
    check(tcp_stream_connect(&stream, "127.0.0.1", port));
    check(accept_socket(listener, &from, &peer));
    check(close_socket(listener));
    check(start_thread(&writer, write_all, NULL));
    wait_until_stuck();
    printf("the peer reads nothing: %u KB written, then the write waits\n",
           written * (PIECE / 1024));
    for (long long left = (long long)PIECES * PIECE; left > 0;) {
        int got = recv(peer, buffer, sizeof buffer, 0);
        if (got <= 0)
            return 1;
        left -= got;
    }
    check(join_thread(writer));
    printf("the peer reads: all %u KB written\n", written * (PIECE / 1024));
    check(tcp_stream_close(&stream));
    check(close_socket(peer));
    return (int)wsa_cleanup();
}
